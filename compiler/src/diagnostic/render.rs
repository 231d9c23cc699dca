//! Diagnostics for people and machines: drawn in their source, one line each, and as JSON. Takes data, gives text;
//! never fails, whatever the sources hold, and never lets them speak to the terminal.
//!
//! Drawing is ariadne's work. It is given a view (`view.rs`) of each file rather than the file: the labelled lines, cut to the
//! width and made printable, at their own line numbers. Positions in a view count characters, so no span can fall
//! inside one.

mod github;

mod json;

mod sarif;

mod view;

use super::{Diagnostic, Label, Severity};
use crate::source::{FileId, Sources, Span};
use ariadne::{Color, Config, IndexType, LabelAttach, Report, ReportKind, Source};
pub use github::{render_github, render_github_error, render_github_text};
pub use json::{JSON_VERSION, place_json, render_json};
pub use sarif::{Maker, render_sarif};
use std::collections::BTreeMap;
use std::ops::Range;
pub use view::printable;
use view::{Cut, View};

/// More diagnostics than this are counted, not drawn: nobody reads on, and a binary file has thousands.
const DRAWN: usize = 50;

/// A label over more lines than this is drawn on its first one.
const LABEL_LINES: usize = 12;

/// Secondary places beyond this many are left out of a drawing.
const LABELS_DRAWN: usize = 8;

/// What the drawing loses to its margin, in columns.
const MARGIN: usize = 10;

/// Lines are cut to no less than this, so that a narrow terminal still shows the place.
const NARROWEST: usize = 40;

/// Lines are cut to no more than this: longer ones are generated, not written.
const WIDEST: usize = 200;

/// How diagnostics are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether escape sequences for colours are written.
    pub colour: bool,
    /// Columns of the terminal, or of what stands for one.
    pub width: usize,
}

/// How many of each weight there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Those that stop the compile.
    pub errors: usize,
    /// Those that do not.
    pub warnings: usize,
    /// Those for hover.
    pub notes: usize,
}

impl Counts {
    /// Counts them.
    pub fn of(diagnostics: &[Diagnostic]) -> Counts {
        let count =
            |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
        Counts {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
        }
    }
}

impl std::fmt::Display for Counts {
    /// `2 errors, 1 warning`; nothing for none.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")];
        let words = parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| {
            let plural = if *count == 1 { "" } else { "s" };
            format!("{count} {word}{plural}")
        });
        f.write_str(&words.collect::<Vec<_>>().join(", "))
    }
}

/// Draws diagnostics in their sources, in the order given: code, message, labels, next steps; at the end how to read
/// more about the first code, and the count. Nothing for none.
pub fn render_human(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics.iter().take(DRAWN) {
        out.push_str(&draw(diagnostic, sources, style));
        out.push('\n');
    }
    if diagnostics.len() > DRAWN {
        out.push_str(&format!("{} more are not drawn\n", diagnostics.len() - DRAWN));
    }
    // Of the gravest the first.
    if let Some(first) = diagnostics.iter().min_by_key(|told| told.severity) {
        out.push_str(&format!("for more about {0}: wayleave explain {0}\n", first.code.name()));
        out.push_str(&format!("{}\n", Counts::of(diagnostics)));
    }
    out
}

/// One line for each diagnostic, `FILE:LINE:COLUMN: error[CODE]: MESSAGE`, with the first next step after it.
pub fn render_plain(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let step = next_steps(diagnostic).into_iter().next();
        let step = step.map(|step| format!("; help: {step}")).unwrap_or_default();
        let place = location(sources, diagnostic.primary.span);
        out.push_str(&format!(
            "{place}: {}: {}{step}\n",
            heading(diagnostic),
            printable(&diagnostic.message)
        ));
    }
    out
}

/// What stops a compile first, then what does not; within each by place.
fn order(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|told| (told.severity, told.primary.span));
    sorted
}

/// `error[R0101]`
fn heading(diagnostic: &Diagnostic) -> String {
    format!("{}[{}]", diagnostic.severity.name(), diagnostic.code.name())
}

/// `main.route:3:5`
fn location(sources: &Sources, span: Span) -> String {
    let at = sources.start(span);
    format!("{}:{}:{}", printable(&sources.file(span.file).path), at.line, at.column)
}

/// The one next step: the help, or where there is none what each fix does.
fn next_steps(diagnostic: &Diagnostic) -> Vec<String> {
    match &diagnostic.help {
        Some(help) => vec![printable(help)],
        None => diagnostic.fixes.iter().map(|fix| printable(&fix.title)).collect(),
    }
}

