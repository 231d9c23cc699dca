//! A picture as SVG that stands alone: no scripts, no fonts from elsewhere, colours for light and dark, every text escaped.

use super::layout::{Drawing, Hue, Look, PAD, Rect, Run, Shape, layout};
use super::picture::{Line, Picture, Tone, Way};
use std::fmt::Write;

/// Colours of providers, in light and in dark; after the last the first comes again.
const PROVIDERS: [(&str, &str); 8] = [
    ("#2563c9", "#7fb0ff"),
    ("#8a3fc2", "#cf9bf5"),
    ("#0f7f86", "#5fd0d6"),
    ("#a0522d", "#e0a37a"),
    ("#4d5fb8", "#a9b5f5"),
    ("#9c2f77", "#f08cc9"),
    ("#5b7a1f", "#b6d46f"),
    ("#57606a", "#b3bcc6"),
];

const STYLE: &str = "\
text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace;fill:#1f2328;\
white-space:pre}\
.title{font:600 17px system-ui,-apple-system,'Segoe UI',sans-serif}\
.head{font:600 14px system-ui,-apple-system,'Segoe UI',sans-serif;fill:#57606a}\
.sub{font:600 12.5px system-ui,-apple-system,'Segoe UI',sans-serif;fill:#57606a}\
.name{font-weight:700}\
.paper{fill:#fff}\
.frame{fill:#f6f8fa;stroke:#d0d7de}\
.box,.plan{fill:#fff;stroke:#afb8c1}\
.rule{fill:#fff;stroke:#d0d7de}\
.across{stroke:#d8dee4}\
.quiet{fill:#57606a}\
rect.refuses{fill:#fff1f0;stroke:#cf222e}text.refuses{fill:#a40e26}\
rect.approves{fill:#f0fbf2;stroke:#2da44e}text.approves{fill:#116329}\
rect.grants{fill:#fff8e5;stroke:#bf8700}text.grants{fill:#7d4e00}\
rect.idle{fill:#f6f8fa;stroke:#8c959f;stroke-dasharray:4 3}text.idle{fill:#57606a}\
.line{fill:none;stroke:#6e7781}.tip{fill:#6e7781}\
.first{stroke-width:2}.else{stroke-width:1.2}\
.migrated{stroke-width:1.6;stroke-dasharray:7 4}.copied{stroke-width:1.4;stroke-dasharray:2 3}";

const DARK: &str = "\
text{fill:#e6edf3}.head,.sub,.quiet{fill:#9aa4af}\
.paper{fill:#0d1117}\
.frame{fill:#151b23;stroke:#3d444d}\
.box,.plan{fill:#0d1117;stroke:#656c76}\
.rule{fill:#0d1117;stroke:#3d444d}\
.across{stroke:#30363d}\
rect.refuses{fill:#2d1214;stroke:#f85149}text.refuses{fill:#ff9790}\
rect.approves{fill:#0f2417;stroke:#3fb950}text.approves{fill:#6fdd8b}\
rect.grants{fill:#2b2007;stroke:#d29922}text.grants{fill:#f0c350}\
rect.idle{fill:#151b23;stroke:#656c76}text.idle{fill:#9aa4af}\
.line{stroke:#8b949e}.tip{fill:#8b949e}";

/// The whole file.
pub(crate) fn write(picture: &Picture) -> String {
    let drawing = layout(picture);
    let mut svg = String::new();
    let Drawing { width, height, .. } = drawing;
    line(
        &mut svg,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             role=\"img\" aria-labelledby=\"title desc\">"
        ),
    );
    line(&mut svg, format_args!("<title id=\"title\">{}</title>", escaped(&picture.title)));
    line(&mut svg, format_args!("<desc id=\"desc\">{}</desc>", escaped(&picture.about)));
    style(&mut svg, picture.providers.len());
    line(
        &mut svg,
        format_args!("<rect class=\"paper\" x=\"0\" y=\"0\" width=\"{width}\" height=\"{height}\"/>"),
    );
    line(
        &mut svg,
        format_args!("<text class=\"title\" x=\"24\" y=\"40\">{}</text>", escaped(&picture.title)),
    );
    for shape in &drawing.shapes {
        draw(&mut svg, shape);
    }
    legend(&mut svg, height);
    svg.push_str("</svg>\n");
    svg
}

fn line(svg: &mut String, words: std::fmt::Arguments<'_>) {
    svg.write_fmt(words).expect("a string takes all that is written to it");
    svg.push('\n');
}

fn style(svg: &mut String, providers: usize) {
    let of = |(light, dark): &(&str, &str), number: usize| {
        let one = |colour: &str| {
            format!(".line.p{number}{{stroke:{colour}}}.tip.p{number},.bar.p{number}{{fill:{colour}}}")
        };
        (one(light), one(dark))
    };
    let shown = PROVIDERS.iter().take(providers).enumerate();
    let (light, dark): (String, String) = shown.map(|(number, both)| of(both, number)).unzip();
    line(
        svg,
        format_args!("<style>{STYLE}{light}@media (prefers-color-scheme:dark){{{DARK}{dark}}}</style>"),
    );
}

