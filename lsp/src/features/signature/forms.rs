//! How each item is written, as one line: its word, then its parts in the order of the layout, each with the nodes of the tree
//! that state it. Two forms of an item are two lines. What stands in capitals is the author's.

use super::words;
use wayleave_grammar::SyntaxKind;
use wayleave_grammar::SyntaxKind as K;

/// One way to write an item.
#[derive(Debug)]
pub struct Form {
    /// The node of the item.
    pub kind: SyntaxKind,
    /// The words with which it begins; none where the first part has them.
    pub begins: &'static str,
    /// In the order of the layout.
    pub parts: &'static [Part],
}

impl Form {
    /// What it is for, in Markdown.
    pub(super) fn documentation(&self) -> String {
        self.begins.split(' ').next().and_then(words::help).unwrap_or_default()
    }
}

/// A part of a form: a clause, or what stands behind the item's word.
#[derive(Debug)]
pub struct Part {
    /// As it is shown.
    pub text: &'static str,
    /// The nodes that state it.
    pub kinds: &'static [SyntaxKind],
}

impl Part {
    /// The words of the language with which it can begin.
    pub fn words(&self) -> impl Iterator<Item = &'static str> + use<> {
        let first = self.text.trim_start_matches([':', '=', ' ']).split(' ').next().unwrap_or_default();
        first.split('|').filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase()))
    }

    /// What it says, in Markdown.
    pub(super) fn documentation(&self) -> String {
        let told = self.words().filter_map(words::help).collect::<Vec<_>>();
        if !told.is_empty() {
            return told.join("; ");
        }
        let line = match self.text.trim_matches([':', '=', ' ']) {
            "NAME" => "how it is called: letters, digits and hyphens, or any text in quotes",
            "TARGETS" => {
                "`provider/model`, `provider/*`, `any`, `group NAME`, or a list of these in brackets"
            }
            "[TARGETS]" => "targets and groups, in the order in which they are tried where that matters",
            "CONDITION" => "tests of one attribute each, joined by `and` or by `or`",
            "TYPE" => {
                "a type's name, `string`, `bool`, `tokens`, `set of TYPE`, or values such as `low < high`"
            }
            "VALUES" => {
                "values without an order `a | b`, a scale `low < high`, or a tree `all { part other }`"
            }
            "PLAN" => "targets, groups and plans, tried one after the other, with `else` between them",
            "[FINDINGS]" => "what is masked: names of detectors, or of their findings",
            "PATTERN" => "a regular expression `r\"…\"`, or a list of words and expressions",
            "AMOUNT per WINDOW" => "so many requests or tokens in a sliding window: `60 requests per 1min`",
            "MONEY per PERIOD" => "so much money in a calendar period: `$500 per month`",
            "OLD" => "the target that is left",
            "{ ARMS }" => {
                "lines `when CONDITION to PLAN`, the last one `otherwise`; the first that holds answers"
            }
            "{ CLASSES }" => {
                "lines `VALUE when CONDITION`, the last one `otherwise VALUE`; the first that holds counts"
            }
            "{ FIELDS MODELS }" => "fields such as `protocol: openai`, and the models",
            "{ FIELDS }" => "fields such as `context: 128k tokens`",
            "{ GIVEN EXPECTED }" => "what is known of a request, and what must be decided of it",
            "\"TEXT\"" | "\"FILE\"" => "a text in quotes",
            _ => "",
        };
        line.to_owned()
    }
}

const fn part(text: &'static str, kinds: &'static [SyntaxKind]) -> Part {
    Part { text, kinds }
}

