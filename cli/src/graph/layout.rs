//! Where everything in a picture stands: gates, routes with their plans, and targets, in columns from left to right, so that
//! lines run in the empty channels between them alone. Whole pixels, so that the same picture has the same bytes.

mod column;

mod routes;

mod targets;

use super::picture::{
    Card, End, GATE_COLUMNS, Gate, Line, PLAN_COLUMNS, Picture, ROUTE_COLUMNS, RoutePart, TARGET_COLUMNS,
    Tone, Way,
};

/// A character of the fixed-width fonts of browsers at 12 pixels takes 7.2 at most, and a little is left over: hundredths.
const ADVANCE: i32 = 745;

/// From one line of words to the next.
pub(super) const LINE: i32 = 17;

/// Around the words of a box.
pub(super) const PAD: i32 = 9;

/// So much less is above and below the words of a rule.
const TIGHT: i32 = 3;

/// Between boxes that stand below one another.
const GAP: i32 = 10;

/// Around the whole.
const MARGIN: i32 = 24;

/// Above the columns: title, then what each column is.
const TOP: i32 = 96;

/// From an arm to its plan.
const ARROW: i32 = 30;

/// Between the gates and the routes.
const TRUNK: i32 = 56;

/// Between the plans and the targets: curves run here.
const CHANNEL: i32 = 170;

/// Frames deeper than this are not set in any more: a route seldom stands in more than two others.
const INSETS: usize = 4;

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// What a box is, beside its tone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Others stand within it.
    Frame,
    /// It is one thing.
    Box,
    /// A condition, which has no name.
    Arm,
    /// Who is asked, from top to bottom.
    Plan,
    /// A rule within another box.
    Rule,
    /// A provider, by its position in the policy.
    Provider(usize),
}

/// Whose colour a line has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hue {
    /// Nobody's.
    Neutral,
    /// That of a provider, by its position.
    Provider(usize),
}

/// How a line runs: all end with an arrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// Right, down or up, right.
    Corner(i32),
    /// Straight to the first, a curve to the second, straight to the end.
    Curve(i32, i32),
}

/// Something that is drawn.
#[derive(Debug)]
pub(super) enum Shape<'p> {
    /// A box with its words, of most the first a name, each with the height of its foot, and lines across it at these heights.
    Box { rect: Rect, look: Look, tone: Tone, tip: &'p str, lines: Vec<(i32, &'p Line)>, across: Vec<i32> },
    /// Words above a column.
    Head { x: i32, y: i32, text: &'p str },
    /// Words above the boxes of a frame.
    Title { x: i32, y: i32, text: &'p str },
    /// A line from here to there.
    Link { from: (i32, i32), to: (i32, i32), run: Run, hue: Hue, way: Way },
}

/// A picture with places.
#[derive(Debug)]
pub(super) struct Drawing<'p> {
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) shapes: Vec<Shape<'p>>,
}

/// Where a line of a plan leaves it.
#[derive(Debug, Clone, Copy)]
struct Port {
    x: i32,
    y: i32,
    end: End,
    way: Way,
}

/// Where the columns stand.
#[derive(Debug, Clone, Copy)]
struct Columns {
    gates: i32,
    routes: i32,
    routes_width: i32,
    plans: i32,
    targets: i32,
}

fn pixels(columns: usize) -> i32 {
    i32::try_from(columns).unwrap_or(i32::MAX / ADVANCE).saturating_mul(ADVANCE) / 100
}

/// The width of a box with so many columns of words.
fn width(columns: usize) -> i32 {
    pixels(columns) + 2 * PAD
}

/// The height of a box with so many lines.
fn height(lines: usize) -> i32 {
    i32::try_from(lines).unwrap_or(i32::MAX / LINE) * LINE + 2 * PAD - 4
}

/// The lines of a box that begins at that height, each with its foot.
fn feet(top: i32, lines: &[Line]) -> Vec<(i32, &Line)> {
    let feet = (0..).map(|number| top + PAD + LINE * number + 11);
    feet.zip(lines).collect()
}

struct Layout<'p> {
    columns: Columns,
    shapes: Vec<Shape<'p>>,
    ports: Vec<Port>,
    /// Where the line to the routes begins.
    trunk: (i32, i32),
}

