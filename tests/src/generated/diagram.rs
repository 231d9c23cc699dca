//! A rule as a railroad diagram: an SVG that stands by itself and can be read on light and dark pages.

use super::notation;
use super::shape::Shape;
use railroad::svg::Element;
use railroad::{
    Choice, Comment, Diagram, Empty, Node, NonTerminal, Optional, Repeat, Sequence, SimpleEnd, SimpleStart,
    Stack, Terminal,
};

/// A choice between more than these is a list of words and no drawing.
const CHOICE_LIMIT: usize = 40;

/// A row is broken where it would be wider; pages are about so wide.
const ROW_WIDTH: i64 = 760;

/// A ground of its own, so that the page's does not matter; the viewer's wish decides which.
const STYLE: &str = "\
svg{--ground:#fff;--line:#57606a;--text:#1f2328;--word:#ddf4ff;--rule:#fff8c5}\
@media(prefers-color-scheme:dark){svg{--ground:#161b22;--line:#8b949e;--text:#e6edf3;--word:#0c2d4a;--rule:#3a2f0b}}\
path{stroke:var(--line);stroke-width:2;fill:none}\
text{font:14px monospace;text-anchor:middle;fill:var(--text)}\
text.comment{font:italic 12px monospace}\
rect{stroke:var(--line);stroke-width:1.5;fill:var(--rule)}\
.terminal rect{fill:var(--word)}\
rect.railroad_canvas{fill:var(--ground);stroke:none;rx:6px}";

type Part = Box<dyn Node>;

/// The drawing of a rule; `None` where it would be no help.
pub(crate) fn svg(name: &str, shape: &Shape) -> Option<String> {
    if matches!(shape, Shape::Choice(parts) if parts.len() > CHOICE_LIMIT) {
        return None;
    }
    let mut row: Vec<Part> = vec![Box::new(SimpleStart)];
    row.extend(rows(shape));
    row.push(Box::new(SimpleEnd));
    let mut diagram = Diagram::new(Sequence::new(row));
    let (width, height) = (diagram.width(), diagram.height());
    diagram.attr("width".to_owned()).or_insert(width.to_string());
    diagram.attr("height".to_owned()).or_insert(height.to_string());
    diagram.add_element(Element::new("title").text(&format!("Railroad diagram of {name}")));
    diagram.add_css(STYLE);
    Some(format!("{diagram}\n"))
}

/// A sequence that is too wide for the page stands in rows.
fn rows(shape: &Shape) -> Vec<Part> {
    let Shape::Sequence(shapes) = shape else { return vec![part(shape)] };
    let parts = in_row(shapes);
    let total: i64 = parts.iter().map(|part| part.width() + 10).sum();
    if total <= ROW_WIDTH {
        return parts;
    }
    let mut rows: Vec<Part> = Vec::new();
    let mut row: Vec<Part> = Vec::new();
    let mut width = 0;
    for part in parts {
        if width + part.width() > ROW_WIDTH && !row.is_empty() {
            rows.push(Box::new(Sequence::new(std::mem::take(&mut row))));
            width = 0;
        }
        width += part.width() + 10;
        row.push(part);
    }
    rows.push(Box::new(Sequence::new(row)));
    vec![Box::new(Stack::new(rows))]
}

/// The parts of a sequence; `a ("," a)*` is one loop with the comma on its way back.
fn in_row(shapes: &[Shape]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut index = 0;
    while let Some(shape) = shapes.get(index) {
        match shapes.get(index + 1).and_then(|next| separators(shape, next)) {
            Some(separators) => {
                parts.push(Box::new(Repeat::new(part(shape), part(&separators))) as Part);
                index += 2;
            }
            None => {
                parts.push(part(shape));
                index += 1;
            }
        }
    }
    parts
}

/// What stands between the parts of a list whose first part and rest these are.
fn separators(first: &Shape, rest: &Shape) -> Option<Shape> {
    let Shape::Repeat(inner, 0, None) = rest else { return None };
    let Shape::Sequence(parts) = inner.as_ref() else { return None };
    let (last, before) = parts.split_last()?;
    (last == first).then(|| Shape::Sequence(before.to_vec()))
}

fn part(shape: &Shape) -> Part {
    match shape {
        Shape::Text(text) => Box::new(Terminal::new(text.clone())),
        Shape::Characters(set) => Box::new(Terminal::new(set.clone())),
        Shape::Said(words) => Box::new(Comment::new((*words).to_owned())),
        Shape::Rule(name) => Box::new(NonTerminal::new(name.clone())),
        Shape::Sequence(shapes) => Box::new(Sequence::new(in_row(shapes))),
        Shape::Choice(shapes) => Box::new(Choice::new(shapes.iter().map(part).collect())),
        Shape::Optional(inner) => Box::new(Optional::new(part(inner))),
        Shape::Repeat(inner, least, most) => repeated(inner, *least, *most),
        Shape::Ahead(inner) => Box::new(Comment::new(format!("before {}", notation::inline(inner)))),
        Shape::NotAhead(inner) => Box::new(Comment::new(format!("not {}", notation::inline(inner)))),
    }
}

fn repeated(inner: &Shape, least: u32, most: Option<u32>) -> Part {
    let way_back: Part = match (least, most) {
        (0 | 1, None) => Box::new(Empty),
        (least, None) => Box::new(Comment::new(format!("at least {least} times"))),
        (least, Some(most)) if least == most => Box::new(Comment::new(format!("{least} times"))),
        (least, Some(most)) => Box::new(Comment::new(format!("{least} to {most} times"))),
    };
    let around = Repeat::new(part(inner), way_back);
    if least == 0 { Box::new(Optional::new(around)) } else { Box::new(around) }
}
