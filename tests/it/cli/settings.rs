//! The book's table of settings is the table that `serve` has, and what is in force is told with who says so.

use super::{Scratch, binary_folder};
use std::path::Path;
use std::process::Command;

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
        (
            found["value"].as_str().unwrap_or_default().to_owned(),
            found["from"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let told = |value: &str, from: &str| (value.to_owned(), from.to_owned());
    assert_eq!(said("body-limit"), told("2MiB", "--body-limit"));
    assert_eq!(said("timeouts.total"), told("9s", "WAYLEAVE_TIMEOUTS_TOTAL"));
    assert_eq!(said("timeouts.idle"), told("7s", "policies/wayleave.toml:4:8"));
    assert_eq!(said("timeouts.write"), told("30s", "default"));

    std::fs::write(&file, "body-limt = \"1MiB\"\n").expect("it can be written");
    let (code, document) = check(&scratch.0, &["policies"], None);
    assert_eq!(
        (code, document["problems"][0]["from"].as_str()),
        (Some(1), Some("policies/wayleave.toml:1:1"))
    );
    let elsewhere = check(&scratch.0, &["policies", "--settings", "nowhere.toml"], None);
    assert_eq!(elsewhere.0, Some(2));
}
