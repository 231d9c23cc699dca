//! Keys that state what the policy does not know: a team that its tree lacks, a field that no attribute reads. Their callers are
//! served by what is left, so whoever serves is told.

use std::collections::BTreeSet;
use wayleave_compiler::diagnostic::render::printable;
use wayleave_program::schema::{BuiltIn, Origin, Schema, Source, Type};
use wayleave_runtime::keys::StoredKey;

/// More of them are counted.
const SHOWN: usize = 5;

/// A warning for each such key in use, a line each; empty where there is none.
pub(crate) fn warnings(keys: &[StoredKey], schema: &Schema) -> String {
    let read: BTreeSet<&str> =
        schema.attributes.iter().flat_map(|attribute| fields(&attribute.origin)).collect();
    let mut told: Vec<String> = Vec::new();
    for key in keys.iter().filter(|key| key.revoked_ms.is_none()) {
        let identity = &key.identity;
        let who = format!("the key {} of {}", identity.key_id, printable(&identity.caller_id));
        if let Some(team) = identity.team.as_deref().filter(|team| !knows(schema, team)) {
            let team = printable(team);
            told.push(format!(
                "{who} has the team `{team}`, which the policy lacks: it is at or below no team"
            ));
        }
        for field in identity.fields.keys().filter(|field| !read.contains(field.as_str())) {
            told.push(format!("{who} has the field `{}`, which no attribute reads", printable(field)));
        }
    }
    let hidden = told.len().saturating_sub(SHOWN);
    told.truncate(SHOWN);
    let mut out: String = told.iter().map(|line| format!("warning: {line}\n")).collect();
    if hidden > 0 {
        out.push_str(&format!("warning: {hidden} more like these; `wayleave keys list` shows all keys\n"));
    }
    out
}

/// The fields of a key that an attribute reads.
fn fields(origin: &Origin) -> Vec<&str> {
    let Origin::Sources(sources, _) = origin else { return Vec::new() };
    let mut fields = Vec::new();
    for source in sources {
        match source {
            Source::Credential(field) => fields.push(field.as_str()),
            Source::Claim(_) | Source::Header(_) | Source::Metadata(_) => {}
        }
    }
    fields
}

/// Whether a team is one of the policy's, where that lists them.
fn knows(schema: &Schema, team: &str) -> bool {
    match &schema.attribute(BuiltIn::CallerTeam.id()).value_type {
        Type::Named(named) => named.member(team).is_some(),
        _ => true,
    }
}
