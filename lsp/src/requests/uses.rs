//! The `use` that is missing where a name is declared beside the policy, as edits.

use super::edits::workspace_edit;
use crate::features::beside;
use crate::features::diagnostics::CheckedPolicy;
use crate::snapshot::Snapshot;
use serde_json::Value;
use std::collections::BTreeMap;
use wayleave_compiler::diagnostic::Diagnostic;
use wayleave_compiler::{Code, Options};

/// What mends a diagnostic about an unknown name: titles and edits.
pub(super) fn edits(
    snapshot: &Snapshot<'_>,
    policy: &CheckedPolicy,
    told: &Diagnostic,
) -> Vec<(String, Value)> {
    // The files beside a policy are looked for where one of them can mend something.
    if told.code != Code::R0101 {
        return Vec::new();
    }
    let options = Options { as_of: snapshot.as_of };
    let beside = policy.beside(snapshot.workspace, snapshot.host);
    let found = beside::mends(policy.sources(), policy.names(), beside, told, &options);
    found
        .into_iter()
        .map(|(name, edit)| {
            let told = super::additions::plain(snapshot, policy, edit.span, &edit.text);
            let edits = BTreeMap::from([(policy.path(edit.span.file).to_owned(), vec![told])]);
            (format!("use `{name}`, which declares it"), workspace_edit(snapshot, edits))
        })
        .collect()
}
