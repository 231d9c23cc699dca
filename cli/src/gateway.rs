//! A policy being served: both listeners, the store, the watch over its files, and their end in order. What `serve` and
//! `demo` have in common.

use crate::certificate::Certificate;
use crate::compile::{Compiled, compile_to_serve};
use crate::output::{Exit, Failure, Terminal, note};
use crate::reload::{Again, Reload};
use crate::signals::Stop;
use crate::storage::refused;
use crate::watch::Watch;
use crate::{environment, load};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::Signal;
use wayleave_program::Program;
use wayleave_program::catalogue::{Protocol, TargetId};
use wayleave_runtime::Proxy;
use wayleave_runtime::admin::Admin;
use wayleave_runtime::current::{Current, Policy};
use wayleave_runtime::settings::Settings;
use wayleave_runtime::store::Store;

/// What is to be served, and where.
pub(crate) struct Plan {
    /// The policy's root file.
    pub(crate) root: PathBuf,
    /// How the data port behaves.
    pub(crate) settings: Settings,
    /// Where the console is shown.
    pub(crate) admin: SocketAddr,
    /// The store's file.
    pub(crate) store: PathBuf,
    /// The data port's certificate, which the settings hold too; none for connections in clear.
    pub(crate) certificate: Option<Certificate>,
}

/// A gateway that listens; requests wait until it is [run](Gateway::run).
pub(crate) struct Gateway {
    /// Where callers connect.
    pub(crate) callers: SocketAddr,
    /// Where the console is shown.
    pub(crate) console: SocketAddr,
    /// What is in force.
    pub(crate) current: Arc<Current>,
    /// Keys and decisions.
    pub(crate) store: Arc<Store>,
    proxy: Arc<Proxy>,
    data_listener: TcpListener,
    admin_listener: TcpListener,
    reload: Reload,
    store_path: PathBuf,
    drain_delay: Duration,
}

impl Gateway {
    /// Compiles the policy, resolves its keys, opens the store and listens, in this order.
    ///
    /// # Errors
    /// At the first of these that fails: nothing is served then.
    pub(crate) async fn start(plan: Plan, terminal: Terminal) -> Result<Gateway, Failure> {
        let (watch, given) = Watch::begin(&plan.root)?;
        let compiled = compile_to_serve(given, &plan.root)
            .map_err(|broken| broken.failure(&plan.root, terminal.error_style()))?;
        note(&compiled.warnings);
        simulations_name_providers(&plan.settings, &compiled)?;
        let policy = served(compiled, &plan.root)?;
        let store = Store::open(&plan.store).await.map_err(|error| refused(&plan.store, &error))?;
        let store = Arc::new(store);
        let current = Current::new(&plan.settings, policy)
            .map_err(|error| Failure::because("connections to the providers cannot be prepared", &error))?;
        let current = Arc::new(current);
        let data_listener = listen(plan.settings.listen, "--listen").await?;
        let admin_listener = listen(plan.admin, "--admin").await?;
        let address = |listener: &TcpListener| {
            listener.local_addr().map_err(|error| Failure::io("a listener has no address", &error))
        };
        let (callers, console) = (address(&data_listener)?, address(&admin_listener)?);
        let reload = Reload::new(
            watch,
            plan.root,
            Arc::clone(&current),
            Arc::clone(&store),
            terminal,
            plan.certificate,
        );
        reload.record_loaded("");
        let drain_delay = plan.settings.timeouts.drain_delay;
        let proxy = Arc::new(Proxy::new(plan.settings, Arc::clone(&current), Arc::clone(&store)));
        Ok(Gateway {
            callers,
            console,
            current,
            store,
            proxy,
            data_listener,
            admin_listener,
            reload,
            store_path: plan.store,
            drain_delay,
        })
    }

