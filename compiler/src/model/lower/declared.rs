//! What a policy declares: all that its rules may name and rest on. Its parts are shared with whoever keeps them for the next
//! check; who changes a shared part gets one of his own.

use super::Lower;
use super::kept::Moved;
use super::names::Names;
use super::noted::Noted;
use crate::model::{Condition, Definition, DefinitionBody, DefinitionId, Fact, Plan};
use crate::source::{FileId, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wayleave_program::catalogue::{Alias, Catalogue, Provider, ProviderId, Target, TargetId};
use wayleave_program::detector::DetectorId;
use wayleave_program::schema::{NamedType, Schema, Type};

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
    /// Whether a rule that is right under the one means the same under the other, in files of the same numbers. It is typed by
    /// what is named, and by the numbers of that; what a provider, model or define says beside is looked up when it is asked.
    pub(super) fn means_as(&self, other: &Declared) -> bool {
        let Declared {
            names,
            types: _,
            schema,
            // Declared, and not there: that shows below.
            poisoned: _,
            facts,
            catalogue,
            target_spans: _,
            // By name what the catalogue has by number.
            targets: _,
            groups,
            plans,
            definitions,
            definition_ids,
            clean,
            delegated,
        } = self;
        fn fact(fact: &Fact) -> (&str, &Type) {
            (&fact.name, &fact.value_type)
        }
        let definition =
            |one: &Arc<Definition>| (one.tests_target, matches!(one.body, DefinitionBody::Define(_)));
        names.declare_as(&other.names)
            && *schema == other.schema
            && facts.iter().map(fact).eq(other.facts.iter().map(fact))
            && are_called_alike(catalogue, &other.catalogue)
            && *groups == other.groups
            && *plans == other.plans
            && definitions.iter().map(definition).eq(other.definitions.iter().map(definition))
            && *definition_ids == other.definition_ids
            && *clean == other.clean
            && *delegated == other.delegated
    }

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

/// Whether two catalogues have the same names at the same numbers, and look for the same.
fn are_called_alike(a: &Catalogue, b: &Catalogue) -> bool {
    fn target(target: &Target) -> (ProviderId, &str, &str) {
        (target.provider, &target.name, &target.model)
    }
    fn provider(provider: &Provider) -> &str {
        &provider.name
    }
    fn alias(alias: &Alias) -> &str {
        &alias.name
    }
    a.targets.iter().map(target).eq(b.targets.iter().map(target))
        && a.providers.iter().map(provider).eq(b.providers.iter().map(provider))
        && a.aliases.iter().map(alias).eq(b.aliases.iter().map(alias))
        && a.detectors == b.detectors
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
