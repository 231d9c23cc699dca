//! Where a place of a text stands in a later one: what is before the change stays, what is behind it moves with it, and what was
//! changed is gone. Knows no more of the change than the two texts.

/// What became of the places of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// Bytes at the beginning that both texts share.
    before: usize,
    /// Where the end that both share begins in the earlier text.
    behind: usize,
    /// And in the later one.
    moved: usize,
}

impl Shift {
    /// Between two texts.
    pub fn between(earlier: &str, later: &str) -> Shift {
        let shared = earlier.bytes().zip(later.bytes()).take_while(|(one, other)| one == other).count();
        // Not within a character, of which only a part may be shared.
        let before = earlier.floor_char_boundary(shared).min(later.floor_char_boundary(shared));
        let ends = earlier[before..].bytes().rev().zip(later[before..].bytes().rev());
        let shared = ends.take_while(|(one, other)| one == other).count();
        let mut behind = earlier.len() - shared;
        while !earlier.is_char_boundary(behind) {
            behind += 1;
        }
        Shift { before, behind, moved: later.len() - (earlier.len() - behind) }
    }

    /// The place in the later text; none where that was changed.
    pub fn place(self, at: usize) -> Option<usize> {
        match at {
            // What is put in before a line moves it.
            at if at >= self.behind => Some(at - self.behind + self.moved),
            at if at <= self.before => Some(at),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_changed_is_found_again() {
        let (earlier, later) = ("deny é when a\nroute b\n", "deny è when a and c\nroute b\n");
        let shift = Shift::between(earlier, later);
        assert_eq!(shift.place(0), Some(0));
        assert_eq!(shift.place(earlier.find("when").expect("it is there")), None);
        let (old, new) = (earlier.find("route"), later.find("route"));
        assert_eq!(old.and_then(|at| shift.place(at)), new);
        assert_eq!(shift.place(earlier.len()), Some(later.len()));
    }

    #[test]
    fn every_place_that_is_found_has_the_same_text_beside_it() {
        let texts = ["", "a", "aa", "aba", "ab\nab", "é", "èé", "éè", "ééé", "x😀y", "x😁y", "😀"];
        for (earlier, later) in texts.iter().flat_map(|one| texts.map(|other| (*one, other))) {
            let shift = Shift::between(earlier, later);
            for at in (0..=earlier.len()).filter(|at| earlier.is_char_boundary(*at)) {
                let Some(place) = shift.place(at) else { continue };
                let is_same = earlier[..at] == later[..place] || earlier[at..] == later[place..];
                assert!(is_same, "{earlier:?} {at} {later:?} {place}");
            }
        }
    }
}
