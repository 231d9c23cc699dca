//! How a simulated provider misbehaves, and the text that says so: `PROVIDER[/MODEL]:BEHAVIOUR[,BEHAVIOUR…]`.

use super::LONGEST_DELAY;
use http::StatusCode;
use std::time::Duration;

/// One way in which a simulated target misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// `refuse`: there is no connection.
    Refuse,
    /// `status=503`: answers so.
    Status(StatusCode),
    /// `stall`: takes the request and never sends a first token.
    Stall,
    /// `slow=200ms`: waits before it answers.
    Slow(Duration),
    /// `cut=3`: the answer is lost after so many events.
    Cut(usize),
    /// `every=4`: all that is told with it happens at each fourth call only.
    Every(u64),
}

/// What one provider, or one of its models, is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulation {
    /// The provider's name in the policy.
    pub provider: String,
    /// The model's name in the policy; none: all of the provider's.
    pub model: Option<String>,
    /// At least one; all of them happen together.
    pub behaviours: Vec<Behaviour>,
}

/// Why a text is no simulation, in words that show what is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotASimulation(String);

impl std::fmt::Display for NotASimulation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotASimulation {}

impl Simulation {
    /// Reads the text form.
    ///
    /// # Errors
    /// What is wrong with it and what would be right.
    pub fn read(text: &str) -> Result<Simulation, NotASimulation> {
        let wrong = |what: String| Err(NotASimulation(what));
        let Some((target, behaviours)) = text.split_once(':') else {
            return wrong(format!("`{text}` names no behaviour; write `PROVIDER:refuse`, for example"));
        };
        let (provider, model) = match target.split_once('/') {
            Some((provider, model)) => (provider, Some(model)),
            None => (target, None),
        };
        if provider.is_empty() || model == Some("") {
            return wrong(format!("`{text}` names no provider; write `PROVIDER:…` or `PROVIDER/MODEL:…`"));
        }
        let behaviours: Vec<Behaviour> =
            behaviours.split(',').map(read_behaviour).collect::<Result<_, _>>()?;
        if behaviours.iter().all(|behaviour| matches!(behaviour, Behaviour::Every(_))) {
            return wrong(format!("`{text}` says how often and not what; add `refuse`, for example"));
        }
        Ok(Simulation { provider: provider.to_owned(), model: model.map(str::to_owned), behaviours })
    }

    /// Whether it speaks about that target.
    pub(super) fn is_for(&self, provider: &str, model: &str) -> bool {
        self.provider == provider && self.model.as_ref().is_none_or(|own| own == model)
    }
}

fn read_behaviour(text: &str) -> Result<Behaviour, NotASimulation> {
    let (name, value) = match text.trim().split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text.trim(), None),
    };
    let wanted = |example: &str| NotASimulation(format!("`{text}` is no behaviour; write `{example}`"));
    match (name, value) {
        ("refuse", None) => Ok(Behaviour::Refuse),
        ("stall", None) => Ok(Behaviour::Stall),
        ("status", Some(value)) => {
            let status = value.parse().ok().filter(|status| (300..600).contains(status));
            let status = status.and_then(|status| StatusCode::from_u16(status).ok());
            status.map(Behaviour::Status).ok_or_else(|| wanted("status=503"))
        }
        ("slow", Some(value)) => {
            read_duration(value).map(Behaviour::Slow).ok_or_else(|| wanted("slow=200ms"))
        }
        ("cut", Some(value)) => value.parse().map(Behaviour::Cut).map_err(|_| wanted("cut=3")),
        ("every", Some(value)) => match value.parse() {
            Ok(each) if each > 0 => Ok(Behaviour::Every(each)),
            _ => Err(wanted("every=4")),
        },
        _ => Err(NotASimulation(format!(
            "`{text}` is no behaviour; there are `refuse`, `status=503`, `stall`, `slow=200ms`, `cut=3` and `every=4`"
        ))),
    }
}

/// `200ms`, `3s`, `1min`, as a policy writes durations.
fn read_duration(text: &str) -> Option<Duration> {
    let end = text.find(|character: char| !character.is_ascii_digit())?;
    let count: u64 = text[..end].parse().ok()?;
    let unit_ms: u64 = match &text[end..] {
        "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        _ => return None,
    };
    let delay = Duration::from_millis(count.checked_mul(unit_ms)?);
    (delay <= LONGEST_DELAY).then_some(delay)
}