fn draw(svg: &mut String, shape: &Shape<'_>) {
    match shape {
        Shape::Head { x, y, text } => {
            line(svg, format_args!("<text class=\"head\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(text)));
        }
        Shape::Title { x, y, text } => {
            line(svg, format_args!("<text class=\"sub\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(text)));
        }
        Shape::Box { rect, look, tone, tip, lines, across } => {
            svg.push_str("<g>");
            if !tip.is_empty() {
                svg.push_str(&format!("<title>{}</title>", escaped(tip)));
            }
            boxed(svg, *rect, *look, *tone);
            for y in across {
                let (from, to) = (rect.x, rect.x + rect.width);
                svg.push_str(&format!("<path class=\"across\" d=\"M{from} {y}H{to}\"/>"));
            }
            words(svg, rect.x + PAD, *look, lines);
            svg.push_str("</g>\n");
        }
        Shape::Link { from, to, run, hue, way } => link(svg, *from, *to, *run, (*hue, *way)),
    }
}

fn boxed(svg: &mut String, rect: Rect, look: Look, tone: Tone) {
    let Rect { x, y, width, height } = rect;
    let class = match look {
        Look::Frame | Look::Provider(_) => "frame",
        Look::Box | Look::Arm => "box",
        Look::Plan => "plan",
        Look::Rule => "rule",
    };
    let class = format!("{class} {}", tone_class(tone));
    let class = class.trim_end();
    svg.push_str(&format!(
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"5\"/>"
    ));
    if let Look::Provider(number) = look {
        let number = number % PROVIDERS.len();
        svg.push_str(&format!(
            "<rect class=\"bar p{number}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"4\" rx=\"2\"/>"
        ));
    }
}

fn tone_class(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "",
        Tone::Refuses => "refuses",
        Tone::Approves => "approves",
        Tone::Grants => "grants",
        Tone::Idle => "idle",
        Tone::Quiet => "quiet",
    }
}

/// The first line of all but arms and plans is a name.
fn words(svg: &mut String, x: i32, look: Look, lines: &[(i32, &Line)]) {
    for (index, (y, line)) in lines.iter().enumerate() {
        let has_name = !matches!(look, Look::Arm | Look::Plan);
        let name = if index == 0 && has_name { "name" } else { "" };
        let class = format!("{name} {}", tone_class(line.tone));
        let class = match class.trim() {
            "" => String::new(),
            class => format!(" class=\"{class}\""),
        };
        // Blanks at the beginning set a line in.
        let text = line.text.trim_start();
        let before = line.text.len() - text.len();
        let x = x + i32::try_from(before * 72 / 10).unwrap_or(0);
        svg.push_str(&format!("<text{class} x=\"{x}\" y=\"{y}\">{}</text>", escaped(text)));
    }
}

fn link(svg: &mut String, from: (i32, i32), to: (i32, i32), run: Run, (hue, way): (Hue, Way)) {
    let hue = match hue {
        Hue::Neutral => String::new(),
        Hue::Provider(number) => format!(" p{}", number % PROVIDERS.len()),
    };
    let way = match way {
        Way::First => "first",
        Way::Else => "else",
        Way::Migrated => "migrated",
        Way::Copied => "copied",
    };
    let ((x, y), (end_x, end_y)) = (from, to);
    let (path, is_down) = match run {
        Run::Corner(_) if x == end_x => (format!("M{x} {y}V{}", end_y - 6), true),
        Run::Corner(_) if y == end_y => (format!("M{x} {y}H{}", end_x - 6), false),
        Run::Corner(by) => {
            let turn = if end_y > y { 6 } else { -6 };
            let (first, last) = (y + turn, end_y - turn);
            let path = format!(
                "M{x} {y}H{}Q{by} {y} {by} {first}V{last}Q{by} {end_y} {} {end_y}H{}",
                by - 6,
                by + 6,
                end_x - 6
            );
            // Too near for two corners.
            let straight = format!("M{x} {y}L{} {end_y}", end_x - 6);
            (if (end_y - y).abs() < 12 { straight } else { path }, false)
        }
        Run::Curve(begin, last) => {
            let reach = (last - begin) * 6 / 10;
            let path = format!(
                "M{x} {y}H{begin}C{} {y} {} {end_y} {last} {end_y}H{}",
                begin + reach,
                last - reach,
                end_x - 6
            );
            (path, false)
        }
    };
    let head = match is_down {
        true => format!("M{} {}L{end_x} {end_y}L{} {}z", end_x - 4, end_y - 8, end_x + 4, end_y - 8),
        false => format!("M{} {}L{end_x} {end_y}L{} {}z", end_x - 8, end_y - 4, end_x - 8, end_y + 4),
    };
    line(
        svg,
        format_args!("<path class=\"line {way}{hue}\" d=\"{path}\"/><path class=\"tip{hue}\" d=\"{head}\"/>"),
    );
}

/// What colours and lines mean, at the foot.
fn legend(svg: &mut String, height: i32) {
    let tones = [
        ("deny, forbid: may refuse", Tone::Refuses),
        ("approve: lets it go there", Tone::Approves),
        ("require approval: wants a grant", Tone::Grants),
        ("tried, or not in force today", Tone::Idle),
    ];
    let (mut x, y) = (24, height - 32);
    for (text, tone) in tones {
        let class = tone_class(tone);
        svg.push_str(&format!(
            "<rect class=\"box {class}\" x=\"{x}\" y=\"{}\" width=\"16\" height=\"12\" rx=\"3\"/>",
            y - 10
        ));
        line(svg, format_args!("<text class=\"quiet\" x=\"{}\" y=\"{y}\">{text}</text>", x + 24));
        x += 24 + i32::try_from(text.len() * 75 / 10).unwrap_or(0) + 24;
    }
    for (text, class) in
        [("first", "first"), ("else", "else"), ("migration", "migrated"), ("a copy; no route", "copied")]
    {
        let middle = y - 4;
        svg.push_str(&format!("<path class=\"line {class}\" d=\"M{x} {middle}h30\"/>"));
        line(svg, format_args!("<text class=\"quiet\" x=\"{}\" y=\"{y}\">{text}</text>", x + 38));
        x += 38 + i32::try_from(text.len() * 75 / 10).unwrap_or(0) + 24;
    }
}

/// A text as XML holds it. What no XML may hold becomes the sign for it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(character),
            control if control.is_control() => out.push('\u{fffd}'),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}
