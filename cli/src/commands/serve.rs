//! `serve`: a policy on the data port, its console on another, until a signal; reloaded whenever it is saved.

use crate::args::Serve;
use crate::gateway::{Gateway, Plan};
use crate::output::{Exit, Failure, Terminal, note, print};
use crate::signals::Signals;
use crate::storage::refused;
use crate::{environment, load, strangers};
use std::path::Path;
use wayleave_compiler::diagnostic::render::printable;
use wayleave_program::catalogue::Catalogue;
use wayleave_runtime::settings::{Access, Settings, TargetHeader};
use wayleave_runtime::simulated::behaviour::Simulation;

/// A file of certificates beyond this is something else.
const CERTIFICATE_BYTES: u64 = 4 << 20;

pub(super) fn run(serve: &Serve, terminal: Terminal) -> Result<Exit, Failure> {
    if serve.open && !serve.listen.ip().is_loopback() {
        return Err(Failure::new(format!(
            "--open lets everybody in without a key, and {} is not this machine alone",
            serve.listen
        ))
        .mend("listen on 127.0.0.1, or leave --open out and issue keys: wayleave keys add --id alice"));
    }
    if !serve.admin.ip().is_loopback() {
        return Err(Failure::new(format!(
            "the console has no sign-in, and {} is not this machine alone",
            serve.admin
        ))
        .mend("show it on 127.0.0.1, and reach it from elsewhere through ssh -L"));
    }
    let root = load::root_file(&serve.policy.policy)?;
    let plan = Plan {
        settings: settings(serve)?,
        admin: serve.admin,
        store: environment::store_path(serve.store.store.as_deref())?,
        root,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::io("the system gave no threads", &error))?;
    runtime.block_on(async {
        let signals = Signals::take()?;
        let (root, store) = (plan.root.clone(), plan.store.clone());
        let gateway = Gateway::start(plan, terminal).await?;
        if serve.open {
            note(&open_notice(&gateway));
        } else if gateway.store.keys().count() == 0 {
            note(
                "warning: there are no keys yet, so nobody is let in\n  help: wayleave keys add --id alice\n",
            );
        }
        let keys = gateway.store.list_keys().await.map_err(|error| refused(&store, &error))?;
        note(&strangers::warnings(&keys, gateway.current.served().program.schema()));
        print(&banner(&gateway, &root, &store, serve))?;
        gateway.run(signals.first()).await
    })?;
    Ok(Exit::Yes)
}

fn settings(serve: &Serve) -> Result<Settings, Failure> {
    let access = if serve.open { Access::Open } else { Access::Keys };
    let mut settings = Settings::standard(serve.listen, access);
    if serve.no_target_header {
        settings.target_header = TargetHeader::Withheld;
    }
    if let Some(limit) = &serve.body_limit {
        settings.body_limit_bytes = size(limit)?;
    }
    for text in &serve.simulate {
        let simulation = Simulation::read(text).map_err(|error| {
            Failure::because("--simulate was not understood", &error)
                .mend("for example: --simulate north:status=503,every=3")
        })?;
        settings.simulations.push(simulation);
    }
    if let Some(path) = &serve.upstream_ca {
        settings.extra_roots = certificates(path)?;
    }
    Ok(settings)
}

/// `16MiB`, `512KiB`, `1000`
fn size(text: &str) -> Result<usize, Failure> {
    let (digits, unit) = match (text.strip_suffix("MiB"), text.strip_suffix("KiB")) {
        (Some(digits), _) => (digits, 1 << 20),
        (None, Some(digits)) => (digits, 1 << 10),
        (None, None) => (text, 1),
    };
    let count: Option<usize> = digits.parse().ok().filter(|count| *count > 0);
    count.and_then(|count| count.checked_mul(unit)).ok_or_else(|| {
        Failure::new(format!("`{text}` is not a size")).mend("write it as 16MiB, 512KiB or 100000")
    })
}

fn certificates(path: &Path) -> Result<Vec<u8>, Failure> {
    let shown = path.display();
    let unreadable =
        |error: std::io::Error| Failure::io(format!("the certificates `{shown}` cannot be read"), &error);
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() || metadata.len() > CERTIFICATE_BYTES {
        return Err(Failure::new(format!("`{shown}` is not a file of certificates")).mend("name a PEM file"));
    }
    std::fs::read(path).map_err(unreadable)
}

fn open_notice(gateway: &Gateway) -> String {
    let rule = "=".repeat(79);
    format!(
        "{rule}\nOPEN: everybody who can reach {} is let in without a key, as `anonymous`.\nThis is for a trial on \
         this machine. Leave --open out to require keys.\n{rule}\n",
        gateway.callers
    )
}

fn banner(gateway: &Gateway, root: &Path, store: &Path, serve: &Serve) -> String {
    let served = gateway.current.served();
    let callers = gateway.callers;
    let key = if serve.open { "" } else { "-H \"authorization: Bearer $WAYLEAVE_KEY\" " };
    let model = model(served.program.catalogue());
    let body = serde_json::json!({"model": model, "messages": [{"role": "user", "content": "hello"}]});
    format!(
        "wayleave {} serves {}\n  callers  http://{callers}/v1\n  console  http://{}/\n  store    {}\n  policy   {}\n\n\
         try it:\n  curl http://{callers}/v1/chat/completions {key}-H 'content-type: application/json' -d '{body}'\n\n",
        env!("CARGO_PKG_VERSION"),
        root.display(),
        gateway.console,
        store.display(),
        served.program.fingerprint().policy,
    )
}

/// A name to try: an alias where there is one, as those are what callers are meant to know.
fn model(catalogue: &Catalogue) -> String {
    let alias = catalogue.aliases.first().map(|alias| alias.name.as_str());
    let target =
        catalogue.targets.iter().find(|target| target.can("chat")).map(|target| target.name.as_str());
    printable(alias.or(target).unwrap_or("a-model")).replace('\'', "")
}
