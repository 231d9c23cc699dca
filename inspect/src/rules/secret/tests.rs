//! Which forms of credentials are found, and which stand-ins are not.

use crate::secrets;

/// Credentials are put together here, so that no scanner takes this file for a leak.
fn found(prefix: &str, run: &str) -> Option<String> {
    let text = format!("key: \"{prefix}{run}\" // end");
    let findings = secrets(&text);
    assert!(findings.len() <= 1);
    findings.first().map(|finding| {
        assert_eq!(text[finding.range.clone()], format!("{prefix}{run}"));
        finding.what.clone()
    })
}

#[test]
fn documented_prefixes_are_found_whole() {
    assert_eq!(found("sk-", "proj-Zx81kLq0Wn27VbTe94Rm").as_deref(), Some("an OpenAI or Anthropic key"));
    assert_eq!(found("AKIA", "Q3EGRTXB7KLM2NPD").as_deref(), Some("an AWS access key id"));
    assert_eq!(found("-----BEGIN ", "RSA PRIVATE KEY-----").as_deref(), Some("a private key"));
}

#[test]
fn stand_ins_words_and_short_runs_are_not() {
    assert_eq!(found("sk-", "xxxxxxxxxxxxxxxxxxxxxxxx"), None);
    assert_eq!(found("sk-", "Zx81kL"), None);
    assert_eq!(found("-----BEGIN ", "CERTIFICATE-----"), None);
    let task = format!("{}{}", "task-", "Zx81kLq0Wn27VbTe94Rmuu");
    assert!(secrets(&task).is_empty());
}

/// A run is not read again for a prefix within it, unless that could be told apart.
#[test]
fn a_run_behind_one_that_is_none_is_found() {
    let run = "9aB3xQz7Lm2Kp5Rt8Vw1Zc4Yd6Hf0Jg2NbMsPa3UeXo5IiNtBqMvK0zYrEwDuSl7AcGf";
    for before in [
        "eyJ.".repeat(400),
        "eyJ.".repeat(3) + "/",
        "eyJabc123.".to_owned(),
        "eyJdummy.".to_owned(),
        "eyJ.".repeat(127),
    ] {
        let text = format!("{before}{}{run}", "eyJ");
        assert!(!secrets(&text).is_empty(), "{before}");
    }
    let text =
        format!("-----BEGIN {0}-----END {0}----- -----BEGIN {1}", "PRIVATE KEY-----", "RSA PRIVATE KEY-----");
    assert_eq!(secrets(&text).len(), 1);
}

#[test]
fn overlapping_findings_are_one() {
    let text = format!("{}{}", "sk-", "ant-AIzaZx81kLq0Wn27VbTe94RmZx81kLq0Wn27VbTe94Rm");
    assert_eq!(secrets(&text).len(), 1);
}

#[test]
fn what_an_issuer_tells_comes_before_what_a_name_says() {
    let text = format!("stripe_secret = \"{}{}\"", "sk_live_", "9aB3xQz7Lm2Kp5Rt8Vw1");
    let findings = secrets(&text);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].what, "a Stripe key");
    let text = format!("client_secret = '{}{}'", "q9aB3xQz7Lm2", "Kp5Rt8Vw1Zc4");
    assert_eq!(secrets(&text)[0].what, "a value named as a credential");
}

/// Every keyword is a possible start; neither windows nor runs may be read again from each of them without bound.
#[test]
fn a_text_of_keywords_is_read_in_linear_time() {
    for text in [
        "sk- ",
        "sk-",
        "-----BEGIN ",
        "eyJ",
        "eyJ.",
        "eyJ9aB3xQz7.",
        "-----BEGIN PRIVATE KEY-----END ",
        "key=",
        "token token ",
        "curl -H ",
        "kind: secret data: ",
        "ghp_",
    ] {
        let _ = secrets(&text.repeat(20_000));
    }
}
