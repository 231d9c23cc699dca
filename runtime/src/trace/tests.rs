//! The standard's own examples of what is a `traceparent` and what is none, and ids of callers.

use super::{Trace, caller_id};
use http::{HeaderMap, HeaderName, HeaderValue};

const RANDOM: [u8; 24] = [7; 24];

const CALLERS: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"))
    };
    // As `extend` does, with what stands twice kept twice.
    let mut map = HeaderMap::new();
    for (name, value) in pairs.iter().map(pair) {
        map.append(name, value);
    }
    map
}

#[test]
fn a_callers_trace_goes_on_with_a_part_of_ours() {
    let trace =
        Trace::of_request(&headers(&[("traceparent", CALLERS), ("tracestate", "a=1, b@c=2 3")]), RANDOM);
    assert_eq!(trace.header(), "00-4bf92f3577b34da6a3ce929d0e0e4736-0707070707070707-01");
    assert_eq!(trace.parent_id.as_deref(), Some("00f067aa0ba902b7"));
    assert_eq!(trace.state.as_deref(), Some("a=1,b@c=2 3"));
    // Of a later version what is known counts; of the flags the one that is known.
    for later in [
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff",
    ] {
        let trace = Trace::of_request(&headers(&[("traceparent", later)]), RANDOM);
        assert_eq!(trace.header(), "00-4bf92f3577b34da6a3ce929d0e0e4736-0707070707070707-01", "{later}");
    }
}

#[test]
fn what_is_no_trace_begins_a_new_one() {
    let begins = |pairs: &[(&'static str, &str)]| {
        let trace = Trace::of_request(&headers(pairs), RANDOM);
        assert_eq!(trace.header(), "00-07070707070707070707070707070707-0707070707070707-00", "{pairs:?}");
        assert_eq!((trace.parent_id, trace.state), (None, None), "{pairs:?}");
    };
    begins(&[]);
    begins(&[("traceparent", CALLERS), ("traceparent", CALLERS)]);
    for wrong in [
        "",
        "00",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
        "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.what",
        "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01",
        " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ] {
        begins(&[("traceparent", wrong), ("tracestate", "a=1")]);
    }
}

#[test]
fn a_state_that_is_not_of_the_form_is_dropped_whole() {
    let many: Vec<String> = (0..33).map(|number| format!("k{number}=v")).collect();
    let long = format!("a={}", "x".repeat(257));
    for wrong in
        ["a", "A=1", "=1", "a=", "a=1,a=2", "a=1=2", "a@b@c=1", "a=\u{7f}", &many.join(","), &long, " , "]
    {
        let given = headers(&[("traceparent", CALLERS)]);
        let mut given = given;
        given.insert(
            "tracestate",
            HeaderValue::from_bytes(wrong.as_bytes()).unwrap_or(HeaderValue::from_static("a")),
        );
        assert_eq!(Trace::of_request(&given, RANDOM).state, None, "{wrong}");
    }
}

#[test]
fn a_callers_id_is_short_and_plain_or_none() {
    assert_eq!(caller_id(&headers(&[("x-request-id", "run-7/3")])).as_deref(), Some("run-7/3"));
    let long = "x".repeat(129);
    for wrong in ["", "a b", "a\tb", &long] {
        assert_eq!(caller_id(&headers(&[("x-request-id", wrong)])), None, "{wrong}");
    }
    assert_eq!(caller_id(&headers(&[("x-request-id", "a"), ("x-request-id", "a")])), None);
    assert_eq!(caller_id(&HeaderMap::new()), None);
}
