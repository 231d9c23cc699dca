//! Where a call meets a provider of another dialect, or of other habits: long bodies are translated beside the thread that serves
//! others, and what was left out is told.

use super::beside::{INLINE_BYTES, beside};
use crate::exchange::failure::Failure;
use crate::wire::answer::NoAnswer;
use crate::wire::call::Call;
use crate::wire::carry::{self, Crossing, NotAsked, Sent, Way};
use crate::wire::embeddings;
use crate::wire::translate::rules::is_known;
use crate::wire::translate::{self, CarriedAnswer, TargetFacts};
use bytes::Bytes;
use http::HeaderValue;
use std::sync::Arc;
use tokio::sync::Semaphore;
use wayleave_program::catalogue::{Protocol, Target};

/// The header that lists what was left out is no longer than this: proxies refuse long headers, and a body can have as many
/// unknown members as it likes.
const HEADER_LIMIT_BYTES: usize = 1_024;

/// So many names are kept of an attempt: a record is read by people.
const KEPT_NAMES: usize = 20;

/// What stands for a name that is not told.
pub(super) const OTHER: &str = "other";

/// The call as that target's provider gets it.
pub(super) async fn sent(
    call: &Call,
    body: &Bytes,
    (target, protocol): (&Target, Protocol),
    cap: Option<u64>,
    permits: &Arc<Semaphore>,
) -> Result<Sent, Failure> {
    let is_across = matches!(carry::way(call.api, protocol), Way::Across(_));
    let sent = if is_across && body.len() > INLINE_BYTES {
        let (call, body, target) = (call.clone(), body.clone(), target.clone());
        let carried = beside(permits, move || carry::carry(&call, &body, protocol, &facts(&target, cap)));
        carried.await.ok_or_else(|| Failure::no_answer("the request could not be translated"))?
    } else {
        carry::carry(call, body, protocol, &facts(target, cap))
    };
    sent.map_err(|why| match why {
        NotAsked::NotSpoken => Failure::not_spoken(call.api),
        NotAsked::CannotCarry(what) => Failure::cannot_carry(&what),
    })
}

fn facts(target: &Target, cap: Option<u64>) -> TargetFacts<'_> {
    TargetFacts { model: &target.remote, output_limit: target.output.0, cap }
}

/// A whole answer in the caller's dialect.
pub(super) async fn answer(
    crossing: Crossing,
    body: Bytes,
    created: u64,
    permits: &Arc<Semaphore>,
) -> Result<CarriedAnswer, NoAnswer> {
    if body.len() <= INLINE_BYTES {
        return translate::answer(crossing.from, &body, created);
    }
    let carried = beside(permits, move || translate::answer(crossing.from, &body, created));
    carried.await.unwrap_or(Err(NoAnswer::NotAnAnswer))
}

/// An answer with vectors that were asked for as base64 and came as numbers, which some SDKs would read as something else.
pub(super) async fn in_base64(body: Bytes, permits: &Arc<Semaphore>) -> Bytes {
    let told = if body.len() <= INLINE_BYTES {
        embeddings::in_base64(&body)
    } else {
        let body = body.clone();
        beside(permits, move || embeddings::in_base64(&body)).await.flatten()
    };
    told.map_or(body, Bytes::from)
}

/// The names for the caller: its own words, and those of a provider, as far as they are names. None where nothing was
/// left out.
pub(super) fn header(dropped: &[String]) -> Option<HeaderValue> {
    let is_name =
        |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    let names = dropped.iter().map(|name| if is_name(name) { name.as_str() } else { OTHER });
    let mut list = String::new();
    for name in once_each(names) {
        let separator = if list.is_empty() { "" } else { ", " };
        if list.len() + separator.len() + name.len() + ", ".len() + OTHER.len() > HEADER_LIMIT_BYTES {
            list.push_str(", ");
            list.push_str(OTHER);
            break;
        }
        list.push_str(separator);
        list.push_str(name);
    }
    HeaderValue::from_str(&list).ok().filter(|_| !list.is_empty())
}

