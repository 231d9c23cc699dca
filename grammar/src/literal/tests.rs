//! Every shape of literal with its value, and what is none.

use super::{LiteralValue, Problem, classify, quote, read, unquote};
use crate::SyntaxKind;

fn number(text: &str) -> Result<LiteralValue, Problem> {
    read(classify(text), text)
}

#[test]
fn numbers_have_the_value_of_their_unit() {
    for (text, value) in [
        ("8000", LiteralValue::Integer(8000)),
        ("128_000", LiteralValue::Integer(128_000)),
        ("8k", LiteralValue::Integer(8000)),
        ("1M", LiteralValue::Integer(1_000_000)),
        ("8Ki", LiteralValue::Integer(8192)),
        ("18446744073709551615", LiteralValue::Integer(u64::MAX)),
        ("$2.50", LiteralValue::MoneyUsdMicros(2_500_000)),
        ("$0.000001", LiteralValue::MoneyUsdMicros(1)),
        ("5%", LiteralValue::SharePpm(50_000)),
        ("0.5%", LiteralValue::SharePpm(5000)),
        ("250ms", LiteralValue::DurationMs(250)),
        ("30s", LiteralValue::DurationMs(30_000)),
        ("5min", LiteralValue::DurationMs(300_000)),
        ("2h", LiteralValue::DurationMs(7_200_000)),
        ("7d", LiteralValue::DurationMs(604_800_000)),
        ("09:30", LiteralValue::TimeOfDayMinutes(570)),
    ] {
        assert_eq!(number(text), Ok(value), "{text}");
    }
}

#[test]
fn what_does_not_fit_has_no_value() {
    for text in [
        "18446744073709551616",
        "18446744073709551615k",
        "$0.0000001",
        "$18446744073710",
        "0.00001%",
        "213503982335d",
        "1m",
        "1K",
        "5sec",
        "0.5",
        "1_",
        "$",
        "$1k",
        "24:00",
        "9:00",
        "2027-02-29",
        "2027-13-01",
        "0000-01-01",
        "01.02.2027",
        "2027-06-30T09:00",
        "2027-06-30T25:00Z",
        "1-2",
        "8k-x",
        "%",
    ] {
        assert!(number(text).is_err(), "{text}");
    }
}

#[test]
fn dates_exist() {
    assert!(number("2028-02-29").is_ok() && number("2000-02-29").is_ok() && number("1900-02-29").is_err());
    let Ok(LiteralValue::Instant(instant)) = number("2027-06-30T09:05:07-02:30") else {
        panic!("an instant")
    };
    assert_eq!((instant.date.year, instant.date.month, instant.date.day), (2027, 6, 30));
    assert_eq!((instant.hour, instant.minute, instant.second, instant.offset_minutes), (9, 5, 7, -150));
}

#[test]
fn strings_say_what_stands_between_their_quotes() {
    let string = |text: &str| read(SyntaxKind::String, text);
    let expected = LiteralValue::Text("a\"\\\n\té€".to_owned());
    assert_eq!(string("\"a\\\"\\\\\\n\\t\\u{e9}€\""), Ok(expected));
    for broken in
        ["\"a", "\"a\\\"", "\"", "\"\\q\"", "\"\\u{110000}\"", "\"\\u{}\"", "\"\\u41\"", "\"\\u{+41}\""]
    {
        assert!(string(broken).is_err(), "{broken}");
    }
    assert_eq!(unquote(&quote("a\"b\\c\nd")), "a\"b\\c\nd");
    let regex = LiteralValue::Regex { pattern: "\\b\"x\\d".to_owned(), is_any_case: true };
    assert_eq!(read(SyntaxKind::Regex, "r\"\\b\\\"x\\d\"i"), Ok(regex));
}
