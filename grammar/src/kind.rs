//! Every kind of token and node of a `.route` tree, once, with the pattern of each token. Holds no logic but the
//! numbering; which kind may stand where is the parser's matter.

use logos::Logos;

macro_rules! kinds {
    ($($(#[$meta:meta])* $kind:ident,)*) => {
        /// What a token or node of the tree is.
        ///
        /// A word of the language and a name have the same shape, so the lexer calls both [`SyntaxKind::Ident`]; the
        /// parser, which knows the place, turns the words it reads as the language's own into [`SyntaxKind::Keyword`].
        #[derive(Logos, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum SyntaxKind {
            $($(#[$meta])* $kind,)*
        }
    };
}

kinds! {
    // ---- trivia -----------------------------------------------------------------------------------------------
    /// Blanks, line ends, and a byte order mark at the very start.
    #[regex(r"[ \t\r\n]+")]
    Whitespace,
    /// `// …`, and a `///` that does not stand on a line of its own.
    #[regex(r"//[^\r\n]*", allow_greedy = true)]
    Comment,
    /// `/// …` on a line of its own.
    DocComment,
    /// `# …`: a comment of other languages, or a line that a merge left; reported and then passed over.
    #[regex(r"#[^\r\n]*", allow_greedy = true)]
    HashComment,
    /// Characters that belong to no token, reported and then passed over.
    Unknown,

    // ---- words and literals -----------------------------------------------------------------------------------
    /// A word: a name, a value, or (before the parser has seen it) a keyword.
    #[regex(r"[A-Za-z][A-Za-z0-9_]*(-+[A-Za-z0-9_]+)*", priority = 20)]
    Ident,
    /// A word that stands in this place as the language's own.
    Keyword,
    /// A word with letters other than a–z, reported; read as a name.
    #[regex(r"[\p{Alphabetic}_][\p{Alphabetic}\p{N}_]*(-+[\p{Alphabetic}\p{N}_]+)*", priority = 5)]
    ForeignWord,
    /// `"…"`; one that does not end in its line is reported.
    #[regex(r#""([^"\\\r\n]|\\[^\r\n])*"?"#)]
    String,
    /// `'…'`, `“…”` and the like: reported, and read as a string.
    #[regex(r"'[^'\r\n]*'")]
    #[regex(r"`[^`\r\n]*`")]
    #[regex(r"[“”„‟«][^“”»\r\n]*[“”»]")]
    #[regex(r"[‘’‚][^‘’\r\n]*[‘’]")]
    ForeignString,
    /// `r"…"`, with `i` after it for any case.
    #[regex(r#"r"([^"\\\r\n]|\\[^\r\n])*"?i?"#)]
    Regex,
    /// `8000`, `128_000`, `8k`, `1M`, `8Ki`.
    #[regex(r"\$?[0-9][0-9A-Za-z_]*([.:+-][0-9A-Za-z_]+)*%?")]
    Number,
    /// `5%`, `0.5%`.
    Percent,
    /// `$2.50`.
    Money,
    /// `250ms`, `30s`, `5min`, `2h`, `7d`.
    Duration,
    /// `2027-06-30`.
    Date,
    /// `2027-06-30T09:00Z`.
    Instant,
    /// `09:00`.
    Time,
    /// Begins like a number and is none of the above: reported, and read as whatever was wanted.
    BadNumber,

    // ---- signs ------------------------------------------------------------------------------------------------
    /// `{`
    #[token("{")]
    LeftBrace,
    /// `}`
    #[token("}")]
    RightBrace,
    /// `(`
    #[token("(")]
    LeftParen,
    /// `)`
    #[token(")")]
    RightParen,
    /// `[`
    #[token("[")]
    LeftBracket,
    /// `]`
    #[token("]")]
    RightBracket,
    /// `:`
    #[token(":")]
    Colon,
    /// `,`
    #[token(",")]
    Comma,
    /// `=`
    #[token("=")]
    Equals,
    /// `.`
    #[token(".")]
    Dot,
    /// `..`
    #[token("..")]
    #[token("...")]
    #[token("…")]
    DotDot,
    /// `/`
    #[token("/")]
    Slash,
    /// `*`
    #[token("*")]
    Star,
    /// `|`
    #[token("|")]
    Pipe,
    /// `<`
    #[token("<")]
    Less,
    /// `<=`; `≤` and `=<` are reported.
    #[token("<=")]
    #[token("=<")]
    #[token("≤")]
    LessEquals,
    /// `>`
    #[token(">")]
    Greater,
    /// `>=`; `≥` is reported.
    #[token(">=")]
    #[token("≥")]
    GreaterEquals,

    // ---- signs of other languages -----------------------------------------------------------------------------
    /// `==`, reported and read as `is`.
    #[token("==")]
    #[token("===")]
    EqualsEquals,
    /// `!=`, reported and read as `is not`.
    #[token("!=")]
    #[token("!==")]
    #[token("<>")]
    #[token("≠")]
    BangEquals,
    /// `&&`, reported and read as `and`.
    #[token("&&")]
    #[token("&")]
    AndAnd,
    /// `||`, reported and read as `or`.
    #[token("||")]
    OrOr,
    /// `!`, reported and read as `not`.
    #[token("!")]
    Bang,
    /// `->`, `=>`: reported and read as `to`.
    #[token("->")]
    #[token("=>")]
    #[token("→")]
    Arrow,
    /// `;`: reported and passed over.
    #[token(";")]
    Semicolon,

    /// What the parser sees after the last token; never in a tree.
    EndOfFile,

    // ---- the file and its items -------------------------------------------------------------------------------
    /// A whole file.
    SourceFile,
    /// Tokens that the parser could make nothing of.
    Error,
    /// `edition 2026`
    Edition,
    /// `timezone "Europe/Zurich"`
    Timezone,
    /// `use "FILE"`, and `for CONDITION`
    UseItem,
    /// `type NAME = SHAPE`
    TypeItem,
    /// `attribute NAME: TYPE CLAUSES`
    Attribute,
    /// `classify NAME: TYPE { ARMS }`
    Classify,
    /// `define NAME = CONDITION`
    Define,
    /// `alias NAME`
    Alias,
    /// `provider NAME { FIELDS MODELS }`
    Provider,
    /// `model NAME as "…" { FIELDS }`
    Model,
    /// `detector NAME = PATTERN`, `detector NAME { FIELDS }`
    Detector,
    /// `group NAME = [TARGETS]`
    Group,
    /// `plan NAME = PLAN`
    Plan,
    /// `approve NAME: TARGETS CLAUSES`
    Approve,
    /// `deny NAME CLAUSES`
    Deny,
    /// `forbid NAME: TARGETS CLAUSES`
    Forbid,
    /// `redact NAME: [FINDINGS] in PLACE CLAUSES`
    Redact,
    /// `flag NAME CLAUSES`
    Flag,
    /// `require approval NAME CLAUSES`
    RequireApproval,
    /// `limit NAME: RATE CLAUSES`
    Limit,
    /// `budget NAME: SPENDING CLAUSES`
    Budget,
    /// `cap NAME: output TOKENS CLAUSES`
    Cap,
    /// `log NAME: LEVEL CLAUSES`
    Log,
    /// `observe` and the rule that is tried.
    Observe,
    /// `route NAME CLAUSES`, with arms or `to`.
    Route,
    /// `otherwise deny "…"`
    Otherwise,
    /// `migrate NAME: TARGET to TARGET CLAUSES`
    Migrate,
    /// `guarantee NAME: CLAIM`
    Guarantee,
    /// `test "…" { GIVEN EXPECT }`
    Test,

    // ---- names and types --------------------------------------------------------------------------------------
    /// A name where it is declared or used: a word or a string.
    Name,
    /// `caller.team`: names joined by dots.
    AttributeName,
    /// `a | b`
    PlainShape,
    /// `a < b`
    ScaleShape,
    /// `a { b c }`
    TreeShape,
    /// One node of a tree with what is below it.
    TreeBranch,
    /// A type by its name.
    NamedType,
    /// `set of TYPE`
    SetType,

    // ---- clauses ----------------------------------------------------------------------------------------------
    /// `for CONDITION` of a `use`.
    ForClause,
    /// `from credential "x", header "y"`
    SourcesClause,
    /// `credential "x"`
    Source,
    /// `combine highest`
    CombineClause,
    /// `default VALUE`
    DefaultClause,
    /// `required`
    RequiredClause,
    /// `search when CONDITION`, `otherwise chat`
    ClassifyArm,
    /// `when CONDITION`
    WhenClause,
    /// `because "…"`
    BecauseClause,
    /// `from DATE`
    FromClause,
    /// `until DATE`
    UntilClause,
    /// `owner "…"`
    OwnerClause,
    /// `by "…"`
    ByClause,
    /// `ref "…"`
    RefClause,
    /// `each ATTRIBUTE`
    EachClause,
    /// `valid DURATION`
    ValidClause,
    /// `in prompt`, `in response`, `in both`
    InClause,
    /// `restore`
    RestoreClause,
    /// `60 requests per 1min`
    Rate,
    /// `$500 per month`
    Spending,
    /// `warn at SHARE`
    WarnClause,
    /// `then deny`, `then continue`
    ThenClause,
    /// `inside NAME`
    InsideClause,
    /// `to PLAN`, with how it is executed.
    ToClause,
    /// `deny "…"` in place of `to`.
    DenyClause,
    /// `{ ARMS }` of a route.
    Arms,
    /// One arm of a route.
    Arm,
    /// `failover on [CLASSES]`
    FailoverClause,
    /// `retry N`
    RetryClause,
    /// `backoff DURATION..DURATION`
    BackoffClause,
    /// `hedge after DURATION`
    HedgeClause,
    /// `deadline DURATION`
    DeadlineClause,
    /// `sticky by ATTRIBUTE`
    StickyClause,
    /// `ramp { STEPS }`
    RampClause,
    /// `2026-12-01 5%`
    RampStep,
    /// `shadow SHARE until DATE`
    ShadowClause,
    /// `rollback over DURATION when TESTS`
    RollbackClause,
    /// `errors > 2%`, `first-token > 3s`
    RollbackTest,

    // ---- fields and values ------------------------------------------------------------------------------------
    /// `name: VALUE`
    Field,
    /// A string, number, date …, with its unit.
    Literal,
    /// `VALUE..VALUE`
    Range,
    /// `[VALUE, VALUE]`
    List,
    /// `{ FIELDS }`
    Block,
    /// `env("X")`
    Call,
    /// `$2 in, $6 out per 1M tokens`
    Price,
    /// `$2 in`
    PricePart,

    // ---- targets and plans ------------------------------------------------------------------------------------
    /// `provider/model`, `provider/*`
    TargetPath,
    /// `any`
    AnyTarget,
    /// `group NAME`
    GroupRef,
    /// `plan NAME`
    PlanRef,
    /// `requested`
    Requested,
    /// `[a/b, c/*]`
    TargetList,
    /// Stages joined by `else`.
    PlanExpression,
    /// One stage and its `within`.
    Stage,
    /// `within DURATION`
    WithinClause,
    /// `split by ATTRIBUTE { SHARES }`
    Split,
    /// `90% provider/model`
    SplitShare,
    /// `cheapest of [TARGETS]` and its kin.
    Ordering,

    // ---- conditions -------------------------------------------------------------------------------------------
    /// `a or b or c`
    OrCondition,
    /// `a and b and c`
    AndCondition,
    /// `not a`
    NotCondition,
    /// `(a)`
    ParenCondition,
    /// `caller.team in product`
    AttributeTest,
    /// A defined name that stands for a condition.
    DefineName,
    /// `is`, `is not`, `<` …
    Operator,
    /// `spent(NAME)`, `used(NAME)`
    Counter,

    // ---- guarantees -------------------------------------------------------------------------------------------
    /// `always CONDITION when CONDITION`
    AlwaysClaim,
    /// `denied when CONDITION`
    DeniedClaim,
    /// `served when CONDITION`
    ServedClaim,
    /// `at least N providers when CONDITION`
    AtLeastClaim,
    /// `redacted [FINDINGS] when CONDITION`
    RedactedClaim,

    // ---- tests ------------------------------------------------------------------------------------------------
    /// `given FIELDS`
    Given,
    /// `caller.team: product`
    GivenField,
    /// `expect route NAME`
    ExpectRoute,
    /// `expect to PLAN`
    ExpectTo,
    /// `expect never TARGETS`
    ExpectNever,
    /// `expect deny NAME`
    ExpectDeny,
    /// `expect otherwise`
    ExpectOtherwise,
    /// `expect approval NAME`
    ExpectApproval,
    /// `expect limited NAME`
    ExpectLimited,
    /// `expect redact [FINDINGS]`
    ExpectRedact,
    /// `expect flag NAME`
    ExpectFlag,
    /// `expect shadow TARGET`
    ExpectShadow,
}

impl SyntaxKind {
    /// Whether tokens are of it, and not nodes.
    pub fn is_token(self) -> bool {
        self < SyntaxKind::SourceFile
    }

    /// Passed over by the parser: it means nothing to it.
    pub fn is_trivia(self) -> bool {
        matches!(
            self,
            SyntaxKind::Whitespace
                | SyntaxKind::Comment
                | SyntaxKind::DocComment
                | SyntaxKind::HashComment
                | SyntaxKind::Unknown
                | SyntaxKind::Semicolon
        )
    }

    /// A token in which characters of any kind can stand.
    pub(crate) fn holds_any_text(self) -> bool {
        matches!(
            self,
            SyntaxKind::Comment
                | SyntaxKind::DocComment
                | SyntaxKind::HashComment
                | SyntaxKind::Unknown
                | SyntaxKind::String
                | SyntaxKind::ForeignString
                | SyntaxKind::Regex
        )
    }

    /// A node that doc comments can stand before.
    pub fn takes_docs(self) -> bool {
        (SyntaxKind::Edition..=SyntaxKind::Test).contains(&self)
    }
}
