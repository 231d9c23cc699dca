//! Who counts, what is refused, and that every setting sets something.

use super::{Default, Origin, SETTINGS, misspelt, resolve};
use std::path::{Path, PathBuf};
use std::time::Duration;
use wayleave_runtime::settings::{Access, Settings};

const FILE: &str = "policies/wayleave.toml";

fn number(name: &str) -> usize {
    SETTINGS.iter().position(|setting| setting.name == name).expect("a setting")
}

fn nobody(_: &str) -> Option<String> {
    None
}

/// What is wrong with a file, as it is told.
fn wrong(text: &str) -> Vec<String> {
    let resolved = resolve(&[], nobody, Some((Path::new(FILE), text)));
    resolved
        .problems
        .iter()
        .map(|problem| format!("{}: {}; {}", problem.origin, problem.what, problem.mend))
        .collect()
}

#[test]
fn a_flag_counts_before_a_variable_before_a_file_before_the_default() {
    let file = "[timeouts]\nidle = \"3s\"\ntotal = \"3s\"\ndrain = \"3s\"\n";
    let variable = |name: &str| match name {
        "WAYLEAVE_TIMEOUTS_IDLE" | "WAYLEAVE_TIMEOUTS_TOTAL" => Some("2s".to_owned()),
        "WAYLEAVE_TIMEOUTS_DRAIN" => Some(String::new()),
        _ => None,
    };
    let flags = [(number("timeouts.idle"), "9s".to_owned()), (number("timeouts.idle"), "1s".to_owned())];
    let resolved = resolve(&flags, variable, Some((Path::new(FILE), file)));
    assert_eq!(resolved.problems, []);
    let timeouts = resolved.told.settings.timeouts;
    let seconds = [timeouts.idle, timeouts.total, timeouts.drain, timeouts.write].map(|time| time.as_secs());
    assert_eq!(seconds, [1, 2, 3, 30]);
    let origin = |name: &str| resolved.in_force[number(name)].origin.to_string();
    assert_eq!(origin("timeouts.idle"), "--timeouts-idle");
    assert_eq!(origin("timeouts.total"), "WAYLEAVE_TIMEOUTS_TOTAL");
    assert_eq!(origin("timeouts.drain"), "policies/wayleave.toml:4:9");
    assert_eq!(origin("timeouts.write"), "default");
}

#[test]
fn the_defaults_are_those_of_the_runtime() {
    let told = resolve(&[], nobody, None).told;
    let listen = "127.0.0.1:4180".parse().expect("an address");
    let standard = Settings::standard(listen, Access::Keys);
    assert_eq!(format!("{:?}", told.settings), format!("{standard:?}"));
}

#[test]
fn every_setting_sets_something() {
    let before = format!("{:?}", resolve(&[], nobody, None).told);
    for (number, setting) in SETTINGS.iter().enumerate() {
        let other = match setting.default {
            Default::Text("true") => "false",
            Default::Text("false") => "true",
            Default::Text(text) if text.contains(':') => "127.0.0.1:9",
            Default::Text(text) if text.contains("iB") => "77KiB",
            Default::Text(text) if text.ends_with(|last: char| last.is_ascii_digit()) => "77",
            Default::Text(_) => "77ms",
            Default::Words(_) if setting.name == "memory-limit" => "77MiB",
            Default::Words(_) if setting.name == "threads" => "77",
            Default::Words(_) => "some.file",
        };
        let resolved = resolve(&[(number, other.to_owned())], nobody, None);
        assert_ne!(format!("{:?}", resolved.told), before, "{}", setting.name);
    }
}

#[test]
fn a_file_names_what_is_beside_it() {
    let file = "store = \"gateway.db\"\nupstream-ca = \"/etc/ca.pem\"\n";
    let told = resolve(&[], nobody, Some((Path::new(FILE), file))).told;
    assert_eq!(told.store, Some(PathBuf::from("policies/gateway.db")));
    assert_eq!(told.upstream_ca, Some(PathBuf::from("/etc/ca.pem")));
    let flags = [(number("store"), "gateway.db".to_owned())];
    assert_eq!(resolve(&flags, nobody, None).told.store, Some(PathBuf::from("gateway.db")));
}

