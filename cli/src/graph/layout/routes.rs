//! Where routes stand: a frame each, the routes inside above its own arms, each arm beside its plan.

use super::{
    ARROW, GAP, Hue, LINE, Layout, Look, PAD, Port, Rect, Run, Shape, TOP, TRUNK, feet, height, width,
};
use crate::graph::picture::{ArmPart, End, PLAN_COLUMNS, Picture, PlanPart, ROUTE_COLUMNS, RoutePart, Way};

/// Above and below the lines that lead to one end.
const ROW: i32 = 3;

impl<'p> Layout<'p> {
    pub(super) fn routes(&mut self, picture: &'p Picture) -> i32 {
        let mut y = TOP;
        for part in &picture.routes {
            self.reach(y + 17, Way::First);
            y = self.route(part, 0, y) + 2 * GAP;
        }
        self.reach(y + 17, Way::Copied);
        self.card(&picture.otherwise, self.columns.routes, y, width(ROUTE_COLUMNS), Look::Box)
    }

    /// The line from the gates to a route.
    fn reach(&mut self, y: i32, way: Way) {
        let run = Run::Corner(self.trunk.0 + TRUNK / 2);
        let to = (self.columns.routes, y);
        self.shapes.push(Shape::Link { from: self.trunk, to, run, hue: Hue::Neutral, way });
    }

    fn route(&mut self, part: &'p RoutePart, depth: usize, top: i32) -> i32 {
        let inset = GAP * i32::try_from(depth.min(super::INSETS - 1)).unwrap_or(0);
        let x = self.columns.routes + inset;
        let frame_width = self.columns.routes_width - 2 * inset;
        let frame = self.shapes.len();
        let rect = Rect { x, y: top, width: frame_width, height: 0 };
        let (look, lines) = (Look::Frame, feet(top, &part.card.lines));
        self.shapes.push(Shape::Box {
            rect,
            look,
            tone: part.card.tone,
            tip: &part.card.tip,
            lines,
            across: Vec::new(),
        });
        let head = top + height(part.card.lines.len());
        if part.is_single() {
            let bottom = part.arms.iter().map(|arm| self.plan(&arm.plan, top + GAP)).max().unwrap_or(top);
            self.arrow(top + GAP + ROW + LINE / 2 + 2);
            return self.close(frame, head.max(bottom + GAP));
        }
        let mut y = head;
        for inner in &part.inner {
            y = self.route(inner, depth + 1, y) + GAP;
        }
        for arm in &part.arms {
            y = self.arm(arm, x + GAP, y) + GAP;
        }
        self.close(frame, y)
    }

    fn arm(&mut self, arm: &'p ArmPart, x: i32, y: i32) -> i32 {
        let bottom = self.plan(&arm.plan, y);
        self.arrow(y + ROW + LINE / 2 + 2);
        match &arm.card {
            Some(card) => self.card(card, x, y, self.columns.plans - ARROW - x, Look::Arm).max(bottom),
            None => bottom,
        }
    }

    /// From what stands left of a plan to it.
    fn arrow(&mut self, y: i32) {
        let (from, to) = ((self.columns.plans - ARROW, y), (self.columns.plans, y));
        let run = Run::Corner(self.columns.plans - ARROW / 2);
        self.shapes.push(Shape::Link { from, to, run, hue: Hue::Neutral, way: Way::First });
    }

    fn plan(&mut self, plan: &'p PlanPart, top: i32) -> i32 {
        let (x, width) = (self.columns.plans, width(PLAN_COLUMNS));
        let mut y = top;
        let mut across = Vec::new();
        let mut lines = Vec::new();
        for row in &plan.rows {
            if y > top {
                across.push(y);
            }
            let row_height = i32::try_from(row.lines.len()).unwrap_or(1) * LINE + 2 * ROW;
            if let Some((end, way)) = row.to {
                self.ports.push(Port { x: x + width, y: y + ROW + LINE / 2, end, way });
            }
            lines.extend((0..).map(|number| y + ROW + LINE * number + 13).zip(&row.lines));
            y += row_height;
        }
        let rect = Rect { x, y: top, width, height: y - top + PAD / 2 };
        self.shapes.push(Shape::Box {
            rect,
            look: Look::Plan,
            tone: plan.tone,
            tip: &plan.tip,
            lines,
            across,
        });
        top + rect.height
    }
}

impl Port {
    /// Whether it leads to one target.
    pub(super) fn leads_to(&self, end: End) -> bool {
        self.end == end
    }
}
