//! Which decisions of the log are asked for: from flags to a filter.

use crate::args::{Decided, Selection};
use crate::output::Failure;
use crate::{duration, environment};
use wayleave_program::instant;
use wayleave_runtime::record::Outcome;
use wayleave_runtime::store::Filter;

/// The filter that the flags say.
///
/// # Errors
/// A name or a time that is none.
pub(crate) fn filter(select: &Selection) -> Result<Filter, Failure> {
    let outcome = select.outcome.as_deref().map(|name| {
        Outcome::find(name).ok_or_else(|| {
            let names: Vec<&str> = Outcome::ALL.iter().map(|outcome| outcome.name()).collect();
            Failure::new(format!("`{name}` is not how a request ends"))
                .mend(format!("there are {}", names.join(", ")))
        })
    });
    let decided = select.decision.map(|decided| match decided {
        Decided::Route => "route".to_owned(),
        Decided::Deny => "deny".to_owned(),
    });
    Ok(Filter {
        caller: select.caller.clone(),
        team: select.team.clone(),
        app: select.app.clone(),
        model: select.model.clone(),
        route: select.route.clone(),
        target: select.target.clone(),
        outcome: outcome.transpose()?,
        decided,
        id_prefix: None,
        since_ms: select.since.as_deref().map(since).transpose()?,
        until_ms: None,
    })
}

/// A date or an instant, or how long ago.
fn since(text: &str) -> Result<i64, Failure> {
    if let Some(instant) = instant::read(text) {
        return Ok(instant.0.saturating_mul(1000));
    }
    let ago = duration::read(text).and_then(|ago| i64::try_from(ago.as_millis()).ok()).ok_or_else(|| {
        Failure::new(format!("`{text}` is neither a date nor a duration")).mend("write 2027-06-30, or 15min")
    })?;
    Ok(environment::now_ms().saturating_sub(ago))
}
