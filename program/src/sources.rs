//! From the texts that credentials, headers and metadata hold to an attribute's value: one reading for the proxy and
//! for request documents. Holds no request's values and does no I/O.

use crate::instant;
use crate::schema::{Attribute, Combine, NamedType, Origin, Shape, Source, Type};
use crate::value::{MinuteOfDay, Share, Tokens, Value};

/// A value that is present but not of its attribute's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadValue {
    /// The attribute's name.
    pub attribute: String,
    /// Where the value came from, where that is known.
    pub source: Option<Source>,
    /// What is allowed: `public, internal or restricted`, `a whole number of tokens`.
    pub allowed: String,
}

impl std::fmt::Display for BadValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let source =
            self.source.as_ref().map(|source| format!(", from {}", source.label())).unwrap_or_default();
        write!(f, "the value of `{}`{source} must be {}", self.attribute, self.allowed)
    }
}

/// What values of a type are, in words.
pub fn allowed(value_type: &Type) -> String {
    match value_type {
        Type::Text | Type::Model => "a text".to_owned(),
        Type::TextSet => "a list of texts".to_owned(),
        Type::NamedSet(named) => format!("a list of {}", one_of(named)),
        Type::Named(named) => one_of(named),
        Type::Bool => "true or false".to_owned(),
        Type::Tokens => "a whole number of tokens".to_owned(),
        Type::Instant => "an instant as 2027-06-30 or 2027-06-30T09:00Z".to_owned(),
        Type::TimeOfDay => "a time of day as 09:00".to_owned(),
        Type::Share => "a percentage as \"85%\"".to_owned(),
        Type::Parts => "a text, or a list of texts".to_owned(),
    }
}

/// More names than this are cut off in messages.
const NAMES_SHOWN: usize = 12;

fn one_of(named: &NamedType) -> String {
    let names: Vec<&str> = named.members.iter().map(|member| member.name.as_str()).collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [only] => (*only).to_owned(),
        many if many.len() > NAMES_SHOWN => format!("a member of `{}`", named.name),
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
    }
}

/// Reads one text as a value of a type; the members of a set are separated by commas. The error is what is allowed.
pub fn read_text(value_type: &Type, text: &str) -> Result<Value, String> {
    let trimmed = text.trim();
    let value = match value_type {
        Type::Text | Type::Model => Some(Value::Text(text.to_owned())),
        Type::TextSet => Some(Value::Set(members(trimmed))),
        Type::NamedSet(named) => {
            let given = members(trimmed);
            given.iter().all(|name| named.member(name).is_some()).then_some(Value::Set(given))
        }
        Type::Named(named) => named.member(trimmed).map(Value::Member),
        Type::Bool => trimmed.parse().ok().map(Value::Bool),
        Type::Tokens => trimmed.parse().ok().map(|count| Value::Tokens(Tokens(count))),
        Type::Instant => instant::read(trimmed).map(Value::Instant),
        Type::TimeOfDay => read_minute(trimmed).map(Value::TimeOfDay),
        Type::Share => read_share(trimmed).map(Value::Share),
        Type::Parts => Some(Value::Parts(vec![text.to_owned()])),
    };
    value.ok_or_else(|| allowed(value_type))
}

/// Reads `09:00`.
fn read_minute(text: &str) -> Option<MinuteOfDay> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| -> Option<u32> {
        let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { text.parse().ok() } else { None }
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    (hour < 24 && minute < 60).then_some(MinuteOfDay(hour * 60 + minute))
}

/// Reads `85%` and `0.5%`, to the millionth of the whole.
pub fn read_share(text: &str) -> Option<Share> {
    const DECIMALS: usize = 4;
    let (whole, decimals) = text.strip_suffix('%')?.split_once('.').unwrap_or((text.strip_suffix('%')?, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(decimals) || decimals.len() > DECIMALS {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let decimals: u64 = format!("{decimals:0<DECIMALS$}").parse().ok()?;
    Some(Share(whole.checked_mul(10_000)?.checked_add(decimals)?))
}

/// Writes `85%`, with as many decimals as it has.
pub fn write_share(share: Share) -> String {
    let (whole, decimals) = (share.0 / 10_000, share.0 % 10_000);
    let decimals = format!("{decimals:04}");
    let text = format!("{whole}.{decimals}");
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

fn members(text: &str) -> std::collections::BTreeSet<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// `caller.team` from a credential: a team that the tree lacks, or none, is [`Value::Unknown`]; without a tree it is
/// text, empty for none.
pub fn read_team(value_type: &Type, team: Option<&str>) -> Value {
    match value_type {
        Type::Named(named) => team.and_then(|team| named.member(team)).map_or(Value::Unknown, Value::Member),
        _ => Value::Text(team.unwrap_or_default().to_owned()),
    }
}

/// The value of a declared attribute from its sources: `texts` holds what each of them says, in the order of the
/// declaration, none where it says nothing. None when no source says anything.
///
/// For `highest` and `lowest` a missing source counts as the default, so that one that is present can raise (or lower)
/// the value and never the other way round.
///
/// # Panics
/// When `texts` is not as long as the attribute's list of sources.
pub fn combine(attribute: &Attribute, texts: &[Option<&str>]) -> Result<Option<Value>, BadValue> {
    let Origin::Sources(sources, combine) = &attribute.origin else { return Ok(None) };
    assert_eq!(sources.len(), texts.len(), "one text for each source of `{}`", attribute.name);
    if texts.iter().all(Option::is_none) {
        return Ok(None);
    }
    let mut values = Vec::with_capacity(texts.len());
    for (source, text) in sources.iter().zip(texts) {
        let value = text.map(|text| read_text(&attribute.value_type, text)).transpose();
        values.push(value.map_err(|allowed| BadValue {
            attribute: attribute.name.clone(),
            source: Some(source.clone()),
            allowed,
        })?);
    }
    let or_default = |value: Option<Value>| value.or_else(|| attribute.default.clone());
    Ok(match combine {
        Combine::First => values.into_iter().flatten().next(),
        Combine::Highest => values.into_iter().filter_map(or_default).max_by_key(rank),
        Combine::Lowest => values.into_iter().filter_map(or_default).min_by_key(rank),
    })
}

/// Where a value stands on its scale.
fn rank(value: &Value) -> i64 {
    match value {
        Value::Member(member) => i64::from(member.0),
        Value::Tokens(Tokens(count)) => i64::try_from(*count).unwrap_or(i64::MAX),
        Value::Instant(instant) => instant.0,
        Value::Bool(is_true) => i64::from(*is_true),
        Value::Share(share) => i64::try_from(share.0).unwrap_or(i64::MAX),
        Value::TimeOfDay(minute) => i64::from(minute.0),
        Value::Text(_) | Value::Set(_) | Value::Unknown | Value::Money(_) | Value::Parts(_) => 0,
    }
}

/// Whether values of a type stand in an order, so that `combine highest` and `lowest` mean something.
pub fn is_ordered(value_type: &Type) -> bool {
    match value_type {
        Type::Named(named) => named.shape == Shape::Scale,
        Type::Tokens | Type::Instant | Type::Bool | Type::TimeOfDay | Type::Share => true,
        Type::Text | Type::Model | Type::TextSet | Type::NamedSet(_) | Type::Parts => false,
    }
}
