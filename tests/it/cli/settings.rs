//! The book's table of settings is the table that `serve` has, and what is in force is told with who says so.

use super::gateway::SERVE;
use super::process::Process;
use super::{Scratch, binary_folder};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// What `serve --check-settings --format json` says in a folder.
fn check(folder: &Path, more: &[&str], variable: Option<(&str, &str)>) -> (Option<i32>, serde_json::Value) {
    let mut command = Command::new(binary_folder().join("wayleave"));
    command.args(["serve", "--check-settings", "--format", "json"]).args(more).current_dir(folder);
    command.env("HOME", folder.join("home")).env_remove("WAYLEAVE_STORE").envs(variable);
    let output = command.output().expect("the binary runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let document = serde_json::from_str(&text).unwrap_or(serde_json::Value::Null);
    (output.status.code(), document)
}

#[test]
fn the_page_lists_every_setting() {
    let scratch = Scratch::new("settings-page");
    let (_, document) = check(&scratch.0, &[], None);
    let settings = document["settings"].as_array().expect("settings");
    let word = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let mut table = String::from("| setting | default | |\n|---|---|---|\n");
    for setting in settings {
        let (name, flag, variable) =
            (word(&setting["name"]), word(&setting["flag"]), word(&setting["variable"]));
        // As the page says them to be made of the name.
        assert_eq!(flag, format!("--{}", name.replace('.', "-")));
        assert_eq!(variable, format!("WAYLEAVE_{}", name.replace(['.', '-'], "_").to_uppercase()));
        let (default, what) = (word(&setting["default"]), word(&setting["what"]));
        table.push_str(&format!("| `{name}` | {default} | {what} |\n"));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/settings.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let start = page.find("| setting |").expect("a table");
    let length = page[start..].find("\n\n").expect("more behind it") + 1;
    if std::env::var_os("WAYLEAVE_UPDATE").is_some() {
        let written = format!("{}{table}{}", &page[..start], &page[start + length..]);
        std::fs::write(&path, written).expect("it can be written");
    } else {
        assert_eq!(&page[start..start + length], table, "WAYLEAVE_UPDATE=1 writes the table");
    }
}

#[test]
fn what_is_in_force_is_told_with_who_says_so() {
    let scratch = Scratch::new("settings");
    let folder = scratch.0.join("policies");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("main.route"), "edition 2026\n").expect("it can be written");
    let file = folder.join("wayleave.toml");
    std::fs::write(&file, "body-limit = \"1MiB\"\n\n[timeouts]\nidle = \"7s\"\ntotal = \"8s\"\n")
        .expect("it can");
    let variable = Some(("WAYLEAVE_TIMEOUTS_TOTAL", "9s"));
    let (code, document) = check(&scratch.0, &["policies", "--body-limit", "2MiB"], variable);
    assert_eq!((code, &document["problems"]), (Some(0), &serde_json::json!([])));
    let said = |name: &str| {
        let settings = document["settings"].as_array().expect("settings");
        let found = settings.iter().find(|setting| setting["name"] == name).expect("the setting");
        serde_json::json!([found["value"], found["unit"], found["written"], found["from"]])
    };
    use serde_json::json;
    assert_eq!(said("body-limit"), json!([2 << 20, "bytes", "2MiB", "--body-limit"]));
    assert_eq!(said("timeouts.total"), json!([9000, "ms", "9s", "WAYLEAVE_TIMEOUTS_TOTAL"]));
    assert_eq!(said("timeouts.idle"), json!([7000, "ms", "7s", "policies/wayleave.toml:4:8"]));
    assert_eq!(said("timeouts.write"), json!([30_000, "ms", "30s", "default"]));
    assert_eq!(said("streams-limit"), json!([4096, null, "4096", "default"]));
    assert_eq!(said("open"), json!([false, null, "false", "default"]));

    std::fs::write(&file, "body-limt = \"1MiB\"\n").expect("it can be written");
    let (code, document) = check(&scratch.0, &["policies"], None);
    assert_eq!(
        (code, document["problems"][0]["from"].as_str()),
        (Some(1), Some("policies/wayleave.toml:1:1"))
    );
    let elsewhere = check(&scratch.0, &["policies", "--settings", "nowhere.toml"], None);
    assert_eq!((elsewhere.0, elsewhere.1["problems"].as_array().map(Vec::len)), (Some(2), Some(1)));
}

/// A store that `serve` could not use is told before it serves, and none is made by asking.
#[test]
fn a_store_that_is_none_is_told() {
    let scratch = Scratch::new("settings-store");
    std::fs::create_dir(scratch.0.join("folder")).expect("a folder");
    std::fs::write(scratch.0.join("text"), "no database, and long enough for one: ".repeat(100))
        .expect("it can");
    std::fs::write(scratch.0.join("empty"), "").expect("it can be written");
    for (store, is_wrong) in [("folder", true), ("text", true), ("empty", false), ("not-there", false)] {
        let (code, document) = check(&scratch.0, &["--store", store], None);
        let problems = document["problems"].as_array().expect("problems");
        assert_eq!((code, problems.len()), (Some(i32::from(is_wrong)), usize::from(is_wrong)), "{document}");
        if is_wrong {
            assert_eq!(problems[0]["from"], "--store");
            let message = problems[0]["message"].as_str().unwrap_or_default();
            assert!(message.starts_with(&format!("the store `{store}` cannot be used")), "{message}");
        }
    }
    assert!(!scratch.0.join("not-there").exists(), "nothing was made");
}

/// Writes a new certificate for `localhost` and its key beside a policy.
fn renew(folder: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    std::fs::write(folder.join("chain.pem"), cert.pem()).expect("it can be written");
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).expect("it can be written");
    cert.der().clone()
}

