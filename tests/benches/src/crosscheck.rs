//! Engines are compared only where they answer alike: each answer is held to that of the plain loop.

/// An answer that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The request's position.
    pub request: usize,
    /// What the plain loop says.
    pub expected: Option<u32>,
    /// What the engine says.
    pub answered: Option<u32>,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Mismatch { request, expected, answered } = self;
        write!(f, "request {request}: the plain loop says {expected:?}, this engine {answered:?}")
    }
}

/// The first answer that differs; an engine that was asked less than everything is held to what it was asked.
pub fn first_mismatch(expected: &[Option<u32>], answered: &[Option<u32>]) -> Option<Mismatch> {
    let pairs = expected.iter().zip(answered).enumerate();
    let differs = |(_, (expected, answered)): &(usize, (&Option<u32>, &Option<u32>))| expected != answered;
    let mismatch = |(request, (expected, answered)): (usize, (&Option<u32>, &Option<u32>))| Mismatch {
        request,
        expected: *expected,
        answered: *answered,
    };
    pairs.into_iter().find(differs).map(mismatch)
}
