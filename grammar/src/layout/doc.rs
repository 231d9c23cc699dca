//! A document: tokens, and what may stand between them. Each part knows how wide it is on one line, so that printing asks
//! that once and the work grows with the text alone.

/// What may stand between two tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// Blanks, wherever it stands.
    Blanks(u32),
    /// On one line so many blanks, else a line end.
    Line(u32),
    /// On one line so many blanks, else a line end; blank lines before it stay.
    Part(u32),
    /// A line end before an entry of a body; blank lines before it stay.
    Entry,
    /// A line end before the first entry of a body.
    First,
    /// A line end before the brace that closes a body.
    Close,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// A token by its index.
    Token(usize),
    /// A comma behind the last member of a list: written where each member has a line of its own, whether it was or not.
    LastComma(Option<usize>),
    Gap(Gap),
    /// The comments before a token, which is written elsewhere.
    Comments(usize),
    All(Vec<Doc>),
    /// Two blanks further in.
    Indent(Box<Doc>),
    /// On one line if it fits, with so much room for what follows; else all its own lines are broken.
    Group(Box<Doc>, u32),
}

/// A part of a document.
#[derive(Debug)]
pub(super) struct Doc {
    pub(super) kind: Kind,
    /// Its width on one line; none if it does not fit on one.
    pub(super) flat: Option<u32>,
    /// Its first token.
    pub(super) first: Option<usize>,
    /// Whether comments stand before that: what stands before it then does not share a line with it.
    is_commented: bool,
}

impl Doc {
    fn new(kind: Kind, flat: Option<u32>) -> Doc {
        Doc { kind, flat, first: None, is_commented: false }
    }

    pub(super) fn token(index: usize, width: u32, is_commented: bool) -> Doc {
        Doc { first: Some(index), is_commented, ..Doc::new(Kind::Token(index), Some(width)) }
    }

    pub(super) fn last_comma(index: Option<usize>, is_commented: bool) -> Doc {
        Doc::new(Kind::LastComma(index), (!is_commented).then_some(0))
    }

    pub(super) fn gap(gap: Gap) -> Doc {
        let flat = match gap {
            Gap::Blanks(count) | Gap::Line(count) | Gap::Part(count) => Some(count),
            Gap::Entry | Gap::First | Gap::Close => None,
        };
        Doc::new(Kind::Gap(gap), flat)
    }

    pub(super) fn comments(index: usize, is_commented: bool) -> Doc {
        Doc::new(Kind::Comments(index), (!is_commented).then_some(0))
    }

    pub(super) fn nothing() -> Doc {
        Doc::all(Vec::new())
    }

    /// Parts side by side.
    pub(super) fn all(parts: Vec<Doc>) -> Doc {
        let mut with_token = parts.iter().filter(|part| part.first.is_some());
        let leader = with_token.next();
        let (first, is_commented) = leader.map_or((None, false), |part| (part.first, part.is_commented));
        let is_divided = with_token.any(|part| part.is_commented);
        let flat = parts.iter().try_fold(0_u32, |sum, part| Some(sum.saturating_add(part.flat?)));
        Doc { kind: Kind::All(parts), flat: flat.filter(|_| !is_divided), first, is_commented }
    }

    pub(super) fn indent(self) -> Doc {
        self.inside(Kind::Indent)
    }

    pub(super) fn group(self) -> Doc {
        self.group_before(0)
    }

    fn inside(self, kind: impl FnOnce(Box<Doc>) -> Kind) -> Doc {
        let (flat, first, is_commented) = (self.flat, self.first, self.is_commented);
        Doc { kind: kind(Box::new(self)), flat, first, is_commented }
    }

    /// A group that something of a width follows on its last line.
    pub(super) fn group_before(self, width: u32) -> Doc {
        self.inside(|inner| Kind::Group(inner, width))
    }
}