/// Places everything.
pub(super) fn layout(picture: &Picture) -> Drawing<'_> {
    let insets = picture.routes.iter().map(depth).max().unwrap_or(1).min(INSETS);
    let inset = GAP * i32::try_from(insets).unwrap_or(1);
    let gates = MARGIN;
    let routes = gates + width(GATE_COLUMNS) + 2 * GAP + TRUNK;
    let plans = routes + inset + width(ROUTE_COLUMNS) + ARROW;
    let routes_width = plans - routes + width(PLAN_COLUMNS) + inset;
    let columns = Columns { gates, routes, routes_width, plans, targets: routes + routes_width + CHANNEL };
    let mut layout = Layout { columns, shapes: Vec::new(), ports: Vec::new(), trunk: (0, 0) };
    layout.heads(picture);
    let gates_bottom = layout.gates(picture);
    let routes_bottom = layout.routes(picture);
    let targets_bottom = layout.targets(picture, routes_bottom);
    let bottom = gates_bottom.max(routes_bottom).max(targets_bottom);
    let right = columns.targets + width(TARGET_COLUMNS) + 4 * GAP;
    Drawing { width: right + MARGIN, height: bottom + 3 * MARGIN, shapes: layout.shapes }
}

/// How deep routes stand in one another here.
fn depth(part: &RoutePart) -> usize {
    1 + part.inner.iter().map(depth).max().unwrap_or(0)
}

impl<'p> Layout<'p> {
    fn heads(&mut self, picture: &Picture) {
        let y = TOP - 22;
        let mut head = |x: i32, text: &'static str| {
            self.shapes.push(Shape::Head { x, y, text });
        };
        head(self.columns.gates, "1  What may refuse it");
        head(self.columns.routes, "2  Which route takes it, and who is asked in which order");
        if !picture.providers.is_empty() {
            head(self.columns.targets, "3  Who may be asked at all");
        }
    }

    fn gates(&mut self, picture: &'p Picture) -> i32 {
        let x = self.columns.gates;
        let frame_width = width(GATE_COLUMNS) + 2 * GAP;
        let request = self.card(&picture.request, x, TOP, frame_width, Look::Box);
        let top = request + 2 * GAP;
        let first = (x + frame_width / 2, request);
        let down = Run::Corner(first.0);
        let to = (first.0, top);
        self.shapes.push(Shape::Link { from: first, to, run: down, hue: Hue::Neutral, way: Way::First });
        let mut bottom = self.gate(&picture.denials, top);
        self.trunk = (x + frame_width, top + 17);
        for gate in picture.counters.iter().chain(&picture.prohibitions) {
            bottom = self.gate(gate, bottom + 2 * GAP);
        }
        bottom
    }

    fn gate(&mut self, gate: &'p Gate, top: i32) -> i32 {
        let x = self.columns.gates;
        let frame_width = width(GATE_COLUMNS) + 2 * GAP;
        let frame = self.open(x, top, frame_width);
        self.shapes.push(Shape::Title { x: x + GAP, y: top + 22, text: &gate.title });
        let mut y = top + 34;
        for card in &gate.cards {
            y = self.card(card, x + GAP, y, width(GATE_COLUMNS), Look::Box) + GAP;
        }
        self.close(frame, y)
    }

    /// A box with words; its bottom.
    fn card(&mut self, card: &'p Card, x: i32, y: i32, width: i32, look: Look) -> i32 {
        let tight = if look == Look::Rule { TIGHT } else { 0 };
        let rect = Rect { x, y, width, height: height(card.lines.len()) - 2 * tight };
        let lines = feet(y - tight, &card.lines);
        self.shapes.push(Shape::Box {
            rect,
            look,
            tone: card.tone,
            tip: &card.tip,
            lines,
            across: Vec::new(),
        });
        y + rect.height
    }

    /// A frame whose bottom is not known yet: its number.
    fn open(&mut self, x: i32, y: i32, width: i32) -> usize {
        let rect = Rect { x, y, width, height: 0 };
        let (look, tone) = (Look::Frame, Tone::Plain);
        self.shapes.push(Shape::Box { rect, look, tone, tip: "", lines: Vec::new(), across: Vec::new() });
        self.shapes.len() - 1
    }

    /// Gives a frame its bottom.
    fn close(&mut self, number: usize, bottom: i32) -> i32 {
        if let Some(Shape::Box { rect, .. }) = self.shapes.get_mut(number) {
            rect.height = bottom - rect.y;
        }
        bottom
    }
}
