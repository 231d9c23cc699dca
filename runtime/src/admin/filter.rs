//! What the form above the decisions asks for: read from an address, written into one.

use crate::record::Outcome;
use crate::store::Filter;
use serde::Deserialize;
use wayleave_program::instant;

/// Spans of time to look back at: as the address has them, as the form says them, in milliseconds.
pub(super) const SPANS: [(&str, &str, i64); 4] = [
    ("15m", "last 15 minutes", 15 * 60_000),
    ("1h", "last hour", 3_600_000),
    ("24h", "last 24 hours", 86_400_000),
    ("7d", "last 7 days", 7 * 86_400_000),
];

/// Seconds between two loads of a page: often enough to watch, seldom enough to read.
const REFRESH_S: std::ops::RangeInclusive<u32> = 2..=3_600;

/// Words of an address; an empty one asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub(super) id: String,
    pub(super) team: String,
    pub(super) app: String,
    pub(super) caller: String,
    pub(super) model: String,
    pub(super) route: String,
    pub(super) target: String,
    pub(super) outcome: String,
    pub(super) decision: String,
    pub(super) within: String,
    /// A date or an instant; not before it.
    pub(super) since: String,
    /// A date or an instant; before it.
    pub(super) until: String,
    /// Seconds after which the page is loaded again.
    pub(super) refresh: String,
    /// The row before which to go on.
    pub(super) before: String,
    /// At most so many; for the API.
    pub(super) limit: String,
    /// Columns of a summary; for the API.
    pub(super) by: String,
}

/// A word of the address that is not of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadWord {
    pub(super) name: &'static str,
    pub(super) allowed: String,
}

