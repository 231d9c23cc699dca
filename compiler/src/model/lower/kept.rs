//! What a check takes over from the one before. First what the policy declares, where all that declares it reads as it did and
//! had no mistake. Then the rules of the files that are the same and had none, where what is declared means to rules what it
//! did: what a rule means rests on its own text and on that, so nothing else has to be looked at. Whoever checks once keeps
//! nothing, and finds the same.

use super::declared::Declarations;
use super::names::Kind;
use super::noted::Noted;
use super::parts::FileParts;
use super::{Lower, Placed};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, SourceFile, SourceText, Span};
use std::sync::Arc;
use wayleave_grammar::ast::{Item, Node, Rule};

/// What a check found out of a policy that the next one of the same policy can use. Grows with its text.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    files: Vec<KeptFile>,
    /// None before the first check.
    declarations: Option<Declarations>,
    /// Whether what is declared had no mistake.
    is_declared_well: bool,
    /// Whether no text that conditions compare is known to be near another.
    is_spelt_well: bool,
}

#[derive(Debug, Clone)]
struct KeptFile {
    name: Arc<str>,
    text: Arc<SourceText>,
    declaring: Arc<Declaring>,
    /// None where they have a mistake.
    rules: Option<KeptRules>,
}

#[derive(Debug, Clone)]
struct KeptRules {
    parts: Arc<FileParts>,
    /// The approvals that they require, whose names are declared before: each is the first of its name, or it is no rule of the
    /// policy.
    approvals: Arc<[(String, Span)]>,
}

/// The items of a text that declare what rules may name.
#[derive(Debug)]
struct Declaring {
    /// As they are written, one after the other.
    words: String,
    /// Where each begins, ascending.
    starts: Vec<u32>,
}

/// What a policy declares, what was noted beside, and the parts of its files, the root's first.
pub(super) struct Found {
    pub(super) noted: Arc<Noted>,
    pub(super) files: Vec<Arc<FileParts>>,
}

