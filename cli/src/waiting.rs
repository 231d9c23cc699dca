//! What is shown while something takes long: past a second, on a terminal, one line on standard error that goes away.

use crate::output::note;
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use wayleave_compiler::proof::Progress;

/// Nobody wonders before.
const PATIENCE: Duration = Duration::from_secs(1);

/// Often enough to be seen to move.
const INTERVAL: Duration = Duration::from_millis(100);

/// A line that says how far something is.
pub(crate) struct Waiting {
    what: &'static str,
    begin: Instant,
    is_terminal: bool,
    /// When it was last shown, if it was.
    shown: Mutex<Option<Instant>>,
}

impl Waiting {
    /// Does something that tells its progress.
    pub(crate) fn with<T>(what: &'static str, work: impl FnOnce(Progress<'_>) -> T) -> T {
        let is_terminal = std::io::stderr().is_terminal();
        let waiting = Waiting { what, begin: Instant::now(), is_terminal, shown: Mutex::new(None) };
        let done = work(&|step, done, of| waiting.show(step, done, of));
        if waiting.shown.lock().is_ok_and(|shown| shown.is_some()) {
            note("\r\u{1b}[K");
        }
        done
    }

    fn show(&self, step: &str, done: usize, of: usize) {
        if !self.is_terminal || self.begin.elapsed() < PATIENCE {
            return;
        }
        let Ok(mut shown) = self.shown.lock() else { return };
        if shown.is_none_or(|at| at.elapsed() >= INTERVAL) {
            // How much there is may not be known.
            let far = if of == 0 { String::new() } else { format!(" ({done} of {of})") };
            note(&format!("\r\u{1b}[K{}: {step}{far}", self.what));
            *shown = Some(Instant::now());
        }
    }
}
