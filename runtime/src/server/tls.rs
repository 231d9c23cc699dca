//! TLS of the data port: a certificate with its key, swapped whole while connections are served. A pair that cannot be
//! used leaves the one before in force.

use arc_swap::{ArcSwap, ArcSwapOption};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{RootCertStore, ServerConfig};
use std::sync::Arc;

/// The protocols that are spoken behind TLS, the better one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Why a certificate and its key cannot be used.
#[derive(Debug)]
pub enum Error {
    /// There is no certificate in the text.
    NoCertificate,
    /// There is no private key in the text, or one that is encrypted.
    NoKey,
    /// One of several certificates to trust cannot be used as one.
    Authority(rustls::Error),
    /// They do not belong together, or are not of a kind that is known.
    Pair(rustls::Error),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::NoCertificate => f.write_str("there is no certificate in PEM"),
            Error::NoKey => f.write_str("there is no private key in PEM that can be read without a password"),
            Error::Authority(_) => f.write_str("a certificate in it cannot be trusted, as it is none"),
            Error::Pair(rustls::Error::InconsistentKeys(_)) => {
                f.write_str("the key is not that of the certificate")
            }
            Error::Pair(_) => f.write_str("the certificate or its key is of no kind that can be used"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::NoCertificate | Error::NoKey => None,
            Error::Authority(source) | Error::Pair(source) => Some(source),
        }
    }
}

/// The certificate in force. Connections that stand keep the one they began with.
pub struct Tls {
    config: ArcSwap<ServerConfig>,
    refused: ArcSwapOption<String>,
}

impl Tls {
    /// A certificate with those above it, and its key, both PEM.
    ///
    /// # Errors
    /// When they cannot be used.
    pub fn new(certificate: &[u8], key: &[u8]) -> Result<Tls, Error> {
        let config = ArcSwap::new(config(certificate, key)?);
        Ok(Tls { config, refused: ArcSwapOption::empty() })
    }

    /// Puts another pair into force for connections that begin from now on.
    ///
    /// # Errors
    /// When it cannot be used: the one before stays.
    pub fn replace(&self, certificate: &[u8], key: &[u8]) -> Result<(), Error> {
        self.config.store(config(certificate, key)?);
        self.refused.store(None);
        Ok(())
    }

    /// Remembers that a newer pair is refused, in words that name no file.
    pub fn refuse(&self, words: &str) {
        self.refused.store(Some(Arc::new(words.to_owned())));
    }

    /// Why a newer pair is not in force, if there is one.
    pub fn refused(&self) -> Option<Arc<String>> {
        self.refused.load_full()
    }

    /// What connections that begin now are served with.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        self.config.load_full()
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

/// Certificates to trust, PEM: how many there are.
///
/// # Errors
/// When there are none, or one cannot be used.
pub fn authorities(pem: &[u8]) -> Result<usize, Error> {
    let mut trusted = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        trusted.add(certificate.map_err(|_| Error::NoCertificate)?).map_err(Error::Authority)?;
    }
    if trusted.is_empty() { Err(Error::NoCertificate) } else { Ok(trusted.len()) }
}

fn config(certificate: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>, Error> {
    let chain: Result<Vec<CertificateDer<'static>>, _> =
        CertificateDer::pem_slice_iter(certificate).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or(Error::NoCertificate)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| Error::NoKey)?;
    // TLS 1.2 and 1.3: the library knows nothing older.
    let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(Error::Pair)?;
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key).map_err(Error::Pair)?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(Arc::new(config))
}
