//! Limits and budgets, and tests of how much of them is used.

use super::conditions::{Asked, Asking, Scope};
use super::names::Kind;
use super::noted::Noted;
use super::{Lower, Placed, span, span_of};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::model::{Amount, Counter, Subject};
use crate::source::{FileId, Span};
use wayleave_grammar::ast::{self, Item, LiteralValue};
use wayleave_program::schema::{Attribute, Origin, Type};
use wayleave_program::value::{Share, UsdMicros};
use wayleave_program::zone::Period;

/// All of a whole, in millionths.
const WHOLE: u64 = 1_000_000;

/// The attribute that holds how much of a counter is used.
fn used_name(keyword: &str, name: &str) -> String {
    format!("{keyword}({name})")
}

impl Lower<'_> {
    /// The names of limits and budgets, and for each the attribute that holds how much of it is used.
    pub(super) fn declare_counters(&mut self, items: &[Placed<Item>]) {
        for (file, item) in items {
            let (name, keyword) = match item {
                Item::Limit(item) => (item.name(), "used"),
                Item::Budget(item) => (item.name(), "spent"),
                _ => continue,
            };
            let Some(name) = self.declare_name(Kind::Counter, *file, name) else { continue };
            self.schema_mut().attributes.push(Attribute {
                name: used_name(keyword, &name),
                value_type: Type::Share,
                origin: Origin::Counter,
                default: None,
                is_required: false,
            });
        }
    }

    pub(super) fn counters(&mut self, items: &[Placed<Item>]) -> Vec<Counter> {
        let mut counters = Vec::new();
        for (file, item) in items {
            match item {
                Item::Limit(item) => counters.extend(self.limit(*file, item)),
                Item::Budget(item) => counters.extend(self.budget(*file, item)),
                _ => {}
            }
        }
        counters
    }

    /// Whether an item is the one that declared a counter of that name.
    fn is_first_counter(&self, name: &ast::Name, file: FileId) -> bool {
        self.declared.names.get(Kind::Counter, &name.text()) == Some(span(file, name.text_range()))
    }

    fn limit(&mut self, file: FileId, item: &ast::Limit) -> Option<Counter> {
        let name = item.name().filter(|name| self.is_first_counter(name, file))?.text();
        let amount = item.rate().and_then(|rate| self.rate(file, &rate));
        let each = item.each().map(|clause| self.each(file, &clause));
        let condition = self.rule_condition(file, item.when(), Scope::Counter);
        Some(Counter {
            used: self.declared.schema.find(&used_name("used", &name))?,
            name,
            span: span_of(file, item),
            condition: condition?,
            amount: amount?,
            each: each.map_or(Some(None), |each| each.map(Some))?,
            warn: None,
            is_enforced: true,
        })
    }

    fn rate(&mut self, file: FileId, rate: &ast::Rate) -> Option<Amount> {
        let (amount, window) = (rate.amount()?, rate.window()?);
        let window_ms = self.duration(span_of(file, &window), "per", Some(window.value()?))?;
        match amount.value()? {
            LiteralValue::Requests(0) | LiteralValue::Tokens(0) => {
                self.nothing_admitted(span_of(file, &amount));
                None
            }
            LiteralValue::Requests(count) => Some(Amount::Requests(count, window_ms)),
            LiteralValue::Tokens(count) => Some(Amount::Tokens(count, window_ms)),
            _ => None,
        }
    }

    /// A counter that admits nothing is a denial in disguise.
    fn nothing_admitted(&mut self, at: Span) {
        let message = "this admits nothing, and says so only when a request comes";
        let help = "write an amount above 0; to refuse requests, write `deny NAME when …`";
        self.report(Diagnostic::new(Code::R0201, message, at, "nothing at all").with_help(help));
    }

    fn budget(&mut self, file: FileId, item: &ast::Budget) -> Option<Counter> {
        let name_node = item.name().filter(|name| self.is_first_counter(name, file))?;
        let name = name_node.text();
        let amount = item.spending().and_then(|spending| self.spending(file, &spending));
        let each = item.each().map(|clause| self.each(file, &clause));
        let warn = item.warn().and_then(|clause| clause.share()).map(|share| self.warn_share(file, &share));
        let condition = self.rule_condition(file, item.when(), Scope::Counter);
        if item.then().is_none() {
            let message = format!("`budget {name}` does not say what happens when it is spent");
            let at = span(file, name_node.text_range());
            let end = span_of(file, item).after();
            let diagnostic = Diagnostic::new(Code::R0206, message, at, "and then")
                .with_help("write `then deny`, or `then continue` and test `spent(…)` in a condition")
                .with_fix("refuse what goes beyond it", end, "  then deny", Applicability::Maybe);
            self.report(diagnostic);
        }
        let is_enforced = item.then()?.word()? == "deny";
        self.noted.budgets.push((name.clone(), span(file, name_node.text_range()), is_enforced));
        Some(Counter {
            used: self.declared.schema.find(&used_name("spent", &name))?,
            name,
            span: span_of(file, item),
            condition: condition?,
            amount: amount?,
            each: each.map_or(Some(None), |each| each.map(Some))?,
            warn: warn.map_or(Some(None), |warn| warn.map(Some))?,
            is_enforced,
        })
    }

    fn spending(&mut self, file: FileId, spending: &ast::Spending) -> Option<Amount> {
        let amount = spending.amount()?;
        match amount.value()? {
            LiteralValue::MoneyUsdMicros(0) => {
                self.nothing_admitted(span_of(file, &amount));
                None
            }
            LiteralValue::MoneyUsdMicros(micros) => {
                Some(Amount::Money(UsdMicros(micros), Period::find(&spending.period()?)?))
            }
            _ => None,
        }
    }

    fn warn_share(&mut self, file: FileId, share: &ast::Literal) -> Option<Share> {
        let LiteralValue::SharePpm(ppm) = share.value()? else { return None };
        if ppm == 0 || ppm > WHOLE {
            let at = span_of(file, share);
            let label = if ppm == 0 { "from the first request on" } else { "never reached" };
            let diagnostic = Diagnostic::new(Code::R0201, "a warning comes between 0% and 100%", at, label);
            self.report(diagnostic.with_help("write a share such as `80%`"));
            return None;
        }
        Some(Share(ppm))
    }

    /// Budgets that go on when they are spent, while nothing tests how much is.
    pub(super) fn untested_budgets(noted: &[&Noted]) -> Vec<Diagnostic> {
        let is_idle = |(name, _, is_enforced): &&(String, Span, bool)| {
            !is_enforced && !noted.iter().any(|noted| noted.used.has(Kind::Counter, name))
        };
        let tell = |(name, at, _): &(String, Span, bool)| {
            let message = format!("`budget {name}` continues when it is spent, and no condition tests it");
            Diagnostic::new(Code::R0311, message, *at, "changes nothing")
                .with_help(format!("test `spent({name})` in a condition, or write `then deny`"))
        };
        noted.iter().flat_map(|noted| &noted.budgets).filter(is_idle).map(tell).collect()
    }

    /// What `spent(NAME)` or `used(NAME)` asks about.
    pub(super) fn counter_asked(&mut self, file: FileId, counter: &ast::Counter) -> Option<Asking> {
        let (keyword, name_node) = (counter.keyword(), counter.name()?);
        let name = name_node.text();
        let at = span_of(file, counter);
        self.mark_used(Kind::Counter, &name);
        let text = used_name(&keyword, &name);
        if let Some(id) = self.declared.schema.find(&text) {
            return Some(Asking {
                name: text,
                subject: Subject::Attribute(id),
                asked: Asked::Value(Type::Share),
            });
        }
        let other = if keyword == "spent" { "used" } else { "spent" };
        if self.declared.schema.find(&used_name(other, &name)).is_some() {
            let (is, not) = if keyword == "spent" { ("limit", "budget") } else { ("budget", "limit") };
            let message = format!("`{name}` is a {is}, and `{keyword}()` asks about a {not}");
            let written = used_name(other, self.sources.text(span(file, name_node.text_range())));
            let diagnostic = Diagnostic::new(Code::R0101, message, at, format!("a {is}"))
                .with_help(format!("write `{written}`"))
                .with_fix(format!("write `{written}`"), at, written, Applicability::Always);
            self.report(diagnostic);
            return None;
        }
        self.unknown_name(Kind::Counter, &name, span(file, name_node.text_range()));
        None
    }
}
