//! A picture in the language of Graphviz, which lays it out itself. Every text is quoted.

use super::picture::{
    Card, End, Gate, Line, Picture, PlanPart, ProviderPart, RoutePart, TargetPart, Tone, Way,
};

/// The whole file.
pub(crate) fn write(picture: &Picture) -> String {
    let mut dot = Dot { out: String::new(), depth: 0, count: 0, edges: Vec::new() };
    dot.line("digraph policy {");
    dot.depth += 1;
    dot.line(&format!("label={}", quoted(&picture.title)));
    dot.line(&format!("tooltip={}", quoted(&picture.about)));
    dot.line("labelloc=t rankdir=LR compound=true nodesep=0.15 ranksep=1.2 fontname=Helvetica");
    dot.line("node [shape=box style=\"rounded,filled\" fillcolor=white fontname=Courier fontsize=10]");
    dot.line("edge [fontname=Courier fontsize=9 color=gray40]");
    dot.card("request", &picture.request, &[]);
    dot.gate("denials", &picture.denials);
    dot.edge("request", "denials_0", "");
    if let Some(counters) = &picture.counters {
        dot.gate("counters", counters);
    }
    if let Some(prohibitions) = &picture.prohibitions {
        dot.gate("prohibitions", prohibitions);
    }
    for part in &picture.routes {
        dot.route(part, true);
    }
    dot.card("otherwise", &picture.otherwise, &[]);
    dot.edge("denials_0", "otherwise", "style=dotted ltail=cluster_denials");
    if let Some(every) = &picture.every {
        dot.card("every", &every.card, &every.rules);
    }
    for (at, provider) in picture.providers.iter().enumerate() {
        dot.provider(at, provider);
    }
    for edge in std::mem::take(&mut dot.edges) {
        dot.line(&edge);
    }
    dot.depth -= 1;
    dot.line("}");
    dot.out
}

struct Dot {
    out: String,
    depth: usize,
    /// How many arms there are so far: each has a number.
    count: usize,
    /// They stand behind all nodes.
    edges: Vec<String>,
}

