//! A `wayleave` that runs: started, waited for by what it prints, stopped by a signal.

use super::binary_folder;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Longer than any step takes, so that a hang ends the test.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// A running `wayleave` and what it prints, both streams together.
pub(super) struct Process {
    pub(super) child: Child,
    pub(super) lines: Receiver<String>,
    pub(super) printed: Vec<String>,
}

impl Process {
    pub(super) fn start(arguments: &[&str], folder: &Path) -> Process {
        let mut child = Command::new(binary_folder().join("wayleave"))
            .args(arguments)
            .current_dir(folder)
            .env("HOME", folder.join("home"))
            .env_remove("XDG_STATE_HOME")
            .env_remove("WAYLEAVE_STORE")
            // Nobody balances requests to what a test stops.
            .env("WAYLEAVE_TIMEOUTS_DRAIN_DELAY", "0s")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let (sender, lines) = channel();
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().expect("piped")), Box::new(child.stderr.take().expect("piped"))];
        for stream in streams {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        Process { child, lines, printed: Vec::new() }
    }

    /// Waits for a line with those words and gives it.
    pub(super) fn line(&mut self, words: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.printed.push(line.clone());
                    if line.contains(words) {
                        return line;
                    }
                }
                Err(_) => panic!("`{words}` was due; it printed:\n{}", self.printed.join("\n")),
            }
        }
    }

    /// The address in the line that begins with that word.
    pub(super) fn address(&mut self, word: &str) -> String {
        let line = self.line(word);
        let (_, rest) = line.split_once("http://").expect("a URL stands in the line");
        rest.split(['/', ' ']).next().expect("an address").to_owned()
    }

    pub(super) fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    pub(super) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status().expect("kill is there");
        assert!(status.success(), "the process is still running");
    }

    pub(super) fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return status;
            }
            assert!(Instant::now() < end, "it did not end; it printed:\n{}", self.printed.join("\n"));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
