//! `serve`: a policy on the data port, its console on another, until a signal; reloaded whenever it is saved.

use crate::args::Serve;
use crate::certificate::Certificate;
use crate::gateway::{Gateway, Plan};
use crate::output::{Exit, Failure, Terminal, note, print};
use crate::settings::{self, Resolved, found};
use crate::signals::{Signals, hangups};
use crate::storage::refused;
use crate::{environment, load, memory, strangers};
use std::path::Path;
use wayleave_compiler::diagnostic::render::printable;
use wayleave_program::catalogue::{Catalogue, KeySource};
use wayleave_runtime::settings::{Access, MemoryLimit, Settings};
use wayleave_runtime::simulated::behaviour::Simulation;

mod in_force;

pub(super) fn run(serve: &Serve, terminal: Terminal) -> Result<Exit, Failure> {
    let resolved = resolve(serve);
    if serve.check_settings {
        return in_force::check(resolved, serve.format);
    }
    let resolved = resolved?;
    without_core_dumps()?;
    let plan = plan(serve, resolved)?;
    let access = plan.settings.access;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(plan.settings.threads)
        .enable_all()
        .build()
        .map_err(|error| Failure::io("the system gave no threads", &error))?;
    runtime.block_on(async {
        let (signals, hangups) = (Signals::take()?, hangups()?);
        let (root, store) = (plan.root.clone(), plan.store.clone());
        let in_clear = plan.certificate.is_none();
        let gateway = Gateway::start(plan, terminal).await?;
        if in_clear && !gateway.callers.ip().is_loopback() {
            note(&in_clear_warning(&gateway));
        }
        if access == Access::Open {
            note(&open_notice(&gateway));
        } else if gateway.store.keys().count() == 0 {
            note(
                "warning: there are no keys yet, so nobody is let in\n  help: wayleave keys add --id alice\n",
            );
        }
        let keys = gateway.store.list_keys().await.map_err(|error| refused(&store, &error))?;
        note(&misspelt_warning(gateway.current.served().program.catalogue()));
        note(&strangers::warnings(&keys, gateway.current.served().program.schema()));
        let scheme = if in_clear { "http" } else { "https" };
        print(&banner(&gateway, &root, &store, access, scheme))?;
        let hurry = gateway.hurry();
        gateway.run(Some(hangups), signals.first(hurry)).await
    })
}

/// The settings, from wherever they are said.
fn resolve(serve: &Serve) -> Result<Resolved, Failure> {
    let folder = load::root_file(&serve.policy.policy).ok().map(|root| load::folder_of(&root).to_owned());
    found::settings(&serve.set.0, serve.settings.as_deref(), folder.as_deref())
}

/// What is served, with the files that the settings name read.
fn plan(serve: &Serve, resolved: Resolved) -> Result<Plan, Failure> {
    found::refused(&resolved.problems)?;
    let root = load::root_file(&serve.policy.policy)?;
    let (files, problems) = found::files(&resolved);
    found::refused(&problems)?;
    let told = resolved.told;
    let limit = told.memory_limit_bytes.or_else(memory::standard_limit_bytes);
    let memory = limit.map(|limit_bytes| MemoryLimit { limit_bytes, resident_bytes: memory::resident_bytes });
    let settings = Settings {
        simulations: simulations(&serve.simulate)?,
        tls: files.certificate.as_ref().map(Certificate::tls),
        memory,
        extra_roots: files.extra_roots,
        ..told.settings
    };
    let store = environment::store_path(told.store.as_deref())?;
    Ok(Plan { root, settings, admin: told.admin, store, certificate: files.certificate })
}

/// The variables that are nearly settings, but for those that hold a provider's key.
fn misspelt_warning(catalogue: &Catalogue) -> String {
    let is_key = |name: &String| {
        let names = |key: &KeySource| matches!(key, KeySource::Env(own) if own == name);
        catalogue.providers.iter().any(|provider| provider.key.as_ref().is_some_and(names))
    };
    let mut names = environment::variables(settings::PREFIX);
    names.retain(|name| !is_key(name));
    settings::misspelt(&names)
        .into_iter()
        .map(|(name, setting)| {
            format!(
                "warning: the variable {} is no setting, and counts for nothing\n  help: write {} if that is meant\n",
                printable(&name),
                setting.variable()
            )
        })
        .collect()
}

fn simulations(texts: &[String]) -> Result<Vec<Simulation>, Failure> {
    let read = |text: &String| {
        Simulation::read(text).map_err(|error| {
            Failure::because("--simulate was not understood", &error)
                .mend("for example: --simulate north:status=503,every=3")
        })
    };
    texts.iter().map(read).collect()
}

/// A process that holds keys leaves no image of its memory behind, and lets no other of its user look into it.
#[cfg(target_os = "linux")]
fn without_core_dumps() -> Result<(), Failure> {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|error| Failure::io("core dumps cannot be turned off", &error.into()))
}

#[cfg(not(target_os = "linux"))]
fn without_core_dumps() -> Result<(), Failure> {
    Ok(())
}

fn in_clear_warning(gateway: &Gateway) -> String {
    format!(
        "warning: {} is not this machine alone, and keys and prompts cross the network in clear\n  help: set \
         `tls.certificate` and `tls.key`, or leave TLS to a proxy on a network that is yours\n",
        gateway.callers
    )
}

fn open_notice(gateway: &Gateway) -> String {
    let rule = "=".repeat(79);
    format!(
        "{rule}\nOPEN: everybody who can reach {} is let in without a key, as `anonymous`.\nThis is for a trial on \
         this machine. Leave --open out to require keys.\n{rule}\n",
        gateway.callers
    )
}

fn banner(gateway: &Gateway, root: &Path, store: &Path, access: Access, scheme: &str) -> String {
    let served = gateway.current.served();
    let callers = gateway.callers;
    let key = if access == Access::Open { "" } else { "-H \"authorization: Bearer $WAYLEAVE_KEY\" " };
    let model = model(served.program.catalogue());
    let body = serde_json::json!({"model": model, "messages": [{"role": "user", "content": "hello"}]});
    format!(
        "wayleave {} serves {}\n  callers  {scheme}://{callers}/v1\n  console  http://{}/\n  store    {}\n  policy   {}\n\n\
         try it:\n  curl {scheme}://{callers}/v1/chat/completions {key}-H 'content-type: application/json' -d '{body}'\n\n",
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    /// `threat-T16`: keys are in no core dump.
    #[test]
    fn a_gateway_leaves_no_core_dump() {
        super::without_core_dumps().expect("Linux can");
        let behaviour = rustix::process::dumpable_behavior().expect("Linux tells");
        assert_eq!(behaviour, rustix::process::DumpableBehavior::NotDumpable);
    }
}
