//! Progress as a client meets it: asked for, agreed to or not, and ended.

use super::Progress;
use lsp_server::{Message, RequestId};
use serde_json::Value;

/// What a message says of the progress that it is about.
fn value(message: Option<Message>) -> Value {
    match message.expect("something is told") {
        Message::Notification(told) => told.params["value"].clone(),
        other => panic!("progress was due: {other:?}"),
    }
}

fn asked(progress: &mut Progress) -> RequestId {
    match progress.ask() {
        Message::Request(request) => request.id,
        other => panic!("a request was due: {other:?}"),
    }
}

#[test]
fn it_begins_when_the_client_agrees_never_goes_back_and_ends() {
    let mut progress = Progress::default();
    let id = asked(&mut progress);
    assert!(progress.step("early", 1, 10).is_none(), "nobody has agreed");
    assert!(progress.agreed(&RequestId::from("other".to_owned()), true).is_none());
    assert_eq!(value(progress.agreed(&id, true))["kind"], "begin");
    assert_eq!(value(progress.step("rules", 5, 10))["percentage"], 50);
    assert_eq!(value(progress.step("late", 3, 10))["percentage"], 50);
    assert_eq!(value(progress.end())["kind"], "end");
    assert!(progress.end().is_none(), "it ends once");
}

#[test]
fn the_token_of_a_client_that_does_not_agree_is_not_used_and_the_next_is_another() {
    let mut progress = Progress::default();
    let id = asked(&mut progress);
    assert!(progress.agreed(&id, false).is_none());
    assert!(progress.step("rules", 5, 10).is_none());
    assert!(progress.end().is_none());
    assert!(!progress.is_wanted());
    let other = asked(&mut progress);
    assert_ne!(id, other);
    assert!(progress.agreed(&id, true).is_none(), "an answer that comes late is to another question");
}

#[test]
fn what_ends_before_the_client_agrees_is_never_shown() {
    let mut progress = Progress::default();
    let id = asked(&mut progress);
    assert!(progress.end().is_none());
    assert!(progress.agreed(&id, true).is_none());
}