/// What `/readyz` says over TLS to whoever trusts one certificate alone.
fn ready(address: &str, trusted: &CertificateDer<'static>) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("a connection");
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address)?);
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    // The gateway may close without a word of TLS.
    let _ = stream.read_to_string(&mut answer);
    Ok(answer)
}

#[test]
fn a_certificate_is_read_again_and_a_broken_one_is_not() {
    let scratch = Scratch::new("certificate");
    let run = |arguments: &[&str]| {
        let status =
            Command::new(binary_folder().join("wayleave")).args(arguments).current_dir(&scratch.0).output();
        assert!(status.expect("the binary runs").status.success(), "{arguments:?}");
    };
    run(&["init"]);
    let first = renew(&scratch.0);
    let file = "listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\nstore = \"gateway.db\"\nopen = true\n\
                [tls]\ncertificate = \"chain.pem\"\nkey = \"key.pem\"\n";
    std::fs::write(scratch.0.join("wayleave.toml"), file).expect("it can be written");
    let mut gateway = Process::start(&["serve"], &scratch.0);
    let line = gateway.line("https://");
    let address = line
        .split_once("https://")
        .and_then(|(_, rest)| rest.split('/').next())
        .expect("an address")
        .to_owned();
    gateway.line("curl");
    let answer = ready(&address, &first).expect("it is trusted");
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.contains(r#""certificate":{"refused":null}"#),
        "{answer}"
    );

    let second = renew(&scratch.0);
    gateway.line("certificate reloaded");
    assert!(ready(&address, &first).is_err(), "the old one is shown no more");
    assert!(ready(&address, &second).expect("it is trusted").starts_with("HTTP/1.1 200 "));

    std::fs::write(scratch.0.join("key.pem"), "no key").expect("it can be written");
    gateway.line("the certificate was not reloaded");
    let answer = ready(&address, &second).expect("it is trusted as before");
    assert!(answer.contains("there is no private key in PEM"), "{answer}");
    std::fs::remove_file(scratch.0.join("chain.pem")).expect("it was there");
    gateway.line("the certificate was not reloaded");
    let third = renew(&scratch.0);
    gateway.line("certificate reloaded");
    let answer = ready(&address, &third).expect("it is trusted");
    assert!(answer.contains(r#""certificate":{"refused":null}"#), "{answer}");
    assert!(gateway.terminate().success(), "{:?}", gateway.printed);
}

/// threat-T29: what is reached from elsewhere without TLS is warned of, and never open.
#[test]
fn an_address_for_others_is_warned_of_in_clear_and_never_open() {
    let scratch = Scratch::new("elsewhere");
    let wayleave = |arguments: &[&str]| {
        Command::new(binary_folder().join("wayleave"))
            .args(arguments)
            .current_dir(&scratch.0)
            .output()
            .expect("it runs")
    };
    assert!(wayleave(&["init"]).status.success());
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let refused = wayleave(&["serve", "--open", "--listen", listen, "--store", "gateway.db"]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(
            refused.status.code() == Some(2) && said.contains("is not this machine alone"),
            "{listen}: {said}"
        );
    }
    let arguments = ["serve", "--listen", "0.0.0.0:0", "--admin", "127.0.0.1:0", "--store", "gateway.db"];
    let mut gateway = Process::start(&arguments, &scratch.0);
    gateway.line("cross the network in clear");
    gateway.line("set `tls.certificate` and `tls.key`");
    gateway.line("curl");
    assert!(gateway.terminate().success(), "{:?}", gateway.printed);
}

/// The threads of a process that serves with so many, once it has begun to.
#[cfg(target_os = "linux")]
fn threads(folder: &Path, asked: &str) -> usize {
    let mut process =
        Process::start(&[&["serve", "main.route", "--threads", asked][..], &SERVE[..]].concat(), folder);
    process.address("callers");
    let tasks = std::fs::read_dir(format!("/proc/{}/task", process.child.id())).expect("its threads");
    tasks.count()
}

/// What stands beside them, such as the store's, differs by a few at most.
#[cfg(target_os = "linux")]
#[test]
fn as_many_threads_serve_as_are_asked_for() {
    let scratch = Scratch::new("settings-threads");
    let text = "edition 2026\notherwise deny \"Nothing is served.\"\n";
    std::fs::write(scratch.0.join("main.route"), text).expect("it can be written");
    let (one, many) = (threads(&scratch.0, "1"), threads(&scratch.0, "41"));
    assert!((one + 30..one + 50).contains(&many), "{one} with one, {many} with 41");
}
