//! The product as it is asked of a request: a table that is read once for each byte, and not beyond the byte after which
//! nothing can change the class.

use super::product::Product;

/// The way from a text that is no literal to its class.
#[derive(Debug)]
pub(super) struct Walk {
    groups: [u8; 256],
    start: u32,
    /// Rows of undecided states: an entry for each group of bytes and one for the end of the text. An entry is where the row
    /// of the next state begins, or a class with [`DECIDED`]; at the end it is a class.
    next: Vec<u32>,
    width: usize,
}

/// The class is known, whatever follows.
const DECIDED: u32 = 1 << 31;

/// The sets of patterns that texts can have which go on from a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outlook {
    /// No text does, as far as is known.
    None,
    /// All have this one.
    One(u64),
    /// Not all have the same.
    Several,
}

impl Outlook {
    fn or(self, other: Outlook) -> Outlook {
        match (self, other) {
            (Outlook::None, outlook) | (outlook, Outlook::None) => outlook,
            (Outlook::One(one), Outlook::One(same)) if one == same => self,
            (Outlook::One(_) | Outlook::Several, Outlook::One(_) | Outlook::Several) => Outlook::Several,
        }
    }
}

impl Walk {
    /// The walk that answers the class that `class_of` gives to a set of patterns.
    pub(super) fn new(product: &Product, class_of: impl Fn(u64) -> u32) -> Walk {
        let outlooks = outlooks(product);
        let width = product.alphabet().len() + 1;
        let mut rows = 0;
        let mut entries = Vec::with_capacity(outlooks.len());
        for outlook in &outlooks {
            entries.push(match outlook {
                Outlook::None => DECIDED,
                Outlook::One(set) => DECIDED | class_of(*set),
                Outlook::Several => {
                    rows += 1;
                    u32::try_from((rows - 1) * width).expect("the product's limits are lower")
                }
            });
        }
        let mut next = Vec::with_capacity(rows * width);
        for state in (0..product.states()).filter(|state| outlooks[*state as usize] == Outlook::Several) {
            let groups = 0..product.alphabet().len();
            // Where no text goes on, none is ever asked of.
            let entry = |next: Option<u32>| next.map_or(DECIDED, |next| entries[next as usize]);
            next.extend(groups.map(|group| entry(product.next(state, group))));
            next.push(product.end(state).map_or(0, &class_of));
        }
        Walk { groups: *product.alphabet().groups(), start: entries[0], next, width }
    }

    /// The class of a text that is no literal.
    #[inline]
    pub(super) fn class_of(&self, text: &str) -> u32 {
        let mut state = self.start;
        for byte in text.bytes() {
            if state & DECIDED != 0 {
                break;
            }
            state = self.next[state as usize + usize::from(self.groups[usize::from(byte)])];
        }
        if state & DECIDED == 0 { self.next[state as usize + self.width - 1] } else { state & !DECIDED }
    }
}

/// Times that all states are gone through. Patterns seldom need five; those that need more are read to the end.
const ROUND_LIMIT: usize = 32;

/// The outlook of each state: what holds of a state holds of those before it. Most states lead to later ones, so that going
/// backwards settles most of them the first time. Where the limit is met, no outlook is relied on.
fn outlooks(product: &Product) -> Vec<Outlook> {
    let end = |state| product.end(state).map_or(Outlook::None, Outlook::One);
    let mut outlooks: Vec<Outlook> = (0..product.states()).map(end).collect();
    for _ in 0..ROUND_LIMIT {
        let mut is_settled = true;
        for state in (0..product.states()).rev() {
            let index = state as usize;
            if outlooks[index] == Outlook::Several {
                continue;
            }
            let followers = (0..product.alphabet().len()).filter_map(|group| product.next(state, group));
            let outlook = followers.fold(outlooks[index], |all, next| all.or(outlooks[next as usize]));
            is_settled &= outlook == outlooks[index];
            outlooks[index] = outlook;
        }
        if is_settled {
            return outlooks;
        }
    }
    vec![Outlook::Several; outlooks.len()]
}
