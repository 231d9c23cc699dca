//! What a client can have done by name. Each command takes one object and answers with one, whose `message` says it in words and
//! whose `show`, where it has one, is the place to look at. `docs/language-server.md` is their contract.

use super::Refusal;
use crate::features::diagnostics::CheckedPolicy;
use crate::features::hover::item_at;
use crate::features::lenses::{inside, taken};
use crate::features::proofs::{Proofs, verdict};
use crate::snapshot::{Snapshot, path_of};
use gen_lsp_types as lsp;
use lsp_server::ErrorCode;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use wayleave_compiler::examples::{ExampleResult, outcome};
use wayleave_compiler::model::{RouteBody, RouteId};
use wayleave_compiler::proof::{Proven, Verdict};
use wayleave_compiler::source::{FileId, Span};
use wayleave_compiler::{Policy, source_view, spec};
use wayleave_grammar::ast::{Item, Node};
use wayleave_program::decision::{Decision, RuleName};
use wayleave_program::document::{read_request, write_decision, write_request};
use wayleave_program::source_view::{Place, Spot};

pub(super) const RUN_TEST: &str = "wayleave.runTest";
pub(super) const RUN_TESTS: &str = "wayleave.runTests";
pub(super) const SHOW_INSIDE: &str = "wayleave.showInside";
pub(super) const PROVE: &str = "wayleave.prove";
pub(super) const SHOW_COUNTEREXAMPLE: &str = "wayleave.showCounterexample";
pub(super) const DECIDE: &str = "wayleave.decide";

/// All of them, as they are offered.
pub(super) const NAMES: [&str; 6] = [RUN_TEST, RUN_TESTS, SHOW_INSIDE, PROVE, SHOW_COUNTEREXAMPLE, DECIDE];

/// What a command is given; each reads what it needs.
#[derive(Deserialize)]
struct Argument {
    uri: lsp::Uri,
    test: Option<String>,
    route: Option<String>,
    guarantee: Option<String>,
    position: Option<lsp::Position>,
    request: Option<Value>,
}

/// What has to be found out before a command can be answered.
pub(crate) enum Need {
    /// Nothing.
    Nothing,
    /// What is proven of the policies.
    Proofs,
    /// A request that this rule of the policy has part in.
    Request(Arc<Policy>, Spot),
}

fn refused(code: ErrorCode, message: impl Into<String>) -> Refusal {
    Refusal { code, message: message.into() }
}

fn failed(message: impl Into<String>) -> Refusal {
    refused(ErrorCode::RequestFailed, message)
}

fn argument(asked: &lsp::ExecuteCommandParams) -> Result<Argument, Refusal> {
    let given = asked.arguments.as_ref().and_then(|all| all.first()).cloned().unwrap_or(Value::Null);
    serde_json::from_value(given).map_err(|error| {
        let message = format!("`{}` takes one object with a `uri`: {error}", asked.command);
        refused(ErrorCode::InvalidParams, message)
    })
}

/// The policy of a document, without errors.
struct Asked<'s> {
    snapshot: &'s Snapshot<'s>,
    checked: &'s CheckedPolicy,
    policy: &'s Arc<Policy>,
    file: FileId,
}

impl<'s> Asked<'s> {
    fn of(snapshot: &'s Snapshot<'s>, uri: &lsp::Uri) -> Result<Asked<'s>, Refusal> {
        let found = snapshot.policies_of(&path_of(uri)).next();
        let (checked, file) =
            found.ok_or_else(|| failed(format!("`{}` is part of no open policy", uri.as_str())))?;
        let policy = checked.policy().ok_or_else(|| failed("the policy has errors; mend them first"))?;
        Ok(Asked { snapshot, checked, policy, file })
    }
}

