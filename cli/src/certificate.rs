//! The data port's certificate and key: read from their files, and read again while the gateway runs, so that a renewed
//! pair is in force within seconds. A pair that cannot be used leaves the one before in force, and is told once.

use crate::output::{Failure, note};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wayleave_runtime::server::tls::Tls;

/// A file of certificates, or of a key, beyond this is something else.
pub(crate) const FILE_BYTES: u64 = 4 << 20;

/// Both files as they were read.
type Pair = (Vec<u8>, Vec<u8>);

/// The pair in force and the files that it is from.
pub(crate) struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
    /// What was taken or refused last.
    taken: Option<Pair>,
    /// A change that was seen once: somebody may still be writing, and has two files to write.
    seen: Option<Result<Pair, String>>,
    /// Whether the files could not be read when they were looked at last.
    is_unreadable: bool,
    tls: Arc<Tls>,
}

impl Certificate {
    /// Reads the pair for the first time.
    ///
    /// # Errors
    /// When a file cannot be read, or the pair cannot be used.
    pub(crate) fn begin(certificate: &Path, key: &Path) -> Result<Certificate, Failure> {
        let pair = (read(certificate, "the certificate")?, read(key, "the key")?);
        let tls = Tls::new(&pair.0, &pair.1).map_err(|error| {
            let what = format!("`{}` and `{}` cannot be used", certificate.display(), key.display());
            Failure::because(what, &error).mend("name a certificate and its own key, both PEM")
        })?;
        Ok(Certificate {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            taken: Some(pair),
            seen: None,
            is_unreadable: false,
            tls: Arc::new(tls),
        })
    }

    /// What the data port is served with.
    pub(crate) fn tls(&self) -> Arc<Tls> {
        Arc::clone(&self.tls)
    }

    /// Looks once, and takes a pair that has come to rest.
    pub(crate) fn look(&mut self) {
        let now = self.read();
        let is_known = match &now {
            Ok(pair) => !self.is_unreadable && self.taken.as_ref() == Some(pair),
            Err(_) => self.is_unreadable,
        };
        if is_known || self.seen.as_ref() != Some(&now) {
            self.seen = (!is_known).then_some(now);
            return;
        }
        self.take(now);
    }

    /// Takes the pair as it is now, changed or not, at rest or not.
    pub(crate) fn read_again(&mut self) {
        let now = self.read();
        self.take(now);
    }

    fn read(&self) -> Result<Pair, String> {
        read(&self.certificate, "the certificate")
            .and_then(|certificate| Ok((certificate, read(&self.key, "the key")?)))
            .map_err(|failure| failure.words())
    }

    fn take(&mut self, now: Result<Pair, String>) {
        self.seen = None;
        self.is_unreadable = now.is_err();
        let pair = match now {
            Ok(pair) => pair,
            Err(words) => return self.refuse("its files cannot be read", &words),
        };
        let shown = self.certificate.display();
        match self.tls.replace(&pair.0, &pair.1) {
            Ok(()) => note(&format!("certificate reloaded: connections that begin now get `{shown}`\n")),
            Err(error) => {
                let what = format!("`{shown}` and `{}` cannot be used", self.key.display());
                self.refuse(&error.to_string(), &Failure::because(what, &error).words());
            }
        }
        self.taken = Some(pair);
    }

    /// Keeps the pair in force, tells `reason` to whoever asks whether the gateway is ready, and `words` to the terminal.
    fn refuse(&self, reason: &str, words: &str) {
        self.tls.refuse(reason);
        note(&format!("{words}\nthe certificate was not reloaded: the pair before stays in force\n"));
    }
}

/// A file of PEM.
pub(crate) fn read(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| Failure::io(format!("{what} `{shown}` cannot be read"), &error);
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() || metadata.len() > FILE_BYTES {
        return Err(Failure::new(format!("{what} `{shown}` cannot be read: it is no file of PEM"))
            .mend("name a PEM file"));
    }
    std::fs::read(path).map_err(unreadable)
}
