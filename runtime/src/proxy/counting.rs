//! How many tokens the input of a request has, as far as its policy can tell the difference.
//!
//! Sure bounds come first. Only where some rule, context or draw could tell two counts between them apart are the texts counted:
//! off the request's own thread if they are long, as many at once as look through texts. The decision is the one on the
//! count.

use super::findings::{Asked, Unreadable};
use crate::wire::call::{self, Call};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use wayleave_program::attributes::Attributes;
use wayleave_program::schema::BuiltIn;
use wayleave_program::value::{Tokens, Value};

/// Texts are counted so long, which is enough for ten MiB of what people write; what is left then counts as its bytes.
const COUNTING_LIMIT: Duration = Duration::from_secs(1);

impl Asked<'_> {
    /// Makes the input's tokens known. How many they are: a number between sure bounds that decides as the count would, or
    /// the count.
    pub(super) async fn count(&self, call: &Call, attributes: &mut Attributes) -> Result<u64, Unreadable> {
        let counted = self.served.encodings.of_api(self.api);
        let (least, most) = call.size.bounds(counted);
        let tokens = match self.served.program.decides_alike(attributes, Tokens(least), Tokens(most)) {
            true => call.size.estimate.clamp(least, most),
            false => call.size.of(counted, self.texts().await?),
        };
        attributes.set(BuiltIn::RequestTokens.id(), Value::Tokens(Tokens(tokens)));
        Ok(tokens)
    }

    /// The tokens of all texts, in the encoding that has most of them.
    async fn texts(&self) -> Result<u64, Unreadable> {
        let (api, body, served) = (self.api, self.body.clone(), Arc::clone(self.served));
        let encodings = &self.served.encodings.of_api(api).encodings;
        // Reading a dictionary holds up others as a long text does.
        let is_quick = encodings.iter().all(|encoding| encoding.is_ready());
        let bytes = if is_quick { body.len() } else { usize::MAX };
        let count = move |left: &AtomicBool| {
            let started = Instant::now();
            let is_over = || left.load(Ordering::Relaxed) || started.elapsed() > COUNTING_LIMIT;
            call::count(api, &body, &served.encodings.of_api(api).encodings, &is_over)
        };
        self.run(bytes, count).await?.map_err(|_| Unreadable::Mistake)
    }
}
