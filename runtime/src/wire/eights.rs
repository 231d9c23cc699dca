//! Eight bytes at a time: which of them are of a kind, as a number in which the high bit of a byte says so. Read from a text
//! in little-endian order, so that the lowest bit that is set is of the first.

const EACH: u64 = 0x0101_0101_0101_0101;

const EACH_HIGH_BIT: u64 = 0x80 * EACH;

/// What is said where all are of the kind.
pub(super) const ALL: u64 = EACH_HIGH_BIT;

/// Letters of ASCII.
pub(super) fn letters_of(eight: u64) -> u64 {
    let lower = (eight | (0x20 * EACH)) & !EACH_HIGH_BIT;
    let from_a = lower + u64::from(0x80 - b'a') * EACH;
    let beyond_z = lower + u64::from(0x7F - b'z') * EACH;
    from_a & !beyond_z & !eight & EACH_HIGH_BIT
}

/// Which of 64 bytes are of a kind, the lowest bit of the first.
pub(super) fn bits_of(piece: &[u8; 64], is: impl Fn(u8) -> bool) -> u64 {
    let marks = piece.map(|byte| u8::from(is(byte)));
    let eights = marks.as_chunks::<8>().0.iter().enumerate();
    eights.fold(0, |bits, (at, eight)| {
        // Each mark meets the one power of two that takes it to its place in the highest byte, and no two sums meet.
        let gathered = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits | gathered << (8 * at)
    })
}

/// Quotes, backslashes and control characters: where a plain piece of a string in JSON ends. Only the first of them is told for
/// sure; none where there is none.
pub(super) fn first_end_of(eight: u64) -> Option<usize> {
    // What is taken away leaves a high bit in the first byte of the kind; behind it a borrow may make others. Bytes beyond ASCII
    // have one anyway, before and after.
    let quotes = (eight ^ (u64::from(b'"') * EACH)).wrapping_sub(EACH);
    let backslashes = (eight ^ (u64::from(b'\\') * EACH)).wrapping_sub(EACH);
    let controls = eight.wrapping_sub(0x20 * EACH);
    let ends = (quotes | backslashes | controls) & !eight & EACH_HIGH_BIT;
    (ends != 0).then(|| ends.trailing_zeros() as usize / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each_eight(mut tell: impl FnMut([u8; 8])) {
        for first in 0..=255_u8 {
            for second in [0, b' ', b'!', b'"', b'a', b'\\', b'{', 0x1F, 0x80, 0xFF] {
                tell([first, second, first, first, second, second, first, second]);
                tell([second, b'x', b'y', b'z', b'~', first, second, first]);
                tell([b'x', b'y', b'z', b'~', b'.', b'0', 0xC3, first]);
            }
        }
    }

    #[test]
    fn eight_bytes_are_told_apart_as_each_is() {
        let marks = |is: fn(&u8) -> bool, bytes: [u8; 8]| {
            bytes.iter().rev().fold(0_u64, |all, byte| all << 8 | if is(byte) { 0x80 } else { 0 })
        };
        each_eight(|bytes| {
            let eight = u64::from_le_bytes(bytes);
            assert_eq!(letters_of(eight), marks(u8::is_ascii_alphabetic, bytes), "{bytes:?}");
        });
    }

    #[test]
    fn each_of_64_bytes_has_its_bit() {
        for set in [0, 1, 1 << 63, u64::MAX, 0x8040_2010_0804_0201, 0x0123_4567_89AB_CDEF] {
            let piece = std::array::from_fn(|at| if set >> at & 1 == 1 { b'a' } else { b'b' });
            assert_eq!(bits_of(&piece, |byte| byte == b'a'), set);
        }
    }

    #[test]
    fn the_first_end_is_found() {
        each_eight(|bytes| {
            let is_end = |byte: &u8| matches!(*byte, b'"' | b'\\' | 0..0x20);
            let first = bytes.iter().position(is_end);
            assert_eq!(first_end_of(u64::from_le_bytes(bytes)), first, "{bytes:?}");
        });
    }
}