impl Dot {
    fn line(&mut self, text: &str) {
        self.out.push_str(&"  ".repeat(self.depth));
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn edge(&mut self, from: &str, to: &str, more: &str) {
        let more = if more.is_empty() { String::new() } else { format!(" [{more}]") };
        self.edges.push(format!("{from} -> {to}{more}"));
    }

    fn open(&mut self, name: &str, card: &Card) {
        self.line(&format!("subgraph cluster_{name} {{"));
        self.depth += 1;
        let label = quoted_lines(&card.lines);
        self.line(&format!("label={label} tooltip={} labeljust=l", quoted(&card.tip)));
        self.line("style=\"rounded,filled\" fillcolor=gray96 color=gray60 fontname=Courier fontsize=10");
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.line("}");
    }

    /// A box, with the rules about it below its own words.
    fn card(&mut self, name: &str, card: &Card, rules: &[Card]) {
        let mut lines = card.lines.clone();
        let mut tip = card.tip.clone();
        for rule in rules {
            lines.push(Line::new("", Tone::Plain));
            lines.extend(rule.lines.iter().cloned());
            tip.push_str(&format!("\n\n{}", rule.tip));
        }
        let colour = match card.tone {
            Tone::Plain | Tone::Quiet => "color=gray40",
            Tone::Refuses => "color=red3 fillcolor=mistyrose",
            Tone::Approves => "color=green4 fillcolor=honeydew",
            Tone::Grants => "color=darkgoldenrod fillcolor=cornsilk",
            Tone::Idle => "color=gray50 fillcolor=gray96 style=\"rounded,filled,dashed\"",
        };
        self.line(&format!("{name} [label={} tooltip={} {colour}]", quoted_lines(&lines), quoted(&tip)));
    }

    fn gate(&mut self, name: &str, gate: &Gate) {
        let lines = vec![Line::new(gate.title.clone(), Tone::Plain)];
        self.open(name, &Card { tip: gate.title.clone(), tone: Tone::Plain, lines });
        for (index, card) in gate.cards.iter().enumerate() {
            self.card(&format!("{name}_{index}"), card, &[]);
        }
        if gate.cards.is_empty() {
            self.line(&format!("{name}_0 [shape=point]"));
        }
        self.close();
    }

    /// Depth is that of the picture.
    fn route(&mut self, part: &RoutePart, is_outermost: bool) {
        let first = self.count;
        let name = format!("route_{first}_{}", self.depth);
        self.open(&name, &part.card);
        for inner in &part.inner {
            self.route(inner, false);
        }
        for arm in &part.arms {
            let number = self.count;
            self.count += 1;
            match &arm.card {
                Some(card) => self.card(&format!("arm_{number}"), card, &[]),
                None => self.line(&format!("arm_{number} [shape=point]")),
            }
            self.plan(number, &arm.plan);
            self.edge(&format!("arm_{number}"), &format!("plan_{number}"), "");
        }
        self.close();
        if is_outermost && self.count > first {
            let more = format!("ltail=cluster_denials lhead=cluster_{name}");
            self.edge("denials_0", &format!("arm_{first}"), &more);
        }
    }

    fn plan(&mut self, number: usize, plan: &PlanPart) {
        let mut rows = String::new();
        for (index, row) in plan.rows.iter().enumerate() {
            let lines: Vec<String> = row.lines.iter().map(|line| marked(&line.text)).collect();
            let text = lines.join("<br align=\"left\"/>");
            rows.push_str(&format!(
                "<tr><td port=\"r{index}\" align=\"left\" balign=\"left\">{text}</td></tr>"
            ));
            let Some((end, way)) = row.to else { continue };
            let to = match end {
                End::Every => "every".to_owned(),
                End::Target(provider, target) => format!("target_{provider}_{target}:w"),
            };
            let style = match way {
                Way::First => "penwidth=2",
                Way::Else => "",
                Way::Migrated => "style=dashed",
                Way::Copied => "style=dotted",
            };
            self.edge(&format!("plan_{number}:r{index}:e"), &to, style);
        }
        let colour = if plan.tone == Tone::Refuses { "red3" } else { "gray40" };
        let table = format!(
            "<table border=\"0\" cellborder=\"1\" cellspacing=\"0\" color=\"{colour}\">{rows}</table>"
        );
        let tip = quoted(&plan.tip);
        self.line(&format!("plan_{number} [shape=plain style=\"\" label=<{table}> tooltip={tip}]"));
    }

    fn provider(&mut self, at: usize, part: &ProviderPart) {
        let mut card = part.card.clone();
        for rule in &part.rules {
            card.lines.push(Line::new("", Tone::Plain));
            card.lines.extend(rule.lines.iter().cloned());
            card.tip.push_str(&format!("\n\n{}", rule.tip));
        }
        self.open(&format!("provider_{at}"), &card);
        for (own, TargetPart { card, rules }) in part.targets.iter().enumerate() {
            self.card(&format!("target_{at}_{own}"), card, rules);
        }
        self.close();
    }
}

/// A text in quotes, in which Graphviz finds no escape and no character reference of its own.
fn quoted(text: &str) -> String {
    format!("\"{}\"", inner(text).replace('\n', "\\n"))
}

/// Lines set to the left.
fn quoted_lines(lines: &[Line]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| format!("{}\\l", inner(&line.text))).collect();
    format!("\"{}\"", lines.concat())
}

fn inner(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;")
}

/// A text within a label that is marked up; blanks at its beginning stay.
fn marked(text: &str) -> String {
    let shown = text.trim_start();
    let escaped =
        shown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    format!("{}{escaped}", "&#160;".repeat(text.len() - shown.len()))
}
