//! Keeps the policy in force, and the certificate, true to their files: compiles what was saved and swaps it in whole, or keeps the old one and
//! says so everywhere. On a thread of its own, since compiling takes what it takes.

use crate::certificate::Certificate;
use crate::compile::{Broken, compile_to_serve};
use crate::environment;
use crate::gateway::served;
use crate::load::Given;
use crate::output::{Failure, Terminal, note, print};
use crate::watch::{INTERVAL, Watch};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use wayleave_compiler::diagnostic::render::{Style, render_human};
use wayleave_compiler::diagnostic::{Diagnostic, Severity};
use wayleave_runtime::current::{Current, Refused};
use wayleave_runtime::record::{PolicyEvent, PolicyEventKind};
use wayleave_runtime::store::Store;

/// How diagnostics are drawn for console and log, which have no terminal.
const PLAIN: Style = Style { colour: false, width: 100 };

/// The certificate is looked at each second: a change is in force after two looks.
const LOOKS_PER_CERTIFICATE: u32 = 4;

/// What is watched, and what follows it.
pub(crate) struct Reload {
    watch: Watch,
    root: PathBuf,
    current: Arc<Current>,
    store: Arc<Store>,
    terminal: Terminal,
    certificate: Option<Certificate>,
}

/// A watch that runs.
pub(crate) struct Reloading {
    asking: Sender<()>,
    thread: JoinHandle<()>,
}

/// Asks a watch to read everything again, changed or not. The watch cannot end before it is dropped.
pub(crate) struct Again(Sender<()>);

impl Again {
    pub(crate) fn ask(&self) {
        // A watch that has ended reads nothing any more.
        let _ = self.0.send(());
    }
}

impl Reloading {
    /// For whoever may ask for another look.
    pub(crate) fn again(&self) -> Again {
        Again(self.asking.clone())
    }

    /// Ends the watch, and waits until a swap that has begun is done.
    pub(crate) async fn stop(self) {
        drop(self.asking);
        // A panic of that thread was told on standard error when it happened.
        let _ = tokio::task::spawn_blocking(move || self.thread.join()).await;
    }
}

impl Reload {
    pub(crate) fn new(
        watch: Watch,
        root: PathBuf,
        current: Arc<Current>,
        store: Arc<Store>,
        terminal: Terminal,
        certificate: Option<Certificate>,
    ) -> Reload {
        Reload { watch, root, current, store, terminal, certificate }
    }

    /// Begins to look.
    pub(crate) fn start(mut self) -> Reloading {
        let (asking, asked) = channel();
        let thread = std::thread::spawn(move || self.run(&asked));
        Reloading { asking, thread }
    }

    fn run(&mut self, asked: &Receiver<()>) {
        let mut looks = 0_u32;
        loop {
            match asked.recv_timeout(INTERVAL) {
                Ok(()) => self.read_again(),
                Err(RecvTimeoutError::Timeout) => {
                    looks = looks.wrapping_add(1);
                    self.look(looks);
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Takes what has changed and come to rest.
    fn look(&mut self, looks: u32) {
        if let Some(certificate) = &mut self.certificate
            && looks.is_multiple_of(LOOKS_PER_CERTIFICATE)
        {
            certificate.look();
        }
        if let Some(given) = self.watch.look() {
            self.take_or_refuse(given);
        }
    }

    /// Takes everything as it is now: somebody says that it is whole, and what keys are read from is not watched.
    fn read_again(&mut self) {
        if let Some(certificate) = &mut self.certificate {
            certificate.read_again();
        }
        let given = self.watch.read_again();
        self.take_or_refuse(given);
    }

    fn take_or_refuse(&self, given: Result<Given, Failure>) {
        match given {
            Ok(given) => {
                // A mistake of ours must not end the watch: what is saved next may be read again.
                let taken = catch_unwind(AssertUnwindSafe(|| self.take(given)));
                if taken.is_err() {
                    let failure = Failure::new("the policy could not be compiled: a mistake in wayleave");
                    self.refuse_for("internal", &failure);
                }
            }
            Err(failure) => self.refuse_for("unreadable", &failure),
        }
    }

    /// Puts what was saved into force, if it can be.
    fn take(&self, given: Given) {
        let compiled = match compile_to_serve(given, &self.root) {
            Ok(compiled) => compiled,
            Err(Broken::Mistakes { diagnostics, sources }) => {
                let shown = render_human(&diagnostics, &sources, self.terminal.error_style());
                let told = render_human(&diagnostics, &sources, PLAIN);
                return self.refuse(&shown, refused(&diagnostics, told));
            }
            Err(Broken::Unusable(failure)) => return self.refuse_for("unusable", &failure),
        };
        let before = self.current.served().program.fingerprint().clone();
        let warnings = compiled.warnings.clone();
        let policy = match served(compiled, &self.root) {
            Ok(policy) => policy,
            Err(failure) => return self.refuse_for("key_missing", &failure),
        };
        if let Err(error) = self.current.swap(policy) {
            let failure = Failure::because("connections to the providers cannot be prepared", &error);
            return self.refuse_for("unusable", &failure);
        }
        note(&warnings);
        let after = self.current.served().program.fingerprint().policy.clone();
        let meaning = if before.policy == after { ", its meaning unchanged" } else { "" };
        // Whoever reads standard output may have left; the policy is in force all the same.
        self.record_loaded(&warnings);
        let _ = print(&format!("policy reloaded: {after}{meaning}\n"));
    }

    /// For what is no mistake of the text; `code` says in a word what it is.
    fn refuse_for(&self, code: &'static str, failure: &Failure) {
        let words = failure.words();
        self.refuse(&words, Refused { diagnostics: words.clone(), codes: vec![code], count: 1 });
    }

    /// Keeps the policy in force and says why everywhere; `shown` may have colours.
    fn refuse(&self, shown: &str, refused: Refused) {
        let kept = self.current.served().program.fingerprint().policy.clone();
        // It is so before it is said: whoever reads the terminal may ask `/readyz` at once.
        let told = refused.diagnostics.clone();
        self.current.refuse(refused);
        self.event(PolicyEventKind::Refused, &told);
        note(&format!("{}\n", shown.trim_end()));
        note(&format!("the policy was not reloaded: {kept} stays in force\n"));
    }

    /// Writes down what is in force, with its text.
    pub(crate) fn record_loaded(&self, warnings: &str) {
        let served = self.current.served();
        self.store.keep_policy(&served.program.fingerprint().source, served.view.files.clone());
        self.event(PolicyEventKind::Loaded, warnings);
    }

    fn event(&self, kind: PolicyEventKind, diagnostics: &str) {
        let fingerprint = self.current.served().program.fingerprint().clone();
        self.store.record_event(PolicyEvent {
            at_ms: environment::now_ms(),
            kind,
            policy: fingerprint.policy,
            source: fingerprint.source,
            diagnostics: diagnostics.to_owned(),
        });
    }
}

/// What is told of a text with these mistakes.
fn refused(diagnostics: &[Diagnostic], told: String) -> Refused {
    let errors = || diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    let codes: BTreeSet<&'static str> = errors().map(|error| error.code.name()).collect();
    Refused { diagnostics: told, codes: codes.into_iter().collect(), count: errors().count() }
}