/// What has to be found out before it can be answered; nothing of what is refused anyway.
pub(crate) fn need(snapshot: &Snapshot<'_>, parameters: &Value) -> Need {
    let Ok(asked) = serde_json::from_value::<lsp::ExecuteCommandParams>(parameters.clone()) else {
        return Need::Nothing;
    };
    let Ok(argument) = argument(&asked) else { return Need::Nothing };
    let Ok(of) = Asked::of(snapshot, &argument.uri) else { return Need::Nothing };
    match asked.command.as_str() {
        PROVE | SHOW_COUNTEREXAMPLE if matches!(of.checked.proofs, Proofs::Pending) => Need::Proofs,
        DECIDE if argument.request.is_none() => match argument.position.map(|at| of.place(at)) {
            Some(Here::Rule(spot)) => Need::Request(Arc::clone(of.policy), spot),
            Some(Here::Test(_) | Here::Nothing) | None => Need::Nothing,
        },
        _ => Need::Nothing,
    }
}

pub(super) fn execute(snapshot: &Snapshot<'_>, asked: lsp::ExecuteCommandParams) -> Result<Value, Refusal> {
    if !NAMES.contains(&asked.command.as_str()) {
        let message = format!("there is no command `{}`", asked.command);
        return Err(refused(ErrorCode::InvalidParams, message));
    }
    let argument = argument(&asked)?;
    let of = Asked::of(snapshot, &argument.uri)?;
    let named = |name: &Option<String>, what: &str| {
        let missing = || refused(ErrorCode::InvalidParams, format!("`{}` needs a `{what}`", asked.command));
        name.clone().ok_or_else(missing)
    };
    match asked.command.as_str() {
        RUN_TEST => of.run_test(&named(&argument.test, "test")?),
        RUN_TESTS => of.run_tests(argument.route.as_deref()),
        SHOW_INSIDE => of.show_inside(&named(&argument.route, "route")?),
        PROVE => of.prove(argument.guarantee.as_deref()),
        SHOW_COUNTEREXAMPLE => of.show_counterexample(&named(&argument.guarantee, "guarantee")?),
        _ => of.decide(argument.request, argument.position),
    }
}

/// What stands at a place, for a request to be decided there.
enum Here {
    /// A test, by its number.
    Test(usize),
    /// A rule that decides.
    Rule(Spot),
    /// Something else.
    Nothing,
}