const NAME: Part = part("NAME", &[K::Name]);
const TARGETS: Part = part(": TARGETS", &[K::TargetPath, K::AnyTarget, K::GroupRef, K::TargetList]);
const WHEN: Part = part("when CONDITION", &[K::WhenClause]);
const FROM: Part = part("from DATE", &[K::FromClause]);
const UNTIL: Part = part("until DATE", &[K::UntilClause]);
const BECAUSE: Part = part("because \"WORDS\"", &[K::BecauseClause]);
const BY: Part = part("by \"WHO\"", &[K::ByClause]);
const EACH: Part = part("each ATTRIBUTE", &[K::EachClause]);
const TO: Part = part("to PLAN", &[K::ToClause]);
const INSIDE: Part = part("inside ROUTE", &[K::InsideClause]);
const FAILOVER: Part = part("failover on [FAILURES]", &[K::FailoverClause]);
const RETRY: Part = part("retry NUMBER", &[K::RetryClause]);
const BACKOFF: Part = part("backoff SHORTEST..LONGEST", &[K::BackoffClause]);
const HEDGE: Part = part("hedge after DURATION", &[K::HedgeClause]);
const DEADLINE: Part = part("deadline DURATION", &[K::DeadlineClause]);
const DENY: Part = part("deny \"WORDS\"", &[K::DenyClause]);
const OTHERWISE: Part = part("otherwise", &[]);
const TYPE: Part = part(": TYPE", &[K::NamedType, K::PlainShape, K::ScaleShape, K::SetType]);