impl std::fmt::Display for BadWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` must be {}", self.name, self.allowed)
    }
}

/// What a policy can decide.
pub(super) const DECISIONS: [&str; 4] = ["route", "deny", "approval-required", "limited"];

impl Asked {
    /// As the store is asked.
    pub(super) fn filter(&self, now_ms: i64) -> Result<Filter, BadWord> {
        let outcome = match self.outcome.as_str() {
            "" => None,
            name => Some(Outcome::find(name).ok_or_else(|| BadWord { name: "outcome", allowed: names() })?),
        };
        if !self.decision.is_empty() && !DECISIONS.contains(&self.decision.as_str()) {
            return Err(BadWord { name: "decision", allowed: DECISIONS.join(", ") });
        }
        let within_ms = match self.within.as_str() {
            "" => None,
            word => {
                let span = SPANS.iter().find(|(name, ..)| *name == word);
                let allowed = SPANS.map(|(name, ..)| name).join(", ");
                Some(now_ms - span.ok_or(BadWord { name: "within", allowed })?.2)
            }
        };
        Ok(Filter {
            caller: given(&self.caller),
            team: given(&self.team),
            app: given(&self.app),
            model: given(&self.model),
            route: given(&self.route),
            target: given(&self.target),
            decided: given(&self.decision),
            id_prefix: given(&self.id),
            outcome,
            // Of two beginnings the later one.
            since_ms: within_ms.max(moment("since", &self.since)?),
            until_ms: moment("until", &self.until)?,
        })
    }

    /// Seconds after which the page is loaded again; none for never.
    pub(super) fn refresh_s(&self) -> Result<Option<u32>, BadWord> {
        let seconds = whole::<u32>("refresh", &self.refresh)?;
        match seconds {
            Some(given) if !REFRESH_S.contains(&given) => {
                let (least, most) = (REFRESH_S.start(), REFRESH_S.end());
                Err(BadWord { name: "refresh", allowed: format!("between {least} and {most} seconds") })
            }
            _ => Ok(seconds),
        }
    }

    /// The row before which to go on.
    pub(super) fn row(&self) -> Result<Option<i64>, BadWord> {
        whole("before", &self.before)
    }

    /// How many are asked for, between 1 and `most`.
    pub(super) fn limit(&self, usual: u32, most: u32) -> Result<u32, BadWord> {
        let limit = whole::<u32>("limit", &self.limit)?.unwrap_or(usual);
        if (1..=most).contains(&limit) {
            Ok(limit)
        } else {
            Err(BadWord { name: "limit", allowed: format!("between 1 and {most}") })
        }
    }

    /// Whether any field of the form is filled.
    pub(super) fn is_narrow(&self) -> bool {
        self.fields().iter().any(|(name, value)| *name != "refresh" && !value.is_empty())
    }

    /// The address of the decisions that are asked for, from the newest or from before a row.
    pub(super) fn href(&self, before: Option<i64>) -> String {
        let row = before.map(|row| row.to_string()).unwrap_or_default();
        let mut href = String::from("/");
        for (name, value) in self.fields().into_iter().chain([("before", row.as_str())]) {
            if !value.is_empty() {
                href.push(if href.len() == 1 { '?' } else { '&' });
                href.push_str(name);
                href.push('=');
                encode(value, &mut href);
            }
        }
        href
    }

    fn fields(&self) -> [(&'static str, &str); 13] {
        [
            ("id", &self.id),
            ("team", &self.team),
            ("app", &self.app),
            ("caller", &self.caller),
            ("model", &self.model),
            ("route", &self.route),
            ("target", &self.target),
            ("outcome", &self.outcome),
            ("decision", &self.decision),
            ("within", &self.within),
            ("since", &self.since),
            ("until", &self.until),
            ("refresh", &self.refresh),
        ]
    }
}

fn names() -> String {
    format!("one of {}", Outcome::ALL.map(Outcome::name).join(", "))
}

fn given(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn moment(name: &'static str, text: &str) -> Result<Option<i64>, BadWord> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let instant = instant::read(text).ok_or_else(|| BadWord {
        name,
        allowed: "a date or an instant, such as 2027-06-30 or 2027-06-30T09:00Z".to_owned(),
    })?;
    Ok(Some(instant.0.saturating_mul(1_000)))
}

fn whole<T: std::str::FromStr>(name: &'static str, text: &str) -> Result<Option<T>, BadWord> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| BadWord { name, allowed: "a whole number".to_owned() })
}

/// RFC 3986, section 2: all but unreserved characters in percent form.
pub(super) fn encode(text: &str, address: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            address.push('%');
            address.push(char::from(HEX[usize::from(byte >> 4)]));
            address.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_asked() {
        let asked = Asked { team: "a&b c".to_owned(), outcome: "ok".to_owned(), ..Asked::default() };
        assert_eq!(asked.href(Some(7)), "/?team=a%26b%20c&outcome=ok&before=7");
        assert_eq!(Asked::default().href(None), "/");
        let filter = asked.filter(0).expect("a filter");
        assert_eq!((filter.team.as_deref(), filter.outcome), (Some("a&b c"), Some(Outcome::Ok)));
        assert!(asked.is_narrow() && !Asked::default().is_narrow());
        let watching = Asked { refresh: "5".to_owned(), ..Asked::default() };
        assert!(!watching.is_narrow() && watching.href(None) == "/?refresh=5");
        let spans = Asked {
            within: "1h".to_owned(),
            since: "2026-01-01".to_owned(),
            until: "2026-01-02T00:00Z".to_owned(),
            ..Asked::default()
        };
        let filter = spans.filter(1_767_226_600_000).expect("a filter");
        assert_eq!((filter.since_ms, filter.until_ms), (Some(1_767_225_600_000), Some(1_767_312_000_000)));
    }

    #[test]
    fn wrong_words_are_told() {
        let wrong = |asked: Asked| asked.filter(0).map(|_| ()).map_err(|bad| bad.name);
        assert_eq!(wrong(Asked { outcome: "fine".to_owned(), ..Asked::default() }), Err("outcome"));
        assert_eq!(wrong(Asked { decision: "maybe".to_owned(), ..Asked::default() }), Err("decision"));
        assert_eq!(wrong(Asked { within: "1y".to_owned(), ..Asked::default() }), Err("within"));
        assert_eq!(wrong(Asked { since: "soon".to_owned(), ..Asked::default() }), Err("since"));
        assert_eq!(wrong(Asked { until: "2026-13-01".to_owned(), ..Asked::default() }), Err("until"));
        for refresh in ["0", "1", "3601", "-5", "5s"] {
            assert!(Asked { refresh: refresh.to_owned(), ..Asked::default() }.refresh_s().is_err());
        }
        assert!(Asked { before: "x".to_owned(), ..Asked::default() }.row().is_err());
        assert!(Asked { limit: "0".to_owned(), ..Asked::default() }.limit(50, 100).is_err());
        assert_eq!(Asked::default().limit(50, 100), Ok(50));
    }
}