#[test]
fn mistakes_are_told_with_their_place_and_a_next_step() {
    for (text, told) in [
        (
            "listn = \"127.0.0.1:1\"",
            "1:1: `listn` is no setting; write `listen`, before the first table, if that is meant",
        ),
        (
            "\n[timeouts]\nidel = \"3s\"",
            "3:1: `timeouts.idel` is no setting; write `idle` below [timeouts] if that is meant",
        ),
        ("idle = \"3s\"", "1:1: `idle` is no setting; write `idle` below [timeouts] if that is meant"),
        (
            "[tls]\nlisten = \"127.0.0.1:1\"",
            "2:1: `tls.listen` is no setting; write `listen`, before the first table, if that is meant",
        ),
        ("zzz = 1", "1:1: `zzz` is no setting; the settings are listed by `wayleave serve --check-settings`"),
        ("listen = 80", "1:10: `listen` cannot be an integer; write it as listen = \"127.0.0.1:4180\""),
        ("open = \"true\"", "1:8: `open` cannot be a string; write it as open = true"),
        ("timeouts = 3", "1:12: `timeouts` cannot be an integer; write its settings below a line [timeouts]"),
        (
            "[timeouts]\ndrain = 30",
            "2:9: `timeouts.drain` cannot be an integer; write it as timeouts.drain = \"30s\"",
        ),
        (
            "[timeouts]\ndrain = \"30 seconds\"",
            "2:9: `30 seconds` is not a duration; write it as 30s or 5min",
        ),
        (
            "[timeouts]\ndrain = \"0s\"",
            "2:9: `timeouts.drain` cannot be 0s; write a duration from 1ms to 24h",
        ),
        ("body-limit = \"2GiB\"", "1:14: `body-limit` cannot be 2GiB; write a size from 1KiB to 1GiB"),
        ("header-limit = 4096", "1:16: `header-limit` cannot be 4096; write a size from 8KiB to 1MiB"),
        ("streams-limit = 0", "1:17: `streams-limit` cannot be 0; write a number from 1 to 1000000"),
        ("[retries]\npercent = 500", "2:11: `retries.percent` cannot be 500; write a number from 0 to 100"),
        (
            "streams-limit = 0x10",
            "1:17: `streams-limit` cannot be an integer; write it as streams-limit = 4096",
        ),
        ("body-limit = [1]", "1:14: `body-limit` cannot be an array; write it as body-limit = \"16MiB\""),
        (
            "open = true\nlisten = \"0.0.0.0:1\"",
            "1:8: `open` lets everybody in without a key, and 0.0.0.0:1 is not this machine alone; listen on 127.0.0.1, or leave it out and issue keys: wayleave keys add --id alice",
        ),
        (
            "admin = \"[::]:1\"",
            "1:9: the console has no sign-in, and [::]:1 is not this machine alone; show it on 127.0.0.1, and reach it from elsewhere through ssh -L",
        ),
        (
            "[tls]\nkey = \"a\"",
            "2:7: a key stands here without its certificate; name the file of its certificate with `tls.certificate`",
        ),
    ] {
        assert_eq!(wrong(text), [format!("{FILE}:{told}")], "{text}");
    }
    let broken = wrong("listen = \n");
    assert!(broken.len() == 1 && broken[0].starts_with("policies/wayleave.toml:1:"), "{broken:?}");
    assert!(broken[0].contains("this is not TOML"), "{broken:?}");
}