fn draw(diagnostic: &Diagnostic, sources: &Sources, style: Style) -> String {
    let (colour, paint) = match diagnostic.severity {
        Severity::Error => (Color::Red, 31),
        Severity::Warning => (Color::Yellow, 33),
        Severity::Note => (Color::Cyan, 36),
    };
    let Some(scene) = Scene::of(diagnostic, sources, style) else {
        return render_plain(std::slice::from_ref(diagnostic), sources);
    };
    let config = Config::default()
        .with_color(style.colour)
        .with_index_type(IndexType::Char)
        .with_label_attach(LabelAttach::Start);
    let primary = scene.range(diagnostic.primary.span);
    let mut report =
        Report::build(ReportKind::Error, (diagnostic.primary.span.file, primary)).with_config(config);
    for (label, is_primary) in scene.labels(diagnostic) {
        let text = if label.text.is_empty() { "here".to_owned() } else { printable(&label.text) };
        let label = ariadne::Label::new((label.span.file, scene.range(label.span)))
            .with_message(text)
            .with_color(if is_primary { colour } else { Color::Blue })
            .with_priority(i32::from(is_primary));
        report = report.with_label(label);
    }
    let mut drawn = Vec::new();
    let is_drawn = report.finish().write(&mut scene.cache(sources), &mut drawn).is_ok();
    let drawn = String::from_utf8(drawn).ok().filter(|_| is_drawn);
    let Some(drawn) = drawn else { return render_plain(std::slice::from_ref(diagnostic), sources) };
    let message = printable(&diagnostic.message);
    let mut out = format!("{}: {message}\n", painted(style, paint, &heading(diagnostic)));
    // The first line is ariadne's own heading, which takes no words of ours.
    let windows = drawn.split_once('\n').map_or("", |(_, windows)| windows);
    out.push_str(&scene.correct_locations(diagnostic, sources, windows));
    if let Some(witness) = &diagnostic.witness {
        out.push_str(&format!("  {}: {}\n", painted(style, 36, "request"), printable(&witness.to_string())));
    }
    for step in next_steps(diagnostic) {
        out.push_str(&format!("  {}: {step}\n", painted(style, 36, "help")));
    }
    out
}

/// Text in one of the terminal's own colours, by its number.
fn painted(style: Style, paint: u8, text: &str) -> String {
    if style.colour { format!("\u{1b}[{paint}m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// The views that one diagnostic is drawn in.
struct Scene<'a> {
    views: BTreeMap<FileId, View<'a>>,
}

impl<'a> Scene<'a> {
    /// None when a place stands too far down to be drawn.
    fn of(diagnostic: &Diagnostic, sources: &'a Sources, style: Style) -> Option<Scene<'a>> {
        let width = style.width.saturating_sub(MARGIN).clamp(NARROWEST, WIDEST);
        let mut spans: BTreeMap<FileId, Vec<Range<usize>>> = BTreeMap::new();
        for label in shown(diagnostic) {
            spans
                .entry(label.span.file)
                .or_default()
                .push(label.span.start as usize..label.span.end as usize);
        }
        let cut = Cut { width, label_lines: LABEL_LINES };
        let views = spans
            .into_iter()
            .map(|(file, spans)| Some((file, View::of(&sources.file(file).text, &spans, cut)?)));
        Some(Scene { views: views.collect::<Option<_>>()? })
    }

    fn range(&self, span: Span) -> Range<usize> {
        self.views.get(&span.file).map_or(0..0, |view| view.range(&(span.start as usize..span.end as usize)))
    }

    /// Primary file first and by place within a file, so that each file is drawn in one window.
    fn labels<'b>(&self, diagnostic: &'b Diagnostic) -> Vec<(&'b Label, bool)> {
        let mut labels: Vec<(&Label, bool)> =
            shown(diagnostic).enumerate().map(|(index, label)| (label, index == 0)).collect();
        let primary = diagnostic.primary.span.file;
        labels.sort_by_key(|(label, _)| {
            let range = self.range(label.span);
            let end_line =
                self.views.get(&label.span.file).map_or(0, |view| view.line_of(range.end.saturating_sub(1)));
            (label.span.file != primary, label.span.file, end_line, range.start)
        });
        labels
    }

    fn cache(&self, sources: &Sources) -> Cache {
        let files = self.views.iter().map(|(file, view)| {
            let path = printable(&sources.file(*file).path);
            (*file, (path, Source::from(view.text().to_owned())))
        });
        Cache { files: files.collect() }
    }

    /// A window's heading says the line and column in the view; this puts those of the file in their place.
    fn correct_locations(&self, diagnostic: &Diagnostic, sources: &Sources, drawn: &str) -> String {
        let mut starts: BTreeMap<FileId, Span> = BTreeMap::new();
        for (label, _) in self.labels(diagnostic) {
            starts.entry(label.span.file).or_insert(label.span);
        }
        starts.insert(diagnostic.primary.span.file, diagnostic.primary.span);
        let headings: Vec<(String, String)> = starts
            .values()
            .filter_map(|span| {
                let view = self.views.get(&span.file)?;
                let (line, column) = view.line_column(self.range(*span).start);
                let path = printable(&sources.file(span.file).path);
                Some((format!(" {path}:{line}:{column} "), format!(" {} ", location(sources, *span))))
            })
            .collect();
        let mut out = String::with_capacity(drawn.len());
        for line in drawn.lines() {
            let is_window = line.contains("─[") || line.contains("╭") || line.contains("├");
            let heading = headings.iter().find(|(in_view, _)| is_window && line.contains(in_view.as_str()));
            let line = match heading {
                Some((in_view, in_file)) => line.replacen(in_view.as_str(), in_file, 1),
                None => line.to_owned(),
            };
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

/// The labels that are drawn, the primary one first.
fn shown(diagnostic: &Diagnostic) -> impl Iterator<Item = &Label> {
    std::iter::once(&diagnostic.primary).chain(diagnostic.secondary.iter().take(LABELS_DRAWN))
}

/// The views by file, as ariadne asks for them.
struct Cache {
    files: BTreeMap<FileId, (String, Source)>,
}

impl ariadne::Cache<FileId> for &mut Cache {
    type Storage = String;

    fn fetch(&mut self, file: &FileId) -> Result<&Source, impl std::fmt::Debug> {
        self.files.get(file).map(|(_, source)| source).ok_or("a label's file has a view")
    }

    fn display<'a>(&self, file: &'a FileId) -> Option<impl std::fmt::Display + 'a> {
        self.files.get(file).map(|(path, _)| path.clone())
    }
}

#[cfg(test)]
mod tests;
