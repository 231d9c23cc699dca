//! Whole items, and parts of them, with places to fill in, in the layout that the formatter gives them.

use wayleave_grammar::{SyntaxKind, SyntaxToken};

/// The targets that forms are written with.
const PLACES: [&str; 2] = ["near/large", "near/small"];

/// Each with the word that it begins with.
pub const ALL: &[(&str, &str)] = &[
    ("alias", "alias ${1:name}"),
    (
        "approve",
        "approve ${1:name}: ${2:any}\n  until ${3:2027-01-01}\n  owner \"${4:team}\"  by \"${5:who}\"",
    ),
    ("attribute", "attribute ${1:name}: ${2:string}\n  from ${3:credential} \"${4:field}\"  ${5:required}"),
    ("budget", "budget ${1:name}: \\$${2:100} per ${3:month}\n  warn at ${4:80%}  then ${5:deny}"),
    ("cap", "cap ${1:name}: output ${2:4k} tokens"),
    ("classify", "classify ${1:name}: ${2:a} | ${3:b} {\n  $2  when ${4:request.stream}\n  otherwise $3\n}"),
    ("define", "define ${1:name} = ${2:request.stream}"),
    ("deny", "deny ${1:name}\n  when ${2:request.stream}\n  because \"${3:why}\""),
    ("detector", "detector ${1:name} = r\"${2:pattern}\""),
    ("flag", "flag ${1:name} when ${2:request.stream}"),
    ("forbid", "forbid ${1:name}: ${2:any}\n  when ${3:request.stream}\n  because \"${4:why}\""),
    ("group", "group ${1:name} = [${2:near/large}]"),
    ("guarantee", "guarantee ${1:name}: denied when ${2:request.stream}"),
    ("limit", "limit ${1:name}: ${2:60} requests per ${3:1min}  each ${4:caller.id}"),
    ("log", "log ${1:name}: ${2:none}"),
    (
        "migrate",
        "migrate ${1:name}: ${2:near/small} to ${3:near/large}\n  ramp { ${4:2027-01-01} ${5:5%}  ${6:2027-02-01} ${7:100%} }",
    ),
    ("otherwise", "otherwise deny \"${1:No route covers this request.}\""),
    ("plan", "plan ${1:name} = ${2:near/large} else ${3:near/small}"),
    (
        "provider",
        "provider ${1:name} {\n  protocol: ${2:openai}\n  url: \"${3:https://api.example.com/v1}\"\n  key: env(\"${4:PROVIDER_API_KEY}\")\n  model ${5:model} {\n    supports: [${6:chat}]\n    context: ${7:128k} tokens\n  }\n}",
    ),
    ("redact", "redact ${1:name}: [${2:email}] in ${3:both} restore"),
    (
        "require",
        "require approval ${1:name}\n  by \"${2:group}\"  each ${3:caller.team}  valid ${4:30d}\n  because \"${5:why}\"",
    ),
    ("route", "route ${1:name} when ${2:request.stream}  to ${3:near/large}"),
    (
        "test",
        "test \"${1:what is shown}\" {\n  given  ${2:request.stream}: ${3:true}\n  expect ${4:otherwise}\n}",
    ),
    ("timezone", "timezone \"${1:Europe/Zurich}\""),
    ("type", "type ${1:name} = ${2:a} | ${3:b}"),
    ("use", "use \"${1:teams/team.route}\""),
];

