//! Approvals that have ended, or end soon.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Approve, Policy, Rule};
use wayleave_program::value::Instant;
use wayleave_program::zone::Zone;

const SECONDS_PER_DAY: i64 = 86_400;

/// An approval that ends so soon wants its owner's attention.
const DAYS_AHEAD: i64 = 30;

/// Approvals that have ended, or end within 30 days.
pub(super) fn ending(policy: &Policy, as_of: Instant) -> Vec<Diagnostic> {
    let zone = &policy.schema.zone;
    policy.approvals.iter().filter_map(|approval| ending_one(approval, zone, as_of)).collect()
}

fn ending_one(approval: &Rule<Approve>, zone: &Zone, as_of: Instant) -> Option<Diagnostic> {
    let (until, at) = (approval.period.until?, approval.body.until_at?);
    let days = (until.0 - as_of.0).div_euclid(SECONDS_PER_DAY);
    if days >= DAYS_AHEAD {
        return None;
    }
    let name = &approval.name;
    let date = zone.write_date(until);
    let (message, label) = match days {
        ..0 => (format!("`approve {name}` has ended on {date} and approves nothing"), "in the past"),
        0 => (format!("`approve {name}` ends within a day"), "ends here"),
        1 => (format!("`approve {name}` ends on {date}, in a day"), "ends here"),
        days => (format!("`approve {name}` ends on {date}, in {days} days"), "ends here"),
    };
    let owner =
        approval.body.owner.as_ref().map(|owner| format!(" with its owner `{owner}`")).unwrap_or_default();
    let help = format!("renew it{owner}, or remove it");
    Some(Diagnostic::new(Code::R0310, message, at, label).with_help(help))
}
