//! A table from texts to numbers that is made once and asked often: open addressing, linear probing, at most two thirds full. It
//! asks for no memory when it is asked, and its hash is the same on every machine.

/// Texts that are all known when it is made, each with its class.
#[derive(Debug)]
pub(in super::super) struct Table {
    /// A power of two of them, or none.
    slots: Vec<Slot>,
    /// All texts one after another.
    bytes: Vec<u8>,
    /// A bit for each length that a text has; the last is for every length from 63 on.
    lengths: u64,
    longest: usize,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    /// Of texts of at most sixteen bytes these tell with the length which text it is.
    ends: (u64, u64),
    start: u32,
    length: u32,
    /// [`FREE`] where nothing is.
    class: u32,
}

/// No class has this number: there is a text for each, and a policy is no four gigabytes.
const FREE: u32 = u32::MAX;

impl Table {
    /// A table of these, which are distinct.
    pub(in super::super) fn new(texts: &[(&str, u32)]) -> Table {
        let free = Slot { ends: (0, 0), start: 0, length: 0, class: FREE };
        let size = if texts.is_empty() { 0 } else { (texts.len() * 3 / 2 + 1).next_power_of_two() };
        let mut table = Table { slots: vec![free; size], bytes: Vec::new(), lengths: 0, longest: 0 };
        for (text, class) in texts {
            let position = |bytes: usize| u32::try_from(bytes).expect("a policy is no four gigabytes");
            let ends = ends(text.as_bytes());
            let mut at = table.home(hash(text.as_bytes(), ends));
            while table.slots[at].class != FREE {
                at = (at + 1) & (table.slots.len() - 1);
            }
            let (start, length) = (position(table.bytes.len()), position(text.len()));
            table.slots[at] = Slot { ends, start, length, class: *class };
            table.bytes.extend_from_slice(text.as_bytes());
            table.lengths |= length_bit(text.len());
            table.longest = table.longest.max(text.len());
        }
        table
    }

    /// The class of a text; none where it is not in the table.
    #[inline]
    pub(in super::super) fn get(&self, text: &str) -> Option<u32> {
        // Most texts that are not in it are told by their length; a long one is not even read.
        if self.lengths & length_bit(text.len()) == 0 || text.len() > self.longest {
            return None;
        }
        let text = text.as_bytes();
        let ends = ends(text);
        let mut at = self.home(hash(text, ends));
        loop {
            let slot = &self.slots[at];
            if slot.class == FREE {
                return None;
            }
            if slot.ends == ends && slot.length as usize == text.len() {
                let start = slot.start as usize;
                if text.len() <= 16 || self.bytes[start..start + text.len()] == *text {
                    return Some(slot.class);
                }
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    fn home(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }
}

fn length_bit(length: usize) -> u64 {
    1 << length.min(63)
}

/// The first and the last eight bytes, which may overlap; of a shorter text all of it, and nothing.
#[inline]
fn ends(text: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
    } else if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        (u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last)), 0)
    } else if let (Some(first), Some(last)) = (text.first(), text.last()) {
        (u64::from(*first) << 16 | u64::from(text[text.len() / 2]) << 8 | u64::from(*last), 0)
    } else {
        (0, 0)
    }
}

/// Eight bytes at a time are multiplied and folded; the last eight may overlap those before. Whoever asks cannot choose what
/// is in the table, so that no choice of texts makes it slow.
#[inline]
fn hash(text: &[u8], (first, last): (u64, u64)) -> u64 {
    const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = fold(SEED ^ text.len() as u64 ^ first);
    if text.len() > 16 {
        let (chunks, _) = text.as_chunks::<8>();
        for chunk in &chunks[1..(text.len() - 1) / 8] {
            hash = fold(hash ^ u64::from_le_bytes(*chunk));
        }
    }
    fold(hash ^ last)
}

fn fold(value: u64) -> u64 {
    const FACTOR: u64 = 0xa076_1d64_78bd_642f;
    let product = u128::from(value) * u128::from(FACTOR);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twenty texts of every length up to forty, which differ in one byte, wherever it stands.
    #[test]
    fn it_holds_what_was_put_in_and_nothing_else() {
        let mut texts = vec![String::new()];
        let mut strange = Vec::new();
        for length in 1..40 {
            for place in 0..length {
                let with = |letter: char| {
                    let at = |index| if index == place { letter } else { 'a' };
                    (0..length).map(at).collect::<String>()
                };
                texts.push(with('b'));
                strange.push(with('c'));
            }
        }
        let entries: Vec<(&str, u32)> = texts.iter().map(String::as_str).zip(0..).collect();
        let table = Table::new(&entries);
        assert!(entries.iter().all(|(text, class)| table.get(text) == Some(*class)));
        assert!(strange.iter().all(|text| table.get(text).is_none()));
        assert_eq!(Table::new(&[]).get(""), None);
        let displaced = |slot: &(usize, &Slot)| {
            let text = &table.bytes[slot.1.start as usize..(slot.1.start + slot.1.length) as usize];
            slot.1.class != FREE && table.home(hash(text, ends(text))) != slot.0
        };
        let displaced = table.slots.iter().enumerate().filter(displaced).count();
        assert!((1..texts.len() / 2).contains(&displaced), "{displaced} of {} are not at home", texts.len());
    }
}