/// The names for the record, which holds no word of a body: those that the dialects have. Empty where nothing was left out.
pub(super) fn kept(dropped: &[String]) -> String {
    let names = dropped.iter().map(|name| if is_known(name) { name.as_str() } else { OTHER });
    let mut names = once_each(names);
    if names.len() > KEPT_NAMES {
        names.truncate(KEPT_NAMES - 1);
        names.push(OTHER);
    }
    if names.is_empty() { String::new() } else { format!("without {}", names.join(", ")) }
}

fn once_each<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut once = Vec::new();
    for name in names {
        if !once.contains(&name) {
            once.push(name);
        }
    }
    once
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn told(dropped: &[String]) -> Option<String> {
        header(dropped).map(|value| value.to_str().expect("visible ASCII").to_owned())
    }

    #[test]
    fn a_caller_is_told_its_names_and_nothing_that_is_none() {
        assert_eq!(told(&[]), None);
        let dropped = names(&["seed", "messages.name", "a\r\nset-cookie: b", "grün", "mine"]);
        assert_eq!(told(&dropped).as_deref(), Some("seed, messages.name, other, mine"));
        let many: Vec<String> = (0..100).map(|number| format!("{}{number}", "x".repeat(60))).collect();
        let told = told(&many).expect("names");
        assert!(told.len() <= HEADER_LIMIT_BYTES && told.ends_with(", other"), "{told}");
    }

    /// threat-T18: what a caller writes into a name is not kept.
    #[test]
    fn a_record_keeps_the_words_of_the_dialects_alone() {
        assert_eq!(kept(&[]), "");
        let dropped = names(&["seed", "messages.name", "metadata.ann", "mine", "tools.function.deep"]);
        assert_eq!(kept(&dropped), "without seed, messages.name, other");
    }

    fn target() -> Target {
        Target {
            provider: wayleave_program::catalogue::ProviderId(0),
            name: "a/b".to_owned(),
            model: "b".to_owned(),
            remote: "b-1".to_owned(),
            supports: Vec::new(),
            context: wayleave_program::value::Tokens(100),
            output: wayleave_program::value::Tokens(50),
            price: None,
        }
    }

    /// threat-T23: as many long bodies are translated at once as there are permits, and the others wait.
    #[tokio::test]
    async fn long_bodies_wait_for_a_permit() {
        let permits = Arc::new(Semaphore::new(1));
        let permit = Arc::clone(&permits).acquire_owned().await.expect("it is not closed");
        let mut waiting = Box::pin(beside(&permits, || 7));
        assert!((&mut waiting).now_or_never().is_none());
        assert_eq!(permits.available_permits(), 0);
        drop(permit);
        assert_eq!(waiting.await, Some(7));
        assert_eq!(permits.available_permits(), 1);
        assert_eq!(beside(&permits, || -> u8 { panic!("a mistake") }).await, None);
        assert_eq!(permits.available_permits(), 1);
    }

    /// A body that is translated beside the thread becomes what it would on it, and so does an answer.
    #[tokio::test]
    async fn a_long_body_is_carried_as_a_short_one() {
        let permits = Arc::new(Semaphore::new(1));
        let text = "word ".repeat(INLINE_BYTES);
        let body = format!(r#"{{"model":"m","seed":1,"messages":[{{"role":"user","content":"{text}"}}]}}"#);
        let body = Bytes::from(body);
        let call = crate::wire::call::read(crate::wire::Api::Chat, &body).expect("a chat");
        let carried = carry::carry(&call, &body, Protocol::Anthropic, &facts(&target(), Some(9)));
        let sent = sent(&call, &body, (&target(), Protocol::Anthropic), Some(9), &permits).await;
        assert_eq!(sent.as_ref().ok(), carried.as_ref().ok());
        let sent = sent.expect("it can be carried");
        assert_eq!((sent.api, sent.dropped), (crate::wire::Api::Messages, names(&["seed"])));
        let crossing = sent.crossing.expect("another dialect");
        let whole =
            format!(r#"{{"id":"a","content":[{{"type":"text","text":"{text}"}}],"stop_reason":"end_turn"}}"#);
        let whole = Bytes::from(whole);
        let told = answer(crossing, whole.clone(), 1, &permits).await;
        assert!(told.is_ok() && told == translate::answer(crossing.from, &whole, 1));
    }
}