#[test]
fn what_contradicts_something_is_told() {
    for (text, told) in [
        (
            "listen = \"127.0.0.1:9\"\nadmin = \"127.0.0.1:9\"",
            "2:9: `listen` takes 127.0.0.1:9, and the console cannot be shown at 127.0.0.1:9 beside it; give them different ports",
        ),
        (
            "listen = \"0.0.0.0:4181\"",
            "1:10: `listen` takes 0.0.0.0:4181, and the console cannot be shown at 127.0.0.1:4181 beside it; give them different ports",
        ),
        (
            "[timeouts]\nfirst-token = \"20min\"",
            "2:15: `timeouts.first-token` is 20min, and the whole exchange may take 10min (`timeouts.total`); write a shorter time, or a longer `timeouts.total`",
        ),
        (
            "[timeouts]\nbody-read = \"20min\"",
            "2:13: `timeouts.body-read` is 20min, and the whole exchange may take 10min (`timeouts.total`); write a shorter time, or a longer `timeouts.total`",
        ),
        (
            "[timeouts]\nconnect = \"50s\"",
            "2:11: `timeouts.connect` is 50s, and the first content of a stream may take 45s (`timeouts.first-token`); write a shorter time, or a longer `timeouts.first-token`",
        ),
        (
            "[timeouts]\nconnect = \"5s\"\nplain-answer = \"4s\"",
            "2:11: `timeouts.connect` is 5s, and an answer that is not streamed may take 4s (`timeouts.plain-answer`); write a shorter time, or a longer `timeouts.plain-answer`",
        ),
        (
            "[circuits]\nopen = \"2min\"",
            "2:8: a target is passed over for 2min at first (`circuits.open`), and for 1min at most (`circuits.open-longest`); write a `circuits.open` that is no longer than `circuits.open-longest`",
        ),
        (
            "body-limit = \"64MiB\"\nmemory-limit = \"32MiB\"",
            "1:14: `body-limit` is 64MiB, and the process may hold 32MiB (`memory-limit`); write a smaller size, or a larger `memory-limit`",
        ),
        (
            "streams-per-caller = 5000",
            "1:22: `streams-per-caller` is 5000, and all callers together may have 4096 (`streams-limit`); write a smaller count, or a larger `streams-limit`",
        ),
        (
            "max-event = \"64MiB\"\nmemory-limit = \"32MiB\"",
            "1:13: `max-event` is 64MiB, and the process may hold 32MiB (`memory-limit`); write a smaller size, or a larger `memory-limit`",
        ),
    ] {
        assert_eq!(wrong(text), [format!("{FILE}:{told}")], "{text}");
    }
}

/// Any free port is free for both, and a whole that is shorter than a default cuts it.
#[test]
fn what_contradicts_nothing_is_taken() {
    for text in [
        "listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"",
        "listen = \"127.0.0.2:9\"\nadmin = \"127.0.0.1:9\"",
        "[timeouts]\ntotal = \"20s\"",
        "[circuits]\nopen-longest = \"5s\"",
        "streams-limit = 100",
    ] {
        assert_eq!(wrong(text), [""; 0], "{text}");
    }
}

#[test]
fn a_variable_that_is_nearly_one_of_ours_is_told() {
    let names = ["WAYLEAVE_LISTN", "WAYLEAVE_TIMEOUT_IDLE", "WAYLEAVE_BODYLIMIT", "WAYLEAVE_LISTEN"];
    let names = names.map(str::to_owned);
    let found: Vec<_> = misspelt(&names).into_iter().map(|(name, meant)| (name, meant.name)).collect();
    let told = |name: &str, meant| (name.to_owned(), meant);
    assert_eq!(
        found,
        [
            told("WAYLEAVE_LISTN", "listen"),
            told("WAYLEAVE_TIMEOUT_IDLE", "timeouts.idle"),
            told("WAYLEAVE_BODYLIMIT", "body-limit"),
        ]
    );
    // What Kubernetes tells of a service of this name, what the banner asks for, and what a policy may name.
    for name in [
        "WAYLEAVE_SERVICE_HOST",
        "WAYLEAVE_SERVICE_PORT",
        "WAYLEAVE_PORT",
        "WAYLEAVE_PORT_4180_TCP_ADDR",
        "WAYLEAVE_KEY",
        "WAYLEAVE_OPENAI_KEY",
    ] {
        assert!(misspelt(&[name.to_owned()]).is_empty(), "{name}");
    }
}

/// No retries at all, and no delay, are said with 0.
#[test]
fn none_is_said_with_0() {
    let file = "[retries]\npercent = 0\nleast = 0\n\n[timeouts]\ndrain-delay = \"0s\"\n";
    let resolved = resolve(&[], nobody, Some((Path::new(FILE), file)));
    assert_eq!(resolved.problems, []);
    let settings = resolved.told.settings;
    assert_eq!((settings.health.retry_percent, settings.health.retry_least), (0, 0));
    assert_eq!(settings.timeouts.drain_delay, Duration::ZERO);
}

/// A mistake stays one where something else counts.
#[test]
fn every_value_that_is_said_must_be_sound() {
    let flags = [(number("timeouts.idle"), "1s".to_owned())];
    let resolved =
        resolve(&flags, |name| (name == "WAYLEAVE_TIMEOUTS_IDLE").then(|| "soon".to_owned()), None);
    assert_eq!(resolved.told.settings.timeouts.idle, Duration::from_secs(1));
    assert_eq!(resolved.problems.len(), 1);
    assert_eq!(resolved.problems[0].origin, Origin::Variable("WAYLEAVE_TIMEOUTS_IDLE".to_owned()));
}
