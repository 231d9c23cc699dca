//! A rule as text: the notation of the W3C's specifications, with `!x` and `&x` for what is only looked at.

use super::shape::Shape;

/// A line of a rule is not longer.
const WIDTH: usize = 96;

/// `name = text`, over several lines where it is long.
pub(crate) fn rule(name: &str, shape: &Shape) -> String {
    let whole = format!("{name} = {}", inline(shape));
    if whole.len() <= WIDTH {
        return whole;
    }
    let (pieces, joint) = match shape {
        Shape::Choice(parts) => (parts.iter().map(inline).collect::<Vec<_>>(), "| "),
        Shape::Sequence(parts) => (parts.iter().map(in_sequence).collect(), ""),
        other => (vec![inline(other)], ""),
    };
    let mut lines = vec![format!("{name} =")];
    let mut line = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        if !line.is_empty() && line.len() + piece.len() + 3 > WIDTH - 4 {
            lines.push(std::mem::take(&mut line));
        }
        if line.is_empty() {
            line.push_str(if joint.is_empty() { "    " } else { "  " });
            line.push_str(if index == 0 && !joint.is_empty() { "  " } else { joint });
        } else {
            line.push(' ');
            line.push_str(joint);
        }
        line.push_str(piece);
    }
    lines.push(line);
    lines.join("\n")
}

/// In one line.
pub(crate) fn inline(shape: &Shape) -> String {
    match shape {
        Shape::Text(text) => quoted(text),
        Shape::Characters(set) => set.clone(),
        Shape::Said(words) => format!("? {words} ?"),
        Shape::Rule(name) => name.clone(),
        Shape::Sequence(parts) => parts.iter().map(in_sequence).collect::<Vec<_>>().join(" "),
        Shape::Choice(parts) => parts.iter().map(inline).collect::<Vec<_>>().join(" | "),
        Shape::Optional(inner) => format!("{}?", tight(inner)),
        Shape::Repeat(inner, 0, None) => format!("{}*", tight(inner)),
        Shape::Repeat(inner, 1, None) => format!("{}+", tight(inner)),
        Shape::Repeat(inner, least, None) => format!("{}{{{least},}}", tight(inner)),
        Shape::Repeat(inner, least, Some(most)) if least == most => format!("{}{{{least}}}", tight(inner)),
        Shape::Repeat(inner, least, Some(most)) => format!("{}{{{least},{most}}}", tight(inner)),
        Shape::Ahead(inner) => format!("&{}", tight(inner)),
        Shape::NotAhead(inner) => format!("!{}", tight(inner)),
    }
}

fn in_sequence(shape: &Shape) -> String {
    if matches!(shape, Shape::Choice(_)) { format!("({})", inline(shape)) } else { inline(shape) }
}

fn tight(shape: &Shape) -> String {
    if matches!(shape, Shape::Choice(_) | Shape::Sequence(_)) {
        format!("({})", inline(shape))
    } else {
        inline(shape)
    }
}

/// Between quotes that it does not hold; nothing in it is escaped.
fn quoted(text: &str) -> String {
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
}
