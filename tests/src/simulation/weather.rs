//! What providers do at what time: each target has spells of good and bad weather, and a call is answered by the spell
//! in which it is made.

use bytes::Bytes;
use fastrand::Rng;
use wayleave_program::plan::FailureClass;

/// A piece of what comes of a call.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    Status(u16),
    /// Bytes of a stream.
    Bytes(Bytes),
    /// A whole answer, all of it.
    Whole,
    /// The end of a stream's bytes.
    End,
    /// The call fails by itself.
    Failed(FailureClass, Option<u64>),
    /// No content has come in time.
    NoContent,
    /// The stream stands still.
    Idle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spell {
    Good,
    Slow,
    Down,
    Lossy,
    Limited,
    Busy,
    Broken,
    Silent,
    Cutting,
    Choosy,
    NoKey,
}

const SPELLS: [Spell; 18] = [
    Spell::Good,
    Spell::Good,
    Spell::Good,
    Spell::Good,
    Spell::Good,
    Spell::Good,
    Spell::Good,
    Spell::Slow,
    Spell::Slow,
    Spell::Down,
    Spell::Lossy,
    Spell::Limited,
    Spell::Busy,
    Spell::Broken,
    Spell::Silent,
    Spell::Cutting,
    Spell::Choosy,
    Spell::NoKey,
];

/// The spells of each target: from when on which.
#[derive(Debug)]
pub(super) struct Weather(Vec<Vec<(u64, Spell)>>);

const ROLE: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n";
const TEXT: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
const STOP: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const DONE: &str = "data: [DONE]\n\n";
const ERROR: &str = "data: {\"error\":{\"message\":\"boom\"}}\n\n";

impl Weather {
    pub(super) fn new(targets: usize, chance: &mut Rng) -> Weather {
        let spells = (0..targets).map(|_| {
            let mut from_ms = 0;
            let mut spells = Vec::new();
            while from_ms < 60_000 {
                spells.push((from_ms, SPELLS[chance.usize(0..SPELLS.len())]));
                from_ms += chance.u64(500..15_000);
            }
            spells
        });
        Weather(spells.collect())
    }

    /// What comes of a call made now, each piece with its time, ascending.
    pub(super) fn answer(
        &self,
        target: usize,
        is_stream: bool,
        patience_ms: u64,
        now_ms: u64,
        chance: &mut Rng,
    ) -> Vec<(u64, Piece)> {
        let spell = self.0[target].iter().take_while(|(from_ms, _)| *from_ms <= now_ms).last();
        let spell = spell.map_or(Spell::Good, |(_, spell)| *spell);
        let soon = now_ms + chance.u64(0..200);
        let late = now_ms + patience_ms;
        let fails = |class, retry_after| vec![(soon, Piece::Failed(class, retry_after))];
        let wait = [None, Some(0), Some(1), Some(4), Some(3_600)][chance.usize(0..5)];
        match spell {
            Spell::Down => fails(FailureClass::Unreachable, None),
            Spell::Lossy => fails(FailureClass::Ambiguous, None),
            Spell::Limited => fails(FailureClass::RateLimited, wait),
            Spell::Busy => fails(FailureClass::Overloaded, wait),
            Spell::Broken => fails(FailureClass::ServerError, None),
            Spell::NoKey => fails(FailureClass::Credential, None),
            Spell::Choosy => {
                let class = [FailureClass::Refused, FailureClass::Status(400), FailureClass::Status(402)];
                fails(class[chance.usize(0..class.len())], None)
            }
            Spell::Silent => vec![(late, Piece::NoContent)],
            Spell::Good | Spell::Slow | Spell::Cutting => {
                let content = soon + if spell == Spell::Slow { chance.u64(0..6_000) } else { 0 };
                if content > late {
                    return vec![(late, Piece::NoContent)];
                }
                match is_stream {
                    true => stream(spell == Spell::Cutting, patience_ms, content, chance),
                    false if spell == Spell::Cutting => fails(FailureClass::Ambiguous, None),
                    false => vec![(content, Piece::Status(200)), (content, Piece::Whole)],
                }
            }
        }
    }
}

/// A stream, its bytes cut anywhere.
fn stream(is_cut: bool, patience_ms: u64, content_ms: u64, chance: &mut Rng) -> Vec<(u64, Piece)> {
    let mut text = ROLE.to_owned();
    (0..chance.u32(1..6)).for_each(|_| text.push_str(TEXT));
    match chance.u8(0..4) {
        0 => text.push_str(": ping\n\n"),
        1 => text.push_str("data: {oops\n\n"),
        _ => {}
    }
    let end = match (is_cut, chance.u8(0..5)) {
        (false, 0) => {
            text.push_str(STOP);
            Piece::End
        }
        (false, _) => {
            text.push_str(&[STOP, DONE, TEXT].concat());
            Piece::End
        }
        (true, 0) => Piece::End,
        (true, 1) => Piece::Failed(FailureClass::Ambiguous, None),
        (true, 2) => {
            text.push_str(ERROR);
            Piece::End
        }
        (true, 3) => {
            text.push_str(DONE);
            Piece::End
        }
        (true, _) => Piece::Idle,
    };
    let mut pieces = vec![(content_ms, Piece::Status(200))];
    let mut at_ms = content_ms;
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (piece, more) = rest.split_at(chance.usize(1..=rest.len()));
        pieces.push((at_ms, Piece::Bytes(Bytes::copy_from_slice(piece.as_bytes()))));
        rest = more;
        at_ms += chance.u64(0..150);
    }
    let waits = if matches!(end, Piece::Idle) { patience_ms } else { 0 };
    pieces.push((at_ms + waits, end));
    pieces
}
