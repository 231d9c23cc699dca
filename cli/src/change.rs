//! Two policies and what is decided differently under them: how they are read and compared, and how that is told.

mod human;

mod json;

pub(crate) mod markdown;

mod treated;

pub(crate) use human::human;
pub(crate) use json::json;

use crate::deciding::deciding;
use crate::load::Given;
use crate::output::{Failure, Terminal, note};
use crate::revision::Named;
use crate::waiting::Waiting;
use std::sync::Arc;
use wayleave_compiler::change::{Change, Settled, compare};
use wayleave_compiler::diagnostic::render::{Counts, render_human};
use wayleave_compiler::examples::outcome;
use wayleave_compiler::proof::{Verdict, settled};
use wayleave_compiler::source::Sources;
use wayleave_compiler::{Options, Policy, Severity, check, portable, source_view};
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::Price;
use wayleave_program::decision::Decision;
use wayleave_program::source_view::{Place, SourceView};
use wayleave_program::value::{Instant, UsdMicros};

/// One of the two policies.
pub(crate) struct Side {
    pub(crate) policy: Arc<Policy>,
    view: SourceView,
    is_disjoint: bool,
    verdicts: Vec<Verdict>,
}

/// Two policies, compared.
pub(crate) struct Compared {
    pub(crate) old: Side,
    pub(crate) new: Side,
    pub(crate) change: Change,
}

impl Side {
    /// Reads one and asks what is to be known of it beforehand.
    ///
    /// # Errors
    /// When it cannot be read or has errors, which are drawn on standard error.
    pub(crate) fn of(named: Named, as_of: Instant, terminal: Terminal) -> Result<Side, Failure> {
        let (policy, sources) = read(named, as_of, terminal)?;
        let (is_disjoint, verdicts) = Waiting::with("proving", |progress| settled(&policy, progress));
        let view = source_view(&policy, &sources);
        Ok(Side { policy, view, is_disjoint, verdicts })
    }

    /// A decision in a line.
    pub(crate) fn outcome(&self, decided: Option<&(Attributes, Decision)>) -> String {
        match decided {
            Some((_, decision)) => outcome(decision, &self.policy.catalogue),
            None => "refused: it holds a value that this policy does not know".to_owned(),
        }
    }

    /// The lines that decide, each with its place.
    pub(crate) fn lines(&self, decided: Option<&(Attributes, Decision)>) -> Vec<String> {
        let Some((_, decision)) = decided else { return Vec::new() };
        let label = |place: &Place| {
            let file = self.view.files.get(place.file as usize);
            format!("{}:{}", file.map_or("", |file| file.path.as_str()), place.line)
        };
        deciding(decision, &self.view, &label).lines().map(str::to_owned).collect()
    }

    fn settled(&self) -> Settled<'_> {
        Settled { is_disjoint: self.is_disjoint, verdicts: &self.verdicts }
    }

    /// What a target costs here.
    pub(crate) fn price(&self, target: &str) -> Option<Price> {
        let catalogue = &self.policy.catalogue;
        catalogue.find_target(target).and_then(|id| catalogue.target(id).price)
    }
}

/// The policy that a command line names, with its sources.
///
/// # Errors
/// When it cannot be read or has errors, which are drawn on standard error.
pub(crate) fn read(
    named: Named,
    as_of: Instant,
    terminal: Terminal,
) -> Result<(Arc<Policy>, Sources), Failure> {
    let Named { shown, given } = named;
    match given {
        Given::Built(bytes) => {
            let policy = portable::read(&bytes).map_err(|unusable| {
                Failure::new(format!("`{}` cannot be used: {unusable}", shown.display()))
                    .mend("build it again: `wayleave build POLICY -o FILE`")
            })?;
            let sources = policy.sources();
            Ok((policy, sources))
        }
        Given::Sources(sources) => Ok((checked(&sources, &shown, as_of, terminal)?, sources)),
    }
}

fn checked(
    sources: &Sources,
    shown: &std::path::Path,
    as_of: Instant,
    terminal: Terminal,
) -> Result<Arc<Policy>, Failure> {
    let mut found = check(sources, &Options { as_of });
    found.diagnostics.retain(|told| told.severity == Severity::Error);
    found.policy.ok_or_else(|| {
        note(&render_human(&found.diagnostics, sources, terminal.error_style()));
        let counts = Counts::of(&found.diagnostics);
        Failure::new(format!("the policy `{}` has {counts}", shown.display()))
            .mend("mend what is shown above")
    })
}

impl Compared {
    /// Compares two policies from a day on.
    pub(crate) fn of(old: Side, new: Side, as_of: Instant) -> Compared {
        let change = Waiting::with("comparing", |progress| {
            let settled = Some([old.settled(), new.settled()]);
            compare(&old.policy, &new.policy, as_of, settled, progress)
        });
        Compared { old, new, change }
    }
}

/// `$1.25 in, $10 out`
pub(crate) fn price(price: Option<Price>) -> String {
    match price {
        Some(price) => {
            let more = [
                (price.cached, "cached"),
                (price.cache_write, "written to the cache"),
                (price.reasoning, "reasoning"),
            ];
            let more = more.iter().filter_map(|(price, of)| Some(format!(", {} {of}", usd((*price)?))));
            let more: String = more.collect();
            format!("{} in, {} out{more} per 1M tokens", usd(price.input), usd(price.output))
        }
        None => "no price".to_owned(),
    }
}

/// `$1.25`
pub(crate) fn usd(UsdMicros(micros): UsdMicros) -> String {
    let (whole, rest) = (micros / 1_000_000, micros % 1_000_000);
    let decimals = format!("{rest:06}");
    let decimals = decimals.trim_end_matches('0');
    match decimals.len() {
        0 => format!("${whole}"),
        1 => format!("${whole}.{decimals}0"),
        _ => format!("${whole}.{decimals}"),
    }
}

/// "a region", "3 regions"
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