impl Lower<'_> {
    /// All that the policy declares and its rules, as far as they rest on nothing but that.
    pub(super) fn find_all(&mut self, items: &[Placed<Item>], memory: Option<&mut Memory>) -> Found {
        self.delegate(items);
        match memory {
            None => {
                self.declare_all(items);
                let noted = Arc::new(std::mem::take(&mut self.noted));
                self.declare_grants(items);
                let ids: Vec<FileId> = self.sources.ids().collect();
                let files = ids.into_iter().map(|file| Arc::new(self.file_parts(of_file(items, file))));
                Found { noted, files: files.collect() }
            }
            Some(memory) => self.find_again(items, memory),
        }
    }

    fn find_again(&mut self, items: &[Placed<Item>], memory: &mut Memory) -> Found {
        let before = std::mem::take(memory);
        memory.files = self.sources.files().iter().enumerate().map(|file| kept_file(file, &before)).collect();
        let told = self.diagnostics.len();
        let known = self.declared_again(items, &before, memory);
        let is_known = known.is_some();
        let declarations = known.unwrap_or_else(|| {
            self.declare_all(items);
            Declarations { declared: self.declared.clone(), noted: Arc::new(std::mem::take(&mut self.noted)) }
        });
        memory.is_declared_well = self.diagnostics.len() == told;
        let same = before.declarations.as_ref();
        let same = same.filter(|same| is_known || self.declared.means_as(&same.declared));
        self.declare_grants(items);
        // Fewer texts may be near each other where more were a series, so that nothing may be gone.
        let mut is_spelt_well = before.is_spelt_well
            && before.files.len() <= memory.files.len()
            && same.is_some_and(|same| same.noted.compares_as(&declarations.noted));
        let mut files = Vec::with_capacity(memory.files.len());
        for (file, kept) in self.sources.ids().zip(&mut memory.files) {
            let last = before.files.get(file.0 as usize).filter(|_| same.is_some());
            let known = last.filter(|last| Arc::ptr_eq(&last.text, &kept.text));
            let known = known.and_then(|known| known.rules.clone()).filter(|known| self.declare_again(known));
            let parts = match known {
                Some(known) => Arc::clone(&kept.rules.insert(known).parts),
                None => {
                    let parts = self.typed_anew(file, items, kept);
                    let last = last.and_then(|last| last.rules.as_ref());
                    is_spelt_well &= last.is_some_and(|last| last.parts.noted.compares_as(&parts.noted));
                    parts
                }
            };
            files.push(parts);
        }
        if let [alone] = memory.files.as_mut_slice() {
            // It is another one whenever its policy is.
            alone.rules = None;
        }
        memory.is_spelt_well = is_spelt_well;
        let noted = Arc::clone(&declarations.noted);
        memory.declarations = Some(declarations);
        Found { noted, files }
    }

    /// The parts of a file, kept where they have no mistake.
    fn typed_anew(&mut self, file: FileId, items: &[Placed<Item>], kept: &mut KeptFile) -> Arc<FileParts> {
        let told = self.diagnostics.len();
        let own = of_file(items, file);
        let parts = Arc::new(self.file_parts(own));
        let approvals = approvals(own);
        let is_right = self.diagnostics.len() == told && self.are_first(&approvals);
        kept.rules = is_right.then(|| KeptRules { parts: Arc::clone(&parts), approvals: approvals.into() });
        parts
    }

    /// What the policy declares, where it is what it was.
    fn declared_again(
        &mut self,
        items: &[Placed<Item>],
        before: &Memory,
        now: &Memory,
    ) -> Option<Declarations> {
        let known = before.declarations.as_ref()?;
        if !before.is_declared_well || !now.declares_as(before) {
            return None;
        }
        let found = known.at(&Moved::between(before, now));
        let anew = std::mem::replace(&mut self.declared, found.declared.clone());
        if self.clean(items) == self.declared.clean {
            return Some(found);
        }
        // What a rule looks for changes what `is clean` asks, and a define may ask it.
        self.declared = anew;
        None
    }

    /// Declares the names of a file that is known. Not where another file has one of them.
    fn declare_again(&mut self, known: &KeptRules) -> bool {
        let names = &self.declared.names;
        let is_free = |(kind, name, _): &(Kind, Arc<str>, Span)| names.get(*kind, name).is_none();
        if !known.parts.names.iter().all(is_free) || !self.are_first(&known.approvals) {
            return false;
        }
        for (kind, name, at) in known.parts.names.iter() {
            self.declared.names.insert(*kind, Arc::clone(name), *at);
        }
        true
    }

    fn are_first(&self, approvals: &[(String, Span)]) -> bool {
        approvals.iter().all(|(name, at)| self.declared.names.get(Kind::Approval, name) == Some(*at))
    }
}

/// The names of the approvals that a file requires.
fn approvals(items: &[Placed<Item>]) -> Vec<(String, Span)> {
    let name = |(file, item): &Placed<Item>| match super::rules::rule_of(*file, item)?.1 {
        Rule::RequireApproval(item) => {
            item.name().map(|name| (name.text(), super::span(*file, name.text_range())))
        }
        Rule::Approve(_)
        | Rule::Deny(_)
        | Rule::Forbid(_)
        | Rule::Redact(_)
        | Rule::Flag(_)
        | Rule::Cap(_)
        | Rule::Log(_) => None,
    };
    items.iter().filter_map(name).collect()
}

/// The items of one file of all, which stand by file.
fn of_file(items: &[Placed<Item>], file: FileId) -> &[Placed<Item>] {
    let first = items.partition_point(|(of, _)| *of < file);
    let count = items[first..].partition_point(|(of, _)| *of == file);
    &items[first..first + count]
}

/// A file without its parts.
fn kept_file((index, file): (usize, &SourceFile), before: &Memory) -> KeptFile {
    let known = before.files.get(index);
    let named = known.filter(|known| *known.name == *file.name);
    let same = known.filter(|known| Arc::ptr_eq(&known.text, &file.read));
    KeptFile {
        name: named.map_or_else(|| file.name.as_str().into(), |known| Arc::clone(&known.name)),
        text: Arc::clone(&file.read),
        declaring: same
            .map_or_else(|| Arc::new(Declaring::of(&file.read)), |known| Arc::clone(&known.declaring)),
        rules: None,
    }
}

