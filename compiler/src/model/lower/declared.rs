//! What a policy declares: all that its rules may name and rest on. What every check makes anew is small, as most of it is
//! shared with whoever keeps it for the next check; who changes a shared part gets one of his own.

use super::Lower;
use super::kept::Moved;
use super::names::Names;
use super::noted::Noted;
use crate::model::{Condition, Definition, DefinitionId, Fact, Plan};
use crate::source::{FileId, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wayleave_program::catalogue::{Catalogue, TargetId};
use wayleave_program::detector::DetectorId;
use wayleave_program::schema::{NamedType, Schema};

/// What is declared, as far as it is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Declared {
    pub(super) names: Names,
    pub(super) types: Arc<BTreeMap<String, Arc<NamedType>>>,
    pub(super) schema: Arc<Schema>,
    /// Attributes and defines that were declared wrongly: a use of one is no second error.
    pub(super) poisoned: BTreeSet<String>,
    pub(super) facts: Arc<Vec<Fact>>,
    pub(super) catalogue: Arc<Catalogue>,
    /// Indexed by target: where its model's name stands.
    pub(super) target_spans: Arc<Vec<Span>>,
    /// By provider, then model.
    pub(super) targets: Arc<BTreeMap<String, BTreeMap<String, TargetId>>>,
    pub(super) groups: Arc<BTreeMap<String, Vec<TargetId>>>,
    pub(super) plans: Arc<BTreeMap<String, Plan>>,
    pub(super) definitions: Arc<Vec<Arc<Definition>>>,
    pub(super) definition_ids: Arc<BTreeMap<String, DefinitionId>>,
    /// The findings that the policy names, none of which is there where a text `is clean`.
    pub(super) clean: Arc<[(DetectorId, String)]>,
    /// Delegated files, with the condition of their requests once it is known and right.
    pub(super) delegated: BTreeMap<FileId, Option<Condition>>,
}

impl Declared {
    fn move_to(&mut self, moved: &Moved) {
        self.names.move_to(moved);
        if self.target_spans.iter().any(|at| moved.moves(*at)) {
            let spans = Arc::make_mut(&mut self.target_spans);
            spans.iter_mut().for_each(|at| *at = moved.place(*at));
        }
        if self.definitions.iter().any(|definition| moved.moves(definition.span)) {
            let definitions = Arc::make_mut(&mut self.definitions).iter_mut();
            for definition in definitions.filter(|definition| moved.moves(definition.span)) {
                let definition = Arc::make_mut(definition);
                definition.span = moved.place(definition.span);
            }
        }
    }
}

/// What is declared, and what was noted beside while it was found out.
#[derive(Debug, Clone)]
pub(super) struct Declarations {
    pub(super) declared: Declared,
    pub(super) noted: Arc<Noted>,
}

impl Declarations {
    /// The same, declared in the same words at other places.
    pub(super) fn at(&self, moved: &Moved) -> Declarations {
        let mut found = self.clone();
        if moved.is_any() {
            found.declared.move_to(moved);
            Arc::make_mut(&mut found.noted).move_to(moved);
        }
        found
    }
}

impl Lower<'_> {
    pub(super) fn schema_mut(&mut self) -> &mut Schema {
        Arc::make_mut(&mut self.declared.schema)
    }

    pub(super) fn catalogue_mut(&mut self) -> &mut Catalogue {
        Arc::make_mut(&mut self.declared.catalogue)
    }
}
