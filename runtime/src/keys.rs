//! Caller keys: how they are made, what is stored of them, and who holds which. The text of a key is seen by its holder
//! alone: stored are its SHA-256, a public id and a hint.

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

/// Every key begins so, which lets scanners of texts find a leaked one.
const PREFIX: &str = "wl_";

/// Bytes of randomness in a key.
const KEY_BYTES: usize = 32;

/// Bytes of randomness in a public id.
const ID_BYTES: usize = 6;

/// The SHA-256 of a key.
pub type KeyHash = [u8; 32];

/// Who holds a key, as policies see it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Identity {
    /// The key's public id.
    pub key_id: String,
    /// `caller.id`
    pub caller_id: String,
    /// `caller.team`
    pub team: Option<String>,
    /// `caller.app`
    pub app: Option<String>,
    /// `caller.groups`
    pub groups: Vec<String>,
    /// What `from credential "FIELD"` reads.
    pub fields: BTreeMap<String, String>,
}

/// What is stored of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredKey {
    /// Who holds it.
    pub identity: Identity,
    /// The end of its text, enough to tell two keys apart and nothing more.
    pub hint: String,
    /// Wall clock, milliseconds since 1970.
    pub created_ms: i64,
    /// When it was revoked, if it was.
    pub revoked_ms: Option<i64>,
}

/// A key as it is made.
pub struct NewKey {
    /// Its text, shown once.
    pub text: String,
    /// Its public id.
    pub id: String,
    /// Its hint.
    pub hint: String,
    /// What is stored of its text.
    pub hash: KeyHash,
}

impl NewKey {
    /// A key from the system's randomness.
    ///
    /// # Errors
    /// When the system has none to give.
    pub fn random() -> Result<NewKey, getrandom::Error> {
        let mut secret = [0; KEY_BYTES];
        getrandom::fill(&mut secret)?;
        let mut id = [0; ID_BYTES];
        getrandom::fill(&mut id)?;
        let text = format!("{PREFIX}{}", base64url(&secret));
        let hint = format!("…{}", &text[text.len() - 4..]);
        let id = id.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(NewKey { hash: hash(&text), id, hint, text })
    }
}

/// The SHA-256 of a key's text.
pub fn hash(text: &str) -> KeyHash {
    Sha256::digest(text.as_bytes()).into()
}

/// RFC 4648, section 5, without padding.
fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 3);
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for position in 0..=chunk.len() {
            let index = bits >> (18 - 6 * position) & 63;
            text.push(char::from(ALPHABET[index as usize]));
        }
    }
    text
}

/// Who holds which key, by the hash of its text; swapped whole, read without a lock.
#[derive(Debug, Default)]
pub struct Keys {
    valid: ArcSwap<BTreeMap<KeyHash, Arc<Identity>>>,
    turn: tokio::sync::Mutex<Seen>,
    changes: watch::Sender<()>,
}

/// How far a store's keys have been read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The row of the newest key.
    pub(crate) row: i64,
    /// When the last of them was revoked, by the clock of whoever revoked it.
    pub(crate) revoked_ms: i64,
}

/// A key that a running request was let in by.
#[derive(Debug)]
pub(crate) struct Held {
    keys: Arc<Keys>,
    hash: KeyHash,
    holder: Arc<Identity>,
    changes: watch::Receiver<()>,
}

impl Held {
    /// Who held it when the request came.
    pub(crate) fn holder(&self) -> &Arc<Identity> {
        &self.holder
    }

    /// Whether it has been revoked. Without a change since the last look this costs a load.
    pub(crate) fn is_revoked(&mut self) -> bool {
        if !self.changes.has_changed().unwrap_or(false) {
            return false;
        }
        self.changes.mark_unchanged();
        !self.keys.valid.load().contains_key(&self.hash)
    }

    /// Waits until it is revoked.
    pub(crate) async fn revoked(&mut self) {
        // The keys that are held hold the sender, so that its changes never end.
        while self.changes.changed().await.is_ok() {
            if !self.keys.valid.load().contains_key(&self.hash) {
                return;
            }
        }
    }
}

impl Keys {
    /// The holder of a key. Unknown and revoked keys are told alike, and compared by their hash alone.
    pub fn find(&self, text: &str) -> Option<Arc<Identity>> {
        self.valid.load().get(&hash(text)).cloned()
    }

    /// Holds a key, to hear of it when it is revoked; none for one that is not valid.
    pub(crate) fn hold(self: &Arc<Keys>, text: &str) -> Option<Held> {
        // Subscribed before the look: what changes behind it is heard of.
        let (hash, changes) = (hash(text), self.changes.subscribe());
        let holder = self.valid.load().get(&hash).cloned()?;
        Some(Held { keys: Arc::clone(self), hash, holder, changes })
    }

    /// How many keys are valid.
    pub fn count(&self) -> usize {
        self.valid.load().len()
    }

    /// The keys in force.
    pub(crate) fn valid(&self) -> BTreeMap<KeyHash, Arc<Identity>> {
        BTreeMap::clone(&self.valid.load())
    }

    /// Waits for one's turn to read what has changed and put it into force; held until it is there.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, Seen> {
        self.turn.lock().await
    }

    /// Puts another table into force.
    pub(crate) fn replace(&self, valid: BTreeMap<KeyHash, Arc<Identity>>) {
        self.valid.store(Arc::new(valid));
        self.changes.send_replace(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_is_that_of_the_rfc() {
        for (bytes, text) in
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE")]
        {
            assert_eq!(base64url(bytes.as_bytes()), text);
        }
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn keys_differ_and_are_found_by_their_whole_text() {
        let (one, other) = (NewKey::random().expect("randomness"), NewKey::random().expect("randomness"));
        assert_eq!(one.text.len(), 46);
        assert_ne!(one.text, other.text);
        let keys = Keys::default();
        let holder = Arc::new(Identity { caller_id: "ana".to_owned(), ..Identity::default() });
        keys.replace(BTreeMap::from([(one.hash, holder)]));
        assert_eq!(keys.find(&one.text).map(|identity| identity.caller_id.clone()), Some("ana".to_owned()));
        assert_eq!(keys.find(&other.text), None);
        assert_eq!(keys.find(&one.text[..45]), None);
        assert_eq!(keys.find(""), None);
    }
}
