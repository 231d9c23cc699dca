//! Where records come from: a store, page by page, the newest first; or JSON, a record a line, as it comes. No more than a
//! few batches are held.

use crate::args::StoreArgs;
use crate::output::Failure;
use crate::storage::{Purpose, Storage};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::PathBuf;
use wayleave_compiler::proof::Progress;
use wayleave_runtime::record::{DecisionRecord, StoredRecord};
use wayleave_runtime::store::Filter;

/// Records of a batch: enough that handing it over costs nothing beside reading it.
const BATCH: usize = 256;

/// A longer line is no record: those are a few kilobytes.
const LINE_BYTES: u64 = 1 << 20;

/// With these bytes a store begins.
const STORE_MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// A decision log.
pub(crate) enum Source {
    /// A gateway's store.
    Store(Box<Storage>),
    /// A record a line.
    Lines {
        /// Where they come from.
        lines: Box<dyn BufRead>,
        /// As it is shown.
        shown: String,
        /// How long it is, where that is known.
        bytes: Option<u64>,
    },
}

/// Some records, in their order.
pub(super) struct Batch {
    pub(super) items: Vec<Item>,
    /// The log, as it is shown.
    pub(super) shown: String,
}

/// A record with its place.
pub(super) struct Item {
    /// From 0, in the order of the log.
    pub(super) sequence: u64,
    place: Place,
    content: Content,
}

#[derive(Clone, Copy)]
enum Place {
    Line(u64),
    Row(i64),
}

enum Content {
    Text(Vec<u8>),
    Stored(Box<StoredRecord>),
    /// Read already, to see whether it is asked for.
    Record(Box<DecisionRecord>),
}

/// What is no record.
pub(super) struct Damage {
    pub(super) sequence: u64,
    pub(super) failure: Failure,
}

impl Item {
    /// The record.
    pub(super) fn record(self, shown: &str) -> Result<DecisionRecord, Damage> {
        let record = match self.content {
            Content::Record(record) => Ok(*record),
            Content::Stored(stored) => stored.read(),
            Content::Text(text) => serde_json::from_slice(&text),
        };
        record.map_err(|error| {
            let failure = damaged(self.place, shown, &error.to_string());
            Damage { sequence: self.sequence, failure }
        })
    }
}

fn damaged(place: Place, shown: &str, error: &str) -> Failure {
    // A record is one line: where in it stands at the end of the words.
    let error = error.replace(" at line 1 column ", ", column ");
    match place {
        Place::Line(line) => {
            Failure::new(format!("line {line} of {shown} is not a record of the decision log: {error}"))
                .mend("each line is one that `wayleave log --format json` prints; write the log again, or take the line out")
        }
        Place::Row(row) => Failure::new(format!("row {row} of {shown} is not a record of the decision log: {error}"))
            .mend("leave it out with --since, or replay the lines that `wayleave log --format json` prints"),
    }
}

impl Source {
    /// The log that a command line names.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn open(name: &str) -> Result<Source, Failure> {
        if name == "-" {
            let lines = Box::new(BufReader::new(std::io::stdin()));
            return Ok(Source::Lines { lines, shown: "standard input".to_owned(), bytes: None });
        }
        let unreadable = |error: std::io::Error| {
            Failure::io(format!("the decision log `{name}` cannot be read"), &error).mend(
                "name a gateway's store, or a file of the lines that `wayleave log --format json` prints",
            )
        };
        let mut file = File::open(name).map_err(unreadable)?;
        let mut begin = Vec::new();
        (&mut file).take(STORE_MAGIC.len() as u64).read_to_end(&mut begin).map_err(unreadable)?;
        if begin == STORE_MAGIC {
            let arguments = StoreArgs { store: Some(PathBuf::from(name)), settings: None };
            return Ok(Source::Store(Box::new(Storage::open(&arguments, Purpose::Read)?)));
        }
        // A pipe cannot go back, and need not.
        let rest: Box<dyn Read> = match file.rewind() {
            Ok(()) => Box::new(file),
            Err(_) => Box::new(std::io::Cursor::new(begin).chain(file)),
        };
        let bytes = std::fs::metadata(name).ok().filter(std::fs::Metadata::is_file).map(|one| one.len());
        Ok(Source::Lines { lines: Box::new(BufReader::new(rest)), shown: format!("`{name}`"), bytes })
    }

    /// Hands over all records, or as many as are asked for, until `send` wants no more.
    pub(super) fn batches(
        self,
        filter: &Filter,
        limit: Option<u64>,
        progress: Progress<'_>,
        send: &mut dyn FnMut(Batch) -> bool,
    ) -> Result<(), Failure> {
        match self {
            Source::Store(storage) => pages(*storage, filter, limit, progress, send),
            Source::Lines { lines, shown, bytes } => {
                Lines { lines, shown, bytes, read_bytes: 0, number: 0 }.batches(filter, limit, progress, send)
            }
        }
    }
}