/// Every form, by item; what can stand in another form comes like any.
pub const FORMS: &[Form] = &[
    Form { kind: K::Timezone, begins: "timezone", parts: &[part("\"TEXT\"", &[K::String])] },
    Form {
        kind: K::UseItem,
        begins: "use",
        parts: &[part("\"FILE\"", &[K::String]), part("for CONDITION", &[K::ForClause])],
    },
    Form {
        kind: K::TypeItem,
        begins: "type",
        parts: &[NAME, part("= VALUES", &[K::PlainShape, K::ScaleShape, K::TreeShape])],
    },
    Form {
        kind: K::Attribute,
        begins: "attribute",
        parts: &[
            part("NAME", &[K::AttributeName]),
            TYPE,
            part("from SOURCE \"FIELD\"", &[K::SourcesClause]),
            part("combine highest|lowest|first", &[K::CombineClause]),
            part("default VALUE", &[K::DefaultClause]),
            part("required", &[K::RequiredClause]),
        ],
    },
    Form {
        kind: K::Classify,
        begins: "classify",
        parts: &[part("NAME", &[K::AttributeName]), TYPE, part("{ CLASSES }", &[K::ClassifyArm])],
    },
    Form { kind: K::Define, begins: "define", parts: &[NAME, part("= CONDITION", CONDITIONS)] },
    Form { kind: K::Alias, begins: "alias", parts: &[NAME] },
    Form { kind: K::Provider, begins: "provider", parts: &[NAME, part("{ FIELDS MODELS }", &[K::Field])] },
    Form {
        kind: K::Model,
        begins: "model",
        parts: &[NAME, part("as \"NAME\"", &[]), part("{ FIELDS }", &[K::Field])],
    },
    Form { kind: K::Detector, begins: "detector", parts: &[NAME, part("= PATTERN", &[K::Literal, K::List])] },
    Form { kind: K::Detector, begins: "detector", parts: &[NAME, part("{ FIELDS }", &[K::Field])] },
    Form { kind: K::Group, begins: "group", parts: &[NAME, part("= [TARGETS]", &[K::TargetList])] },
    Form { kind: K::Plan, begins: "plan", parts: &[NAME, part("= PLAN", &[K::PlanExpression])] },
    Form {
        kind: K::Approve,
        begins: "approve",
        parts: &[
            NAME,
            TARGETS,
            WHEN,
            FROM,
            UNTIL,
            part("owner \"WHO\"", &[K::OwnerClause]),
            BY,
            part("ref \"WHERE\"", &[K::RefClause]),
        ],
    },
    Form { kind: K::Deny, begins: "deny", parts: &[NAME, WHEN, FROM, UNTIL, BECAUSE] },
    Form { kind: K::Forbid, begins: "forbid", parts: &[NAME, TARGETS, WHEN, FROM, UNTIL, BECAUSE] },
    Form {
        kind: K::Redact,
        begins: "redact",
        parts: &[
            NAME,
            part(": [FINDINGS]", &[K::List]),
            part("in prompt|response|both", &[K::InClause]),
            part("restore", &[K::RestoreClause]),
            WHEN,
            FROM,
            UNTIL,
        ],
    },
    Form { kind: K::Flag, begins: "flag", parts: &[NAME, WHEN, FROM, UNTIL] },
    Form {
        kind: K::RequireApproval,
        begins: "require approval",
        parts: &[NAME, WHEN, FROM, UNTIL, BY, EACH, part("valid DURATION", &[K::ValidClause]), BECAUSE],
    },
    Form {
        kind: K::Cap,
        begins: "cap",
        parts: &[NAME, part(": output NUMBER tokens", &[K::Literal]), WHEN, FROM, UNTIL],
    },
    Form {
        kind: K::Log,
        begins: "log",
        parts: &[NAME, part(": full|metadata|none", &[]), WHEN, FROM, UNTIL],
    },
    Form {
        kind: K::Limit,
        begins: "limit",
        parts: &[NAME, part(": AMOUNT per WINDOW", &[K::Rate]), EACH, WHEN],
    },
    Form {
        kind: K::Budget,
        begins: "budget",
        parts: &[
            NAME,
            part(": MONEY per PERIOD", &[K::Spending]),
            EACH,
            part("warn at SHARE", &[K::WarnClause]),
            part("then deny|continue", &[K::ThenClause]),
            WHEN,
        ],
    },
    Form {
        kind: K::Route,
        begins: "route",
        parts: &[NAME, INSIDE, WHEN, TO, FAILOVER, RETRY, BACKOFF, HEDGE, DEADLINE],
    },
    Form { kind: K::Route, begins: "route", parts: &[NAME, INSIDE, WHEN, part("{ ARMS }", &[K::Arms])] },
    Form { kind: K::Arm, begins: "", parts: &[WHEN, TO, FAILOVER, RETRY, BACKOFF, HEDGE, DEADLINE] },
    Form { kind: K::Arm, begins: "", parts: &[WHEN, DENY] },
    Form { kind: K::Arm, begins: "", parts: &[OTHERWISE, TO, FAILOVER, RETRY, BACKOFF, HEDGE, DEADLINE] },
    Form { kind: K::Arm, begins: "", parts: &[OTHERWISE, DENY] },
    Form { kind: K::Otherwise, begins: "otherwise", parts: &[part("deny \"WORDS\"", &[])] },
    Form {
        kind: K::Migrate,
        begins: "migrate",
        parts: &[
            NAME,
            part(": OLD", &[K::TargetPath]),
            part("to NEW", &[]),
            WHEN,
            part("sticky by ATTRIBUTE", &[K::StickyClause]),
            part("ramp { DATE SHARE }", &[K::RampClause]),
            part("shadow SHARE until DATE", &[K::ShadowClause]),
            part("rollback over DURATION when errors > SHARE", &[K::RollbackClause]),
        ],
    },
    Form {
        kind: K::Guarantee,
        begins: "guarantee",
        parts: &[NAME, part(": always CONDITION", &[K::AlwaysClaim]), WHEN],
    },
    Form {
        kind: K::Guarantee,
        begins: "guarantee",
        parts: &[NAME, part(": denied", &[K::DeniedClaim]), WHEN],
    },
    Form {
        kind: K::Guarantee,
        begins: "guarantee",
        parts: &[NAME, part(": served", &[K::ServedClaim]), WHEN],
    },
    Form {
        kind: K::Guarantee,
        begins: "guarantee",
        parts: &[NAME, part(": at least NUMBER providers|models", &[K::AtLeastClaim]), WHEN],
    },
    Form {
        kind: K::Guarantee,
        begins: "guarantee",
        parts: &[NAME, part(": redacted [FINDINGS]", &[K::RedactedClaim]), WHEN],
    },
    Form {
        kind: K::Test,
        begins: "test",
        parts: &[part("\"TEXT\"", &[K::String]), part("{ GIVEN EXPECTED }", &[K::Given])],
    },
];

/// The nodes of a condition.
const CONDITIONS: &[SyntaxKind] =
    &[K::AndCondition, K::OrCondition, K::NotCondition, K::ParenCondition, K::AttributeTest, K::DefineName];
