//! The time zone of a policy: once, in the root file or one that it shares its rules with.

use super::names::unknown;
use super::{Lower, Placed, span, span_of};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use wayleave_grammar::ast::Item;
use wayleave_program::zone::Zone;

impl Lower<'_> {
    pub(super) fn declare_zone(&mut self, items: &[Placed<Item>]) {
        let mut first: Option<Span> = None;
        for (file, item) in items {
            let Item::Timezone(item) = item else { continue };
            if self.declared.delegated.contains_key(file) {
                // That it stands in a delegated file has been said.
                continue;
            }
            let at = span_of(*file, item);
            if let Some(first) = first {
                let diagnostic =
                    Diagnostic::new(Code::R0102, "the policy states two time zones", at, "again here")
                        .with_label(first, "the first stands here")
                        .with_help("keep one of them: all dates of a policy are in one zone");
                self.report(diagnostic);
                continue;
            }
            first = Some(at);
            let Some(text) = item.zone() else { continue };
            let name = text.value();
            match Zone::find(&name) {
                Some(zone) => self.schema_mut().zone = zone,
                None => {
                    let names: Vec<(String, Option<Span>)> = Zone::names()
                        .into_iter()
                        .filter(|known| is_same_city(known, &name))
                        .map(|name| (name, None))
                        .collect();
                    let text_at = span(*file, text.range());
                    let mut diagnostic = unknown("time zone", &name, text_at, &names);
                    for fix in &mut diagnostic.fixes {
                        fix.edits
                            .iter_mut()
                            .for_each(|edit| edit.text = format!("{:?}", edit.text.trim_matches('"')));
                    }
                    diagnostic.help = match diagnostic.fixes.first().and_then(|fix| fix.edits.first()) {
                        Some(edit) => Some(format!("write `{}` if that is meant", edit.text)),
                        None => Some(
                            "write a name of the tz database, such as `\"Europe/Zurich\"` or `\"UTC\"`"
                                .to_owned(),
                        ),
                    };
                    self.report(diagnostic);
                }
            }
        }
    }
}

/// Whether two zones are of one city but for a slip of the pen. Another city near by is in another zone.
fn is_same_city(one: &str, other: &str) -> bool {
    let city = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let (one, other) = (city(one), city(other));
    let shortest = one.chars().count().min(other.chars().count());
    strsim::damerau_levenshtein(&one, &other) <= shortest / 4
}