impl Memory {
    /// Texts that are near each other, unless there are none: they are looked for among all.
    pub(super) fn near_duplicates(&mut self, find: impl FnOnce() -> Vec<Diagnostic>) -> Vec<Diagnostic> {
        if self.is_spelt_well {
            return Vec::new();
        }
        let found = find();
        self.is_spelt_well = found.is_empty();
        found
    }

    /// Whether what declares something is written as it was, `use` included.
    fn declares_as(&self, other: &Memory) -> bool {
        let is_same = |(a, b): (&KeptFile, &KeptFile)| {
            a.name == b.name
                && (Arc::ptr_eq(&a.declaring, &b.declaring) || a.declaring.words == b.declaring.words)
        };
        self.files.len() == other.files.len() && self.files.iter().zip(&other.files).all(is_same)
    }
}

impl Declaring {
    fn of(text: &SourceText) -> Declaring {
        let mut declaring = Declaring { words: String::new(), starts: Vec::new() };
        for item in text.parse.root().items() {
            let start = u32::from(item.syntax().text_range().start());
            // Of a counter its name; what it counts is asked of no other item.
            let name = match &item {
                Item::Approve(_)
                | Item::Deny(_)
                | Item::Forbid(_)
                | Item::Redact(_)
                | Item::Flag(_)
                | Item::RequireApproval(_)
                | Item::Cap(_)
                | Item::Log(_)
                | Item::Observe(_)
                | Item::Route(_)
                | Item::Otherwise(_)
                | Item::Migrate(_)
                | Item::Guarantee(_)
                | Item::Test(_) => continue,
                Item::Limit(item) => item.name(),
                Item::Budget(item) => item.name(),
                Item::Edition(_)
                | Item::Timezone(_)
                | Item::Use(_)
                | Item::Type(_)
                | Item::Attribute(_)
                | Item::Classify(_)
                | Item::Define(_)
                | Item::Alias(_)
                | Item::Provider(_)
                | Item::Detector(_)
                | Item::Group(_)
                | Item::Plan(_) => None,
            };
            let written = item.syntax().text();
            let end = name.map(|name| (u32::from(name.text_range().end()) - start) as usize);
            declaring.words.push_str(end.map_or(written, |end| &written[..end]));
            // Stands in no text: what follows begins another item.
            declaring.words.push('\0');
            declaring.starts.push(start);
        }
        declaring
    }
}

/// Where what declares something stands now.
pub(super) struct Moved {
    /// By file: where each item began and begins; none where that is the same.
    files: Vec<Option<Vec<(u32, u32)>>>,
}

impl Moved {
    /// Between two states that declare the same.
    fn between(before: &Memory, now: &Memory) -> Moved {
        let moved = |(before, now): (&KeptFile, &KeptFile)| {
            let (from, to) = (&before.declaring.starts, &now.declaring.starts);
            let is_same = Arc::ptr_eq(&before.declaring, &now.declaring) || from == to;
            (!is_same).then(|| from.iter().copied().zip(to.iter().copied()).collect())
        };
        Moved { files: before.files.iter().zip(&now.files).map(moved).collect() }
    }

    /// Whether anything stands elsewhere.
    pub(super) fn is_any(&self) -> bool {
        self.files.iter().any(Option::is_some)
    }

    fn of(&self, file: FileId) -> Option<&Vec<(u32, u32)>> {
        self.files.get(file.0 as usize)?.as_ref()
    }

    /// Whether a place is in a file of which items stand elsewhere.
    pub(super) fn moves(&self, at: Span) -> bool {
        self.of(at.file).is_some()
    }

    /// Where a place of such an item is now.
    pub(super) fn place(&self, at: Span) -> Span {
        let Some(items) = self.of(at.file) else { return at };
        let item = items.partition_point(|(from, _)| *from <= at.start).saturating_sub(1);
        let (from, to) = items[item];
        Span { start: at.start - from + to, end: at.end - from + to, ..at }
    }
}
