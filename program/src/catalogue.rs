//! What can be called: providers, targets and aliases of a policy, with their facts. Holds no secrets: a key is
//! named by where it is found.

use crate::detector::{Detector, DetectorId};
use crate::value::{Tokens, UsdMicros};
use serde::{Deserialize, Serialize};

/// The position of a provider in its [`Catalogue`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProviderId(pub u32);

/// The position of a target in its [`Catalogue`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TargetId(pub u32);

/// The position of an alias in its [`Catalogue`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AliasId(pub u32);

/// The wire format that a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// OpenAI's HTTP API and what is compatible with it.
    OpenAi,
    /// Anthropic's Messages API.
    Anthropic,
    /// Google's Gemini API.
    Gemini,
    /// An in-process provider that answers deterministically, without key or network.
    Simulated,
}

/// Where a provider's key is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeySource {
    /// An environment variable, by name.
    Env(String),
    /// A file, by path as written in the policy.
    File(String),
}

/// Which addresses a provider's host may resolve to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Network {
    /// Public ones only.
    Public,
    /// Loopback and private ones too (`network: private`).
    Private,
}

/// A provider's own time limits, in milliseconds; none: the gateway's defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timeouts {
    /// Until the connection stands.
    pub connect_ms: Option<u64>,
    /// Until the first content.
    pub first_token_ms: Option<u64>,
    /// Between two pieces of an answer.
    pub idle_ms: Option<u64>,
}

/// Somebody whose models can be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// As the policy writes it.
    pub name: String,
    /// What it speaks.
    pub protocol: Protocol,
    /// Its base URL without a trailing slash; none only for simulated ones.
    pub url: Option<String>,
    /// Where its key is found; none only for simulated ones.
    pub key: Option<KeySource>,
    /// Where its host may be.
    pub network: Network,
    /// Its own time limits.
    pub timeouts: Timeouts,
}

/// Money per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// For a million input tokens.
    pub input: UsdMicros,
    /// For a million output tokens.
    pub output: UsdMicros,
    /// For a million input tokens read from the provider's cache, where stated.
    pub cached: Option<UsdMicros>,
    /// For a million input tokens written to the provider's cache, where stated.
    pub cache_write: Option<UsdMicros>,
    /// For a million reasoning tokens, where stated.
    pub reasoning: Option<UsdMicros>,
}

/// One model of one provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Whose it is.
    pub provider: ProviderId,
    /// `provider/model`, both as the policy names them.
    pub name: String,
    /// The policy's name of the model.
    pub model: String,
    /// The provider's name of the model: what is sent.
    pub remote: String,
    /// What it can do: `chat`, `embeddings` and members of [`NEEDS`](crate::schema::NEEDS); sorted.
    pub supports: Vec<String>,
    /// Input and output together, at most.
    pub context: Tokens,
    /// Output, at most.
    pub output: Tokens,
    /// What it costs, where stated.
    pub price: Option<Price>,
}

impl Target {
    /// Whether it states that capability.
    pub fn can(&self, capability: &str) -> bool {
        self.supports.iter().any(|stated| stated == capability)
    }
}

/// A name that callers may put into `model` without meaning a particular target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// As callers write it.
    pub name: String,
    /// Its doc comment, possibly empty.
    pub doc: String,
}

/// What a caller's `model` means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requested {
    /// An alias.
    Alias(AliasId),
    /// The targets that it names, ascending, at least one: by `provider/model`, model name or provider-side name.
    Targets(Vec<TargetId>),
    /// Nothing that the policy declares.
    Nothing,
}

/// All that can be called or named under a policy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Catalogue {
    /// Indexed by [`ProviderId`], in the order of the policy.
    pub providers: Vec<Provider>,
    /// Indexed by [`TargetId`]: providers in order, each one's models in order.
    pub targets: Vec<Target>,
    /// Indexed by [`AliasId`], in the order of the policy.
    pub aliases: Vec<Alias>,
    /// Indexed by [`DetectorId`]: [`BUILT_IN`](crate::detector::BUILT_IN) first, then the policy's own.
    pub detectors: Vec<Detector>,
    /// Texts that some rule compares `request.model` with and that name neither alias nor target; sorted.
    pub other_models: Vec<String>,
}

impl Catalogue {
    /// The target with that number.
    ///
    /// # Panics
    /// When `id` is of another catalogue.
    pub fn target(&self, id: TargetId) -> &Target {
        &self.targets[id.0 as usize]
    }

    /// The detector with that number.
    ///
    /// # Panics
    /// When `id` is of another catalogue.
    pub fn detector(&self, id: DetectorId) -> &Detector {
        &self.detectors[id.0 as usize]
    }

    /// Every detector's number, ascending.
    pub fn detector_ids(&self) -> impl Iterator<Item = DetectorId> + use<> {
        (0..u32::try_from(self.detectors.len()).expect("a catalogue has fewer than 2^32 detectors"))
            .map(DetectorId)
    }

    /// The provider with that number.
    ///
    /// # Panics
    /// When `id` is of another catalogue.
    pub fn provider(&self, id: ProviderId) -> &Provider {
        &self.providers[id.0 as usize]
    }

    /// The provider of a target.
    ///
    /// # Panics
    /// When `id` is of another catalogue.
    pub fn provider_of(&self, id: TargetId) -> &Provider {
        self.provider(self.target(id).provider)
    }

    /// The target of that `provider/model`.
    pub fn find_target(&self, name: &str) -> Option<TargetId> {
        self.target_ids().find(|id| self.target(*id).name == name)
    }

    /// Every target's number, ascending.
    pub fn target_ids(&self) -> impl Iterator<Item = TargetId> + use<> {
        (0..u32::try_from(self.targets.len()).expect("a catalogue has fewer than 2^32 targets")).map(TargetId)
    }

    /// Whether the policy knows that name at all: as alias, target, or in a rule's own words.
    pub fn knows(&self, model: &str) -> bool {
        self.resolve(model) != Requested::Nothing || self.other_models.iter().any(|other| other == model)
    }

    /// What a caller's `model` means. An alias comes before any target of the same name.
    pub fn resolve(&self, model: &str) -> Requested {
        if let Some(index) = self.aliases.iter().position(|alias| alias.name == model) {
            return Requested::Alias(AliasId(u32::try_from(index).expect("fewer than 2^32 aliases")));
        }
        let names = |target: &Target| target.name == model || target.model == model || target.remote == model;
        let targets: Vec<TargetId> = self.target_ids().filter(|id| names(self.target(*id))).collect();
        if targets.is_empty() { Requested::Nothing } else { Requested::Targets(targets) }
    }
}