impl Asked<'_> {
    fn location(&self, span: Span) -> Value {
        json!(self.snapshot.location(self.checked, span))
    }

    fn decision(&self, decision: &Decision) -> Value {
        write_decision(decision, &self.policy.catalogue, self.policy.fingerprint())
    }

    /// The lines that explain a decision, each with its place.
    fn deciding(&self, decision: &Decision) -> Vec<Value> {
        let view = source_view(self.policy, self.checked.sources());
        let line = |place: &Place| {
            let file = FileId(place.file);
            let text = self.checked.text(file);
            let line = text.lines().nth(place.line as usize - 1).unwrap_or_default();
            let start = line.as_ptr() as usize - text.as_ptr() as usize;
            let indent = line.len() - line.trim_start().len();
            let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let span = Span { file, start: byte(start + indent), end: byte(start + line.trim_end().len()) };
            json!({"location": self.location(span), "label": view.label(place), "text": line.trim()})
        };
        view.deciding(decision).iter().map(line).collect()
    }

    fn place(&self, position: lsp::Position) -> Here {
        let text = self.checked.text(self.file);
        let offset = self.snapshot.lines(text).offset(position);
        let at = u32::try_from(offset).unwrap_or(u32::MAX);
        let is_in = |span: Span| span.file == self.file && span.start <= at && at <= span.end;
        let policy = self.policy;
        if let Some(Item::Test(test)) =
            item_at(self.checked.sources(), Span { file: self.file, start: at, end: at })
        {
            let range = test.range();
            let of_it = |result: &ExampleResult| {
                result.span.file == self.file && range.contains_inclusive(result.span.start.into())
            };
            return self.checked.results.iter().position(of_it).map_or(Here::Nothing, Here::Test);
        }
        let of_route = policy.routes.iter().find(|route| is_in(route.span)).map(|route| {
            let arms = match &route.body {
                RouteBody::Arms(arms) => arms.as_slice(),
                RouteBody::Plan(_) => &[],
            };
            let arm = arms.iter().zip(0..).find(|(arm, _)| is_in(arm.span));
            match arm {
                Some((_, number)) => Spot::Arm(route.name.clone(), number),
                None => Spot::Rule(RuleName::Route(route.name.clone())),
            }
        });
        let of_denial = || {
            let rule = policy.denials.iter().find(|rule| is_in(rule.span))?;
            Some(Spot::Rule(RuleName::Deny(rule.name.clone())))
        };
        let of_prohibition = || {
            let rule = policy.prohibitions.iter().find(|rule| is_in(rule.span))?;
            Some(Spot::Rule(RuleName::Forbid(rule.name.clone())))
        };
        let left = || is_in(policy.otherwise.span).then_some(Spot::Rule(RuleName::Otherwise));
        of_route.or_else(of_denial).or_else(of_prohibition).or_else(left).map_or(Here::Nothing, Here::Rule)
    }

    fn test(&self, result: &ExampleResult) -> Value {
        let misses = result.misses.iter().map(|miss| {
            json!({"expected": miss.expected, "found": miss.found, "location": self.location(miss.span)})
        });
        json!({
            "test": result.name,
            "passed": result.misses.is_empty(),
            "location": self.location(result.span),
            "misses": misses.collect::<Vec<_>>(),
            "outcome": outcome(&result.decision, &self.policy.catalogue),
            "lines": self.deciding(&result.decision),
            "decision": self.decision(&result.decision),
        })
    }

    fn run_test(&self, name: &str) -> Result<Value, Refusal> {
        let result = self.checked.results.iter().find(|result| result.name == name);
        let result = result.ok_or_else(|| failed(format!("the policy has no test {name:?}")))?;
        let mut answer = self.test(result);
        let decided = outcome(&result.decision, &self.policy.catalogue);
        answer["message"] = json!(match result.misses.first() {
            None => format!("the test {name:?} passes: {decided}"),
            Some(miss) =>
                format!("the test {name:?} fails: expected {}, and it is {}", miss.expected, miss.found),
        });
        Ok(answer)
    }

    fn run_tests(&self, route: Option<&str>) -> Result<Value, Refusal> {
        let results: Vec<&ExampleResult> = match route {
            Some(name) => {
                self.route(name)?;
                taken(&self.checked.results, name).collect()
            }
            None => self.checked.results.iter().collect(),
        };
        let failed: Vec<&str> =
            results.iter().filter(|one| !one.misses.is_empty()).map(|one| one.name.as_str()).collect();
        let of = route.map(|name| format!(" of `route {name}`")).unwrap_or_default();
        let message = match (results.len(), failed.as_slice()) {
            (0, _) => format!("no test{of}"),
            (1, []) => format!("the test{of} passes: {:?}", results[0].name),
            (all, []) => format!("all {all} tests{of} pass"),
            (all, [one]) => format!("1 of {all} tests{of} fails: {one:?}"),
            (all, failed) => format!("{} of {all} tests{of} fail: {failed:?}", failed.len()),
        };
        Ok(json!({
            "passed": results.len() - failed.len(),
            "failed": failed.len(),
            "tests": results.iter().map(|result| self.test(result)).collect::<Vec<_>>(),
            "message": message,
        }))
    }

    fn route(&self, name: &str) -> Result<RouteId, Refusal> {
        let index = self.policy.routes.iter().position(|route| route.name == name);
        let id = index.and_then(|index| u32::try_from(index).ok());
        id.map(RouteId).ok_or_else(|| failed(format!("the policy has no route `{name}`")))
    }

    fn show_inside(&self, name: &str) -> Result<Value, Refusal> {
        let id = self.route(name)?;
        let found: Vec<_> = inside(self.policy, id).collect();
        let names: Vec<String> = found.iter().map(|route| format!("`{}`", route.name)).collect();
        let message = match names.as_slice() {
            [] => format!("no route stands inside `{name}`"),
            names => format!("inside `{name}`: {}", names.join(", ")),
        };
        let routes = found
            .iter()
            .map(|route| json!({"route": route.name, "location": self.location(route.head)}))
            .collect::<Vec<_>>();
        let show = routes.first().map(|first| first["location"].clone());
        Ok(json!({"route": name, "inside": routes, "show": show, "message": message}))
    }

    fn proven(&self) -> Result<&[Proven], Refusal> {
        match &self.checked.proofs {
            Proofs::Done(exact) => Ok(&exact.proven),
            Proofs::Pending => Err(failed("the guarantees are still being checked")),
            Proofs::Failed => Err(failed("the guarantees could not be checked")),
            Proofs::Unsound => Err(failed("the policy has errors; mend them first")),
        }
    }

    fn guarantee(&self, name: &str) -> Result<&Proven, Refusal> {
        let found = self.proven()?.iter().find(|one| one.name == name);
        found.ok_or_else(|| failed(format!("the policy has no guarantee `{name}`")))
    }

    fn guarantee_json(&self, proven: &Proven) -> Value {
        let path: Vec<Value> = proven
            .path
            .iter()
            .map(|(span, text)| json!({"location": self.location(*span), "text": text}))
            .collect();
        let shown = proven.counterexample.as_ref();
        json!({
            "guarantee": proven.name,
            "verdict": proven.verdict.name(),
            "location": self.location(proven.span),
            "assumes": proven.assumes,
            "witness": shown.map(|(request, _)| write_request(&self.policy.schema, request)),
            "decision": shown.map(|(_, decision)| self.decision(decision)),
            "path": path,
        })
    }

    fn prove(&self, name: Option<&str>) -> Result<Value, Refusal> {
        let found: Vec<&Proven> = match name {
            Some(name) => vec![self.guarantee(name)?],
            None => self.proven()?.iter().collect(),
        };
        let line = |one: &&Proven| format!("`guarantee {}` {}", one.name, verdict(one.verdict));
        let lines: Vec<String> = found.iter().map(line).collect();
        let message =
            if lines.is_empty() { "the policy promises nothing".to_owned() } else { lines.join("\n") };
        let guarantees: Vec<Value> = found.iter().map(|one| self.guarantee_json(one)).collect();
        Ok(json!({"guarantees": guarantees, "message": message}))
    }

    fn show_counterexample(&self, name: &str) -> Result<Value, Refusal> {
        let proven = self.guarantee(name)?;
        let mut answer = self.guarantee_json(proven);
        let message = match (proven.verdict, &proven.diagnostic) {
            (Verdict::Fails, Some(told)) => {
                let lines = proven.path.iter().map(|(span, text)| {
                    let sources = self.checked.sources();
                    let (file, line) = (&sources.file(span.file).name, sources.start(*span).line);
                    format!("{file}:{line} {text}")
                });
                let lines: Vec<String> = lines.collect();
                format!("{}\nrequest: {}\n{}", told.message, answer["witness"], lines.join("\n"))
            }
            (verdict_of, _) => format!("`guarantee {name}` {}", verdict(verdict_of)),
        };
        answer["message"] = json!(message);
        answer["show"] = answer["path"].get(0).map_or(Value::Null, |first| first["location"].clone());
        Ok(answer)
    }

    /// A given request, or that of the test at a place; `request` is found for any other place before.
    fn decide(&self, request: Option<Value>, position: Option<lsp::Position>) -> Result<Value, Refusal> {
        let (attributes, document) = match (request, position.map(|position| self.place(position))) {
            (Some(document), _) => {
                let read = read_request(&self.policy.schema, &document).map_err(|errors| {
                    let words: Vec<String> = errors.iter().map(ToString::to_string).collect();
                    failed(words.join("; "))
                })?;
                (read, document)
            }
            (None, Some(Here::Test(number))) => {
                let given = self.policy.examples[number].given.clone();
                let document = write_request(&self.policy.schema, &given);
                (given, document)
            }
            (None, _) => {
                let message =
                    "no route, `deny`, `forbid`, `otherwise` or `test` stands here; give a `request`";
                return Err(failed(message));
            }
        };
        let decision = spec::decide(self.policy, &attributes);
        let decided = outcome(&decision, &self.policy.catalogue);
        let lines = self.deciding(&decision);
        let told = lines
            .iter()
            .filter_map(|line| Some(format!("{} {}", line["label"].as_str()?, line["text"].as_str()?)));
        let told: Vec<String> = std::iter::once(format!("{document}\n{decided}")).chain(told).collect();
        let show = lines.first().map(|first| first["location"].clone());
        Ok(json!({
            "request": document,
            "outcome": decided,
            "lines": lines,
            "decision": self.decision(&decision),
            "show": show,
            "message": told.join("\n"),
        }))
    }
}