/// Parts of items, each with the word that it begins with and the item that it is a part of.
pub const INSIDE: &[(&str, SyntaxKind, &str)] = &[
    (
        "model",
        SyntaxKind::Provider,
        "model ${1:name} {\n  supports: [${2:chat}]\n  context: ${3:128k} tokens\n}",
    ),
    ("because", SyntaxKind::Deny, "because \"${1:why}\""),
    ("because", SyntaxKind::Forbid, "because \"${1:why}\""),
    ("because", SyntaxKind::RequireApproval, "because \"${1:why}\""),
    ("failover", SyntaxKind::Route, "failover on [${1:timeout}, ${2:overloaded}]"),
    (
        "split",
        SyntaxKind::Route,
        "split by ${1:caller.id} { ${2:90%} ${3:near/large}  ${4:10%} ${5:near/small} }",
    ),
    ("within", SyntaxKind::Route, "within ${1:30s}"),
    ("retry", SyntaxKind::Route, "retry ${1:2}  backoff ${2:250ms}..${3:4s}"),
    ("hedge", SyntaxKind::Route, "hedge after ${1:3s}"),
    ("deadline", SyntaxKind::Route, "deadline ${1:2min}"),
    ("valid", SyntaxKind::RequireApproval, "valid ${1:30d}"),
    ("warn", SyntaxKind::Budget, "warn at ${1:80%}"),
    ("ramp", SyntaxKind::Migrate, "ramp { ${1:2027-01-01} ${2:5%}  ${3:2027-02-01} ${4:100%} }"),
    (
        "rollback",
        SyntaxKind::Migrate,
        "rollback over ${1:10min} when errors > ${2:2%} or first-token > ${3:3s}",
    ),
    ("shadow", SyntaxKind::Migrate, "shadow ${1:10%} until ${2:2027-01-01}"),
    ("deny", SyntaxKind::Observe, "deny ${1:name}\n  when ${2:request.stream}\n  because \"${3:why}\""),
    (
        "forbid",
        SyntaxKind::Observe,
        "forbid ${1:name}: ${2:any}\n  when ${3:request.stream}\n  because \"${4:why}\"",
    ),
];

/// Values of fields, by the word that opens the body, and the field.
pub const VALUES: &[(&str, &str, &str)] = &[
    ("provider", "protocol", "${1:openai}"),
    ("provider", "url", "\"${1:https://api.example.com/v1}\""),
    ("provider", "key", "env(\"${1:PROVIDER_API_KEY}\")"),
    ("provider", "timeout", "{ connect: ${1:2s}  first-token: ${2:45s}  idle: ${3:60s} }"),
    ("model", "supports", "[${1:chat}]"),
    ("model", "context", "${1:128k} tokens"),
    ("model", "output", "${1:8k} tokens"),
    ("model", "price", "\\$${1:2} in, \\$${2:6} out per 1M tokens"),
    ("detector", "url", "\"${1:https://detector.example.com/analyze}\""),
    ("detector", "finds", "[${1:finding}]"),
    ("detector", "timeout", "${1:200ms}"),
    ("detector", "on-failure", "${1:found}"),
];

/// The item that begins with a word.
pub fn of(word: &str) -> Option<&'static str> {
    ALL.iter().find(|(begins, _)| *begins == word).map(|(_, snippet)| *snippet)
}

/// A form with targets of the policy in the places of those that it is written with.
pub(super) fn with_targets(snippet: &str, targets: &[String]) -> String {
    let mut text = snippet.to_owned();
    for (place, target) in PLACES.into_iter().zip(targets) {
        let escaped = target.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}");
        text = text.replace(&format!(":{place}}}"), &format!(":{escaped}}}"));
    }
    text
}

/// The part of an item that begins with a word, where that word stands.
pub(super) fn inside(word: &str, token: &SyntaxToken) -> Option<&'static str> {
    let of_node = |kind: SyntaxKind| {
        INSIDE
            .iter()
            .find(|(begins, item, _)| *begins == word && *item == kind)
            .map(|(_, _, snippet)| *snippet)
    };
    token.parent_ancestors().find_map(|node| of_node(node.kind()))
}

/// The value of a field, with places to fill in.
pub(super) fn value_of(owner: &str, field: &str) -> Option<&'static str> {
    VALUES.iter().find(|(of, name, _)| *of == owner && *name == field).map(|(_, _, value)| *value)
}
