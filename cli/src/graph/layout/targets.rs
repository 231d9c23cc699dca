//! Where targets stand: providers, and each one's models, ordered and placed by where the lines to them come from, so that
//! few of these cross.

use super::column::placed;
use super::{CHANNEL, GAP, Hue, Layout, Look, Port, Rect, Run, Shape, TIGHT, TOP, feet, height, width};
use crate::graph::picture::{Card, End, EveryPart, Picture, ProviderPart, TARGET_COLUMNS, TargetPart, Tone};

/// So far apart do lines end at least, where the box is high enough.
const APART: i32 = 7;

/// What stands in the column from top to bottom.
enum Block<'p> {
    Every(&'p EveryPart),
    Provider(usize, &'p ProviderPart),
}

/// The mean height of where lines come from; none of what nothing leads to.
fn mean<'a>(ports: impl Iterator<Item = &'a Port>) -> Option<i32> {
    let heights: Vec<i64> = ports.map(|port| i64::from(port.y)).collect();
    let count = i64::try_from(heights.len()).ok().filter(|count| *count > 0)?;
    i32::try_from(heights.iter().sum::<i64>() / count).ok()
}

impl<'p> Layout<'p> {
    pub(super) fn targets(&mut self, picture: &'p Picture, routes_bottom: i32) -> i32 {
        let mut blocks: Vec<Block<'p>> =
            picture.providers.iter().enumerate().map(|(at, part)| Block::Provider(at, part)).collect();
        blocks.sort_by_key(|block| self.source(block).unwrap_or(i32::MAX));
        if let Some(every) = &picture.every {
            blocks.insert(0, Block::Every(every));
        }
        let heights: Vec<i32> = blocks.iter().map(block_height).collect();
        let all: i32 = heights.iter().map(|height| height + 2 * GAP).sum();
        let is_higher = TOP + all >= routes_bottom;
        let wanted = |(block, height): (&Block<'p>, &i32)| {
            let own = self.source(block).map_or(TOP, |source| source - height / 2);
            (if is_higher { TOP } else { own }, *height)
        };
        let wanted: Vec<(i32, i32)> = blocks.iter().zip(&heights).map(wanted).collect();
        let mut bottom = TOP;
        for (block, y) in blocks.iter().zip(placed(&wanted, TOP, 2 * GAP)) {
            bottom = match block {
                Block::Every(every) => self.every(every, y),
                Block::Provider(at, part) => self.provider(*at, part, y),
            };
        }
        bottom
    }

    /// Where the lines to a block come from.
    fn source(&self, block: &Block<'p>) -> Option<i32> {
        mean(self.ports.iter().filter(|port| match (block, port.end) {
            (Block::Every(_), End::Every) => true,
            (Block::Provider(at, _), End::Target(provider, _)) => *at == provider,
            _ => false,
        }))
    }

    fn every(&mut self, every: &'p EveryPart, top: i32) -> i32 {
        let x = self.columns.targets;
        let bottom = self.with_rules(&every.card, &every.rules, x, top, width(TARGET_COLUMNS) + 4 * GAP);
        self.links(End::Every, Hue::Neutral, x, top, bottom);
        bottom
    }

    fn provider(&mut self, at: usize, part: &'p ProviderPart, top: i32) -> i32 {
        let x = self.columns.targets;
        let frame = self.shapes.len();
        let rect = Rect { x, y: top, width: width(TARGET_COLUMNS) + 4 * GAP, height: 0 };
        self.shapes.push(Shape::Box {
            rect,
            look: Look::Provider(at),
            tone: Tone::Plain,
            tip: &part.card.tip,
            lines: feet(top, &part.card.lines),
            across: Vec::new(),
        });
        let mut y = top + height(part.card.lines.len());
        for rule in &part.rules {
            y = self.card(rule, x + GAP, y, width(TARGET_COLUMNS) + 2 * GAP, Look::Rule) + GAP / 2;
        }
        y += air(&part.rules);
        let mut order: Vec<(usize, &TargetPart)> = part.targets.iter().enumerate().collect();
        let source = |own: usize| {
            mean(self.ports.iter().filter(|port| port.leads_to(End::Target(at, own)))).unwrap_or(i32::MAX)
        };
        order.sort_by_key(|(own, _)| source(*own));
        for (own, target) in order {
            let (left, top) = (x + GAP, y);
            y = self.with_rules(&target.card, &target.rules, left, y, width(TARGET_COLUMNS) + 2 * GAP);
            self.links(End::Target(at, own), Hue::Provider(at), left, top, y);
            y += GAP;
        }
        self.close(frame, y)
    }

    /// A box with the rules that speak about it within.
    fn with_rules(&mut self, card: &'p Card, rules: &'p [Card], x: i32, top: i32, width: i32) -> i32 {
        let frame = self.shapes.len();
        let mut y = self.card(card, x, top, width, Look::Box);
        for rule in rules {
            y = self.card(rule, x + GAP, y, width - 2 * GAP, Look::Rule) + GAP / 2;
        }
        self.close(frame, y + if rules.is_empty() { 0 } else { GAP / 2 })
    }

    /// Every line that ends at a box, from the top in the order in which they come, so that none crosses another there.
    fn links(&mut self, end: End, hue: Hue, x: i32, top: i32, bottom: i32) {
        let mut ports: Vec<Port> = self.ports.iter().filter(|port| port.leads_to(end)).copied().collect();
        ports.sort_by_key(|port| port.y);
        let count = i32::try_from(ports.len()).unwrap_or(i32::MAX);
        let room = (bottom - top - 8).min((count + 1).saturating_mul(APART).max(40)).max(1);
        let channel = self.columns.targets - CHANNEL;
        for (port, number) in ports.into_iter().zip(1..) {
            let y = top + 4 + room * number / (count + 1);
            self.shapes.push(Shape::Link {
                from: (port.x, port.y),
                to: (x, y),
                run: Run::Curve(channel, self.columns.targets - 6),
                hue,
                way: port.way,
            });
        }
    }
}

fn rules_height(rules: &[Card]) -> i32 {
    rules.iter().map(|rule| height(rule.lines.len()) - 2 * TIGHT + GAP / 2).sum()
}

/// Below rules, before what stands there.
fn air(rules: &[Card]) -> i32 {
    if rules.is_empty() { 0 } else { GAP / 2 }
}

fn block_height(block: &Block<'_>) -> i32 {
    match block {
        Block::Every(every) => height(every.card.lines.len()) + rules_height(&every.rules) + GAP / 2,
        Block::Provider(_, part) => {
            let target = |target: &TargetPart| {
                let end = if target.rules.is_empty() { 0 } else { GAP / 2 };
                height(target.card.lines.len()) + rules_height(&target.rules) + end + GAP
            };
            let targets: i32 = part.targets.iter().map(target).sum();
            height(part.card.lines.len()) + rules_height(&part.rules) + air(&part.rules) + targets
        }
    }
}