    /// Ends what runs, once a stop has begun, without waiting for it.
    pub(crate) fn hurry(&self) -> impl FnOnce() + Send + 'static {
        let proxy = Arc::clone(&self.proxy);
        move || proxy.hurry()
    }

    /// Serves until `stop` is ready; then lets running requests end, and writes what waits to be written. Where the stop is
    /// announced, requests are still taken for the time that the settings say, while `/readyz` says that none should be
    /// sent. With each of `hangups`, if there are any, all files are read again.
    ///
    /// # Errors
    /// When the last records could not be written.
    pub(crate) async fn run(
        self,
        hangups: Option<Signal>,
        stop: impl Future<Output = Stop>,
    ) -> Result<Exit, Failure> {
        let reload = self.reload.start();
        let rereading = hangups.map(|hangups| tokio::spawn(reread(hangups, reload.again())));
        let proxy = Arc::clone(&self.proxy);
        let delay = self.drain_delay;
        let shutdown = async move {
            let stop = stop.await;
            proxy.drain();
            match stop {
                Stop::Now => {}
                Stop::Announced => tokio::select! {
                    () = tokio::time::sleep(delay) => {}
                    () = proxy.hurried() => {}
                },
            }
        };
        let admin = Admin::new(Arc::clone(&self.store), Arc::clone(&self.current));
        // The console is there until the last request has ended.
        let console = tokio::spawn(admin.serve(self.admin_listener, std::future::pending()));
        Arc::clone(&self.proxy).serve(self.data_listener, shutdown).await;
        // Whoever could still ask for another look would keep the watch alive.
        if let Some(rereading) = rereading {
            rereading.abort();
            let _ = rereading.await;
        }
        reload.stop().await;
        console.abort();
        self.store.close().await.map_err(|error| refused(&self.store_path, &error))?;
        Ok(if self.proxy.is_hurried() { Exit::Interrupted } else { Exit::Yes })
    }
}

async fn reread(mut hangups: Signal, again: Again) {
    while hangups.recv().await.is_some() {
        note("hangup: the policy, its keys and the certificate are read again\n");
        again.ask();
    }
}

/// A compiled policy with the keys of its providers.
///
/// # Errors
/// When a key is missing, with provider and place.
pub(crate) fn served(compiled: Compiled, root: &Path) -> Result<Policy, Failure> {
    let keys = environment::keys(compiled.program.catalogue(), load::folder_of(root))?;
    Ok(Policy { program: compiled.program, view: compiled.view, warnings: compiled.warnings, keys })
}

async fn listen(address: SocketAddr, flag: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let failure = Failure::io(format!("cannot listen on {address}"), &error);
        failure.mend(format!("choose another address, or port 0 for any free one: {flag} {}:0", address.ip()))
    })
}

/// A simulation of a provider that the policy lacks would do nothing, silently.
fn simulations_name_providers(settings: &Settings, compiled: &Compiled) -> Result<(), Failure> {
    let catalogue = compiled.program.catalogue();
    for simulation in &settings.simulations {
        let is_for = |name: &str, model: &str| {
            simulation.provider == name && simulation.model.as_ref().is_none_or(|own| own == model)
        };
        let is_known = catalogue.target_ids().any(|id| {
            let provider = catalogue.provider_of(id);
            provider.protocol == Protocol::Simulated && is_for(&provider.name, &catalogue.target(id).model)
        });
        if !is_known {
            let model = simulation.model.as_ref().map(|model| format!("/{model}")).unwrap_or_default();
            let simulated =
                catalogue.providers.iter().filter(|provider| provider.protocol == Protocol::Simulated);
            let names: Vec<&str> = simulated.map(|provider| provider.name.as_str()).collect();
            let is_of = |id: &TargetId| catalogue.provider_of(*id).name == simulation.provider;
            let own: Vec<&str> =
                catalogue.target_ids().filter(is_of).map(|id| catalogue.target(id).model.as_str()).collect();
            let is_model = names.contains(&simulation.provider.as_str()) && !own.is_empty();
            let named = format!("`{}{model}` is not simulated by this policy", simulation.provider);
            return Err(Failure::new(named).mend(if names.is_empty() {
                "leave --simulate out: no provider of this policy is simulated".to_owned()
            } else if is_model {
                format!("the models of `{}` are {}", simulation.provider, own.join(", "))
            } else {
                format!("its simulated providers are {}", names.join(", "))
            }));
        }
    }
    Ok(())
}