fn pages(
    storage: Storage,
    filter: &Filter,
    limit: Option<u64>,
    progress: Progress<'_>,
    send: &mut dyn FnMut(Batch) -> bool,
) -> Result<(), Failure> {
    let shown = format!("the store `{}`", storage.path.display());
    let mut left = limit.unwrap_or(u64::MAX);
    let mut before = None;
    let (mut sequence, mut newest) = (0_u64, None);
    while left > 0 {
        let count = u32::try_from(left.min(BATCH as u64)).unwrap_or(u32::MAX);
        let page = storage.runtime.block_on(storage.store.stored_decisions(filter, before, count));
        let page = page.map_err(|error| storage.failure(&error))?;
        let Some((last, _)) = page.last() else { break };
        before = Some(*last);
        left -= page.len() as u64;
        let newest = *newest.get_or_insert(page.first().map_or(0, |(row, _)| *row));
        let whole = |rows: i64| usize::try_from(rows).unwrap_or(0);
        progress("records of the log", whole(newest - *last), whole(newest));
        let items = page
            .into_iter()
            .zip(sequence..)
            .map(|((row, stored), sequence)| Item {
                sequence,
                place: Place::Row(row),
                content: Content::Stored(Box::new(stored)),
            })
            .collect::<Vec<_>>();
        sequence += items.len() as u64;
        if !send(Batch { items, shown: shown.clone() }) {
            break;
        }
    }
    storage.close()
}

struct Lines {
    lines: Box<dyn BufRead>,
    shown: String,
    bytes: Option<u64>,
    read_bytes: u64,
    /// Lines read.
    number: u64,
}

impl Lines {
    fn batches(
        mut self,
        filter: &Filter,
        limit: Option<u64>,
        progress: Progress<'_>,
        send: &mut dyn FnMut(Batch) -> bool,
    ) -> Result<(), Failure> {
        let mut left = limit.unwrap_or(u64::MAX);
        let mut items = Vec::with_capacity(BATCH);
        while left > 0 {
            let text = match self.line() {
                Ok(Some(text)) => text,
                Ok(None) => break,
                Err(failure) => {
                    // A line before it may be damaged, and is then told first.
                    send(Batch { items, shown: self.shown });
                    return Err(failure);
                }
            };
            if text.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let mut item =
                Item { sequence: self.number, place: Place::Line(self.number), content: Content::Text(text) };
            if limit.is_some() {
                // Only so many of those that are asked for: which they are has to be seen here.
                let (sequence, place) = (item.sequence, item.place);
                let record = item.record(&self.shown).map_err(|damage| damage.failure)?;
                if !filter.passes(&record) {
                    continue;
                }
                left -= 1;
                item = Item { sequence, place, content: Content::Record(Box::new(record)) };
            }
            items.push(item);
            if items.len() == BATCH {
                let batch = Batch { items: std::mem::take(&mut items), shown: self.shown.clone() };
                self.tell(progress);
                if !send(batch) {
                    return Ok(());
                }
            }
        }
        if !items.is_empty() {
            send(Batch { items, shown: self.shown });
        }
        Ok(())
    }

    fn tell(&self, progress: Progress<'_>) {
        let kib = |bytes: u64| usize::try_from(bytes >> 10).unwrap_or(usize::MAX);
        match self.bytes {
            Some(bytes) => progress("KiB of the log", kib(self.read_bytes), kib(bytes)),
            None => progress(&format!("{} records", self.number), 0, 0),
        }
    }

    /// The next line, without its end.
    fn line(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let mut text = Vec::new();
        let read = (&mut self.lines).take(LINE_BYTES + 1).read_until(b'\n', &mut text);
        let read = read.map_err(|error| Failure::io(format!("{} cannot be read", self.shown), &error))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.read_bytes += read as u64;
        if text.last() == Some(&b'\n') {
            text.pop();
        }
        if text.len() as u64 > LINE_BYTES {
            return Err(damaged(Place::Line(self.number), &self.shown, "it is longer than 1 MiB"));
        }
        Ok(Some(text))
    }
}
