//! The policy in force: swapped whole, held by each request from its first byte to its last. Remembers that a newer
//! text is refused, and never serves half of one.

use crate::callers::Callers;
use crate::documents::Documents;
use crate::health::{Health, Rules};
use crate::judge::Judges;
use crate::settings::{Secret, Settings};
use crate::upstream::{Connector, Upstreams};
use crate::wire::encodings::Encodings;
use arc_swap::{ArcSwap, ArcSwapOption};
use std::collections::BTreeMap;
use std::sync::Arc;
use wayleave_program::Program;
use wayleave_program::detector::DetectorId;
use wayleave_program::schema::{AttributeId, Inspected, Origin, Schema};
use wayleave_program::source_view::SourceView;

/// A compiled policy with what serving it needs.
pub struct Policy {
    /// What decides.
    pub program: Arc<dyn Program>,
    /// Its text, for people.
    pub view: Arc<SourceView>,
    /// The warnings it was compiled with, as text; possibly empty.
    pub warnings: String,
    /// The key of each provider that has one, by the provider's name.
    pub keys: BTreeMap<String, Secret>,
}

/// Where a finding's attribute comes from.
pub(crate) type Finding = (AttributeId, Inspected, DetectorId);

/// A policy in force. A request holds one handle of it from its first byte to its last.
pub struct Served {
    /// What decides.
    pub program: Arc<dyn Program>,
    /// Its text, for people.
    pub view: Arc<SourceView>,
    /// The warnings it was compiled with, as text; possibly empty.
    pub warnings: String,
    /// What can be found in texts: each attribute for it, in which texts, and by whom.
    pub(crate) findings: Vec<Finding>,
    pub(crate) callers: Callers,
    pub(crate) documents: Documents,
    pub(crate) upstreams: Upstreams,
    pub(crate) judges: Judges,
    pub(crate) encodings: Encodings,
    /// How its targets fare.
    pub health: Arc<Health>,
}

/// A newer text that is not served.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refused {
    /// What is wrong with it, as the compiler draws it without colour: for operators, as it quotes the policy.
    pub diagnostics: String,
    /// The codes of what is wrong, ascending, each once. Where the text is not at fault a word stands in their place:
    /// `unreadable` for files, `key_missing` for a provider's key, `unusable` for a program or for what it names, `internal`.
    pub codes: Vec<&'static str>,
    /// How many things are wrong.
    pub count: usize,
}

/// The policy in force, and whether a newer text is refused.
pub struct Current {
    connector: Connector,
    rules: Rules,
    served: ArcSwap<Served>,
    refused: ArcSwapOption<Refused>,
}

impl Current {
    /// Puts the first policy into force.
    ///
    /// # Errors
    /// When connections to its providers cannot be prepared.
    pub fn new(settings: &Settings, policy: Policy) -> Result<Current, crate::upstream::Error> {
        let connector = Connector::new(settings)?;
        let upstreams = connector.prepare(policy.program.catalogue(), &policy.keys, None)?;
        let judges = connector.judges(policy.program.catalogue(), None);
        let health = Health::new(policy.program.catalogue(), settings.health, None);
        let served = ArcSwap::from_pointee(serve(policy, upstreams, judges, health));
        Ok(Current { connector, rules: settings.health, served, refused: ArcSwapOption::empty() })
    }

    /// Puts another policy into force for requests that begin from now on. Connections to providers that did not change
    /// are kept.
    ///
    /// # Errors
    /// When connections to its providers cannot be prepared: the old policy stays.
    pub fn swap(&self, policy: Policy) -> Result<(), crate::upstream::Error> {
        let before = self.served.load_full();
        let upstreams =
            self.connector.prepare(policy.program.catalogue(), &policy.keys, Some(&before.upstreams))?;
        let judges = self.connector.judges(policy.program.catalogue(), Some(&before.judges));
        let health = Health::new(policy.program.catalogue(), self.rules, Some(&before.health));
        self.served.store(Arc::new(serve(policy, upstreams, judges, health)));
        self.refused.store(None);
        Ok(())
    }

    /// Remembers that the text on disk is refused; the policy in force stays.
    pub fn refuse(&self, refused: Refused) {
        self.refused.store(Some(Arc::new(refused)));
    }

    /// The policy in force.
    pub fn served(&self) -> Arc<Served> {
        self.served.load_full()
    }

    /// The newer text that is not served, if there is one.
    pub fn refused(&self) -> Option<Arc<Refused>> {
        self.refused.load_full()
    }
}

fn serve(policy: Policy, upstreams: Upstreams, judges: Judges, health: Health) -> Served {
    let encodings = Encodings::of(policy.program.catalogue());
    let findings = findings(policy.program.schema());
    Served {
        findings,
        program: policy.program,
        view: policy.view,
        warnings: policy.warnings,
        callers: Callers::default(),
        documents: Documents::default(),
        upstreams,
        judges,
        encodings,
        health: Arc::new(health),
    }
}

/// By the schema, which has many other attributes: it is gone through once, and not by each request.
fn findings(schema: &Schema) -> Vec<Finding> {
    let finding = |id: AttributeId| match schema.attribute(id).origin {
        Origin::Findings(inspected, detector) => Some((id, inspected, detector)),
        _ => None,
    };
    schema.ids().filter_map(finding).collect()
}
