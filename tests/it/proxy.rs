//! The data port over real sockets: cases in `suite/proxy/*.md`, and below what a file cannot say (time, reload, leaving).
//!
//! A case is Markdown whose fenced blocks are read in order; everything else is prose:
//!
//! - ```` ```policy ```` the policy; `policy NAME` is `suite/proxy/NAME.route`, and so is `default` where a case has none.
//!   `{NAME}` is the base URL of a provider of the case, `{host of NAME}` that URL without its path;
//! - ```` ```provider NAME ```` what a provider does (see `tests/src/provider.rs`); one that is named in the policy
//!   alone refuses connections;
//! - ```` ```settings ```` lines as in [`settings`](case::settings);
//! - ```` ```request ```` method and path, headers, a blank line, the body; the key and the usual headers are added unless they are
//!   there, `no-key` leaves the key out;
//! - ```` ```answer ```` `status N`, `header NAME: VALUE`, `no header NAME`, `own id in NAME` (a header), `body is TEXT`, `body has TEXT`,
//!   `body lacks TEXT`, `took TIME` (at least);
//! - ```` ```record ```` `outcome WORD`, `status N`, `api NAME`, `target NAME`, `chosen WORD`, `reason TEXT`, `tokens IN OUT`, `cached READ WRITTEN`,
//!   `finding NAME`, `no finding`, `failed DETECTOR: CAUSE`, `detail WORDS` of some attempt, `mark WORDS` on its answer, `no mark`, `billed TARGET` (flagged as maybe so), `passed
//!   TARGET CAUSE` (over), `removed TARGET RULE`, `caller-request-id ID`, `no caller-request-id`, `trace TRACE PARENT`, `no trace`, `no parent`, and each
//!   attempt as `attempt TARGET CAUSE [STATUS]` with `ok` for no cause; all attempts,
//!   in order;
//! - ```` ```received NAME ```` `count N`, `head has TEXT`, `head lacks TEXT`, `body is TEXT`, `abandoned` of the last
//!   request that a provider received.
//!
//! In texts `\n` is a line end. No answer and no record of any case holds a provider's key (threat-T16), and no record (threat-T18)
//! the text that stands for those of requests (`TEXT_MARKER`).

mod case;

mod framing;

mod heads;

mod http2;

mod kept;

mod limits;

mod streams;

mod tls;

use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn every_case_of_the_suite_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("suite/proxy");
    let named = |name: &str| {
        std::fs::read_to_string(folder.join(format!("{name}.route"))).expect("a policy of the suite")
    };
    let listed = std::fs::read_dir(&folder).expect("the suite").map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<_> = listed.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    paths.sort();
    assert!(paths.len() > 20, "the suite is there");
    let mut wrong = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a case");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        wrong.extend(case::run(&text, named).await.into_iter().map(|problem| format!("{name}: {problem}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
