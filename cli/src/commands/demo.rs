//! `demo`: the first policy on simulated providers, of which one fails now and then, with a little traffic of three
//! invented teams. Everything is real but the providers: the data port, the keys, the log and the console.

mod traffic;

use super::init::FIRST_POLICY;
use crate::args::Demo;
use crate::gateway::{Gateway, Plan};
use crate::output::{Exit, Failure, Paint, Terminal, note, print};
use crate::signals::{Signals, Stop};
use crate::{duration, environment};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use traffic::{Answer, Ask, CALLERS, Caller};
use wayleave_runtime::keys::Identity;
use wayleave_runtime::settings::{Access, Settings};
use wayleave_runtime::simulated::behaviour::Simulation;

/// What goes wrong in the demo: often enough to be seen, seldom enough to be the exception. The delays make the time
/// lines of the console worth a look.
const SIMULATIONS: [&str; 3] =
    ["north/large:status=503,every=4", "north/small:slow=80ms", "south/large:slow=200ms"];

/// A folder of its own, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Folder, Failure> {
        let path = std::env::temp_dir().join(format!(
            "wayleave-demo-{}-{}",
            std::process::id(),
            environment::now_ms()
        ));
        let failure = |error: std::io::Error| {
            Failure::io(format!("the folder `{}` could not be made", path.display()), &error)
        };
        std::fs::create_dir(&path).map_err(failure)?;
        let folder = Folder(path.clone());
        std::fs::write(path.join("main.route"), FIRST_POLICY).map_err(failure)?;
        Ok(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is in the system's temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) fn run(demo: &Demo, terminal: Terminal) -> Result<Exit, Failure> {
    let length = demo.duration.as_deref().map(length).transpose()?;
    let folder = Folder::make()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::io("the system gave no threads", &error))?;
    runtime.block_on(async {
        let signals = Signals::take()?;
        let gateway = Gateway::start(plan(demo, &folder.0)?, terminal).await?;
        print(&banner(&gateway, &folder.0))?;
        if demo.browser {
            browse(&gateway);
        }
        let mut callers = tokio::task::JoinSet::new();
        for caller in &CALLERS {
            let key = gateway.store.add_key(identity(caller), environment::now_ms()).await;
            let key =
                key.map_err(|error| Failure::because("a key for the demo could not be made", &error))?;
            callers.spawn(ask_on(gateway.callers, caller, Arc::from(key.text), terminal));
        }
        let hurry = gateway.hurry();
        let shutdown = async {
            let told = signals.first(hurry);
            match length {
                Some(length) => tokio::select! {
                    _ = told => {}
                    () = tokio::time::sleep(length) => {}
                },
                None => {
                    told.await;
                }
            }
            callers.shutdown().await;
            // Nobody balances requests to a demo.
            Stop::Now
        };
        gateway.run(None, shutdown).await
    })
}

fn length(text: &str) -> Result<Duration, Failure> {
    duration::read(text)
        .ok_or_else(|| Failure::new(format!("`{text}` is not a duration")).mend("write it as 30s or 5min"))
}

fn plan(demo: &Demo, folder: &Path) -> Result<Plan, Failure> {
    if !demo.listen.ip().is_loopback() || !demo.admin.ip().is_loopback() {
        return Err(
            Failure::new("the demo is shown on this machine alone").mend("choose another port of 127.0.0.1")
        );
    }
    let mut settings = Settings::standard(demo.listen, Access::Keys);
    for text in SIMULATIONS {
        let simulation =
            Simulation::read(text).map_err(|error| Failure::because("the demo's own words", &error))?;
        settings.simulations.push(simulation);
    }
    Ok(Plan {
        root: folder.join("main.route"),
        settings,
        admin: demo.admin,
        store: folder.join("store.db"),
        certificate: None,
    })
}

fn identity(caller: &Caller) -> Identity {
    Identity {
        caller_id: caller.id.to_owned(),
        team: Some(caller.team.to_owned()),
        app: Some(caller.app.to_owned()),
        ..Identity::default()
    }
}

fn banner(gateway: &Gateway, folder: &Path) -> String {
    format!(
        "Three invented teams ask simulated providers; `north/large` fails now and then.\n  console  http://{}/\n  \
         callers  http://{}/v1\n  policy   {} (edit it: it is reloaded)\n\n",
        gateway.console,
        gateway.callers,
        folder.join("main.route").display()
    )
}

/// Opens the console in a browser, if the system knows how.
fn browse(gateway: &Gateway) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let url = format!("http://{}/", gateway.console);
    let started = Command::new(opener)
        .arg(&url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if started.is_err() {
        note(&format!("warning: `{opener}` is not there to open a browser\n  help: open {url}\n"));
    }
}

/// One caller's requests, until the demo ends.
async fn ask_on(gateway: SocketAddr, caller: &'static Caller, key: Arc<str>, terminal: Terminal) {
    // Asks and pauses vary a little from turn to turn; chance has no part in it, so that every demo is alike.
    for (turn, ask) in (0_u64..).zip(caller.asks.iter().cycle()) {
        let jitter_ms = turn * 137 % (caller.pause_ms / 2);
        tokio::time::sleep(Duration::from_millis(caller.pause_ms * 3 / 4 + jitter_ms)).await;
        let Ok(answer) = ask.send(gateway, &key).await else { continue };
        if print(&line(caller, ask, &answer, terminal)).is_err() {
            return;
        }
    }
}

fn line(caller: &Caller, ask: &Ask, answer: &Answer, terminal: Terminal) -> String {
    let paint = if answer.status < 400 { Paint::Green } else { Paint::Yellow };
    let status = terminal.paint(paint, &answer.status.to_string());
    let target = answer.target.as_deref().unwrap_or("-");
    format!("{:<4} {:<10} asks {:<12} {status}  {target}\n", caller.id, caller.team, ask.model())
}
