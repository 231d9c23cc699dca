//! What a policy looks for in texts, built once and shared: [`Detectors`] finds by place, or says only who finds.

use crate::patterns::{BadRegex, Own, Pattern};
use crate::plain::plain;
use crate::rules::secret::Secret;
use crate::rules::{credit_card, email, iban, ip_address, phone, us_ssn};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

/// What a detector looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looks {
    /// Credentials.
    Secret,
    /// Email addresses.
    Email,
    /// International bank account numbers.
    Iban,
    /// Card numbers.
    CreditCard,
    /// US social security numbers.
    UsSsn,
    /// Addresses of IP, version 4 and 6.
    IpAddress,
    /// Phone numbers with a country code.
    Phone,
    /// Any of these patterns.
    Patterns(Vec<Pattern>),
}

/// Something that a detector found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The detector's name, as it was given to [`Detectors::new`].
    pub detector: String,
    /// What it is, in words: `an OpenAI or Anthropic key`.
    pub what: String,
    /// Where it stands, in bytes; never empty.
    pub range: Range<usize>,
}

/// A pattern that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPattern {
    /// Which detector has it, counted from 0 in the order given.
    pub detector: usize,
    /// Which of its patterns, counted from 0.
    pub pattern: usize,
    /// What is wrong with it.
    pub error: BadRegex,
}

/// Detectors by name, ready to look. The first with [`Looks::Secret`] takes some milliseconds more for its first text; its rules are
/// compiled as texts call for them. To be shared between threads, in an `Arc`.
pub struct Detectors {
    detectors: Vec<(String, Seeker)>,
}

enum Seeker {
    Secret(&'static Secret),
    Email,
    Iban,
    CreditCard,
    UsSsn,
    IpAddress,
    Phone,
    /// With its findings in words.
    Own(Own, String),
}

impl Looks {
    /// The names of the built-in detectors in the language, by name.
    pub const BUILT_IN: [&str; 7] =
        ["credit-card", "email", "iban", "ip-address", "phone", "secret", "us-ssn"];

    /// What the built-in detector of this name looks for.
    pub fn built_in(name: &str) -> Option<Looks> {
        match name {
            "credit-card" => Some(Looks::CreditCard),
            "email" => Some(Looks::Email),
            "iban" => Some(Looks::Iban),
            "ip-address" => Some(Looks::IpAddress),
            "phone" => Some(Looks::Phone),
            "secret" => Some(Looks::Secret),
            "us-ssn" => Some(Looks::UsSsn),
            _ => None,
        }
    }
}

impl Detectors {
    /// From names and what each looks for; findings of one place come in this order. Fails with the first pattern that is
    /// none.
    pub fn new(detectors: Vec<(String, Looks)>) -> Result<Detectors, BadPattern> {
        let mut built = Vec::with_capacity(detectors.len());
        for (index, (name, looks)) in detectors.into_iter().enumerate() {
            let seeker = match looks {
                Looks::Secret => Seeker::Secret(Secret::built()),
                Looks::Email => Seeker::Email,
                Looks::Iban => Seeker::Iban,
                Looks::CreditCard => Seeker::CreditCard,
                Looks::UsSsn => Seeker::UsSsn,
                Looks::IpAddress => Seeker::IpAddress,
                Looks::Phone => Seeker::Phone,
                Looks::Patterns(patterns) => {
                    let own = Own::new(&patterns).map_err(|(pattern, error)| BadPattern {
                        detector: index,
                        pattern,
                        error,
                    })?;
                    Seeker::Own(own, format!("what `{name}` looks for"))
                }
            };
            built.push((name, seeker));
        }
        Ok(Detectors { detectors: built })
    }

    /// Every finding, by place; those of one detector do not overlap, those of several may. Linear in the text.
    /// Looks at the text as it stands, for only there a finding has a place: what [`Detectors::found`] sees beyond that, in
    /// [`plain`] alone, is not among them.
    pub fn find(&self, text: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (name, seeker) in &self.detectors {
            let _ = seeker.each(text, &mut |range, what| {
                findings.push(Finding { detector: name.clone(), what: what.to_owned(), range });
                ControlFlow::Continue(())
            });
        }
        findings.sort_by_key(|finding| (finding.range.start, std::cmp::Reverse(finding.range.end)));
        findings
    }

    /// The names of the detectors that find something in the text as it stands or, where that differs, as it is meant: in
    /// its [`plain`] form. Each stops at its first finding. Linear in the text.
    pub fn found(&self, text: &str) -> BTreeSet<&str> {
        let meant = match plain(text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(meant) => Some(meant),
        };
        let finds = self.detectors.iter().filter(|(_, seeker)| {
            seeker.finds(text) || meant.as_deref().is_some_and(|meant| seeker.finds(meant))
        });
        finds.map(|(name, _)| name.as_str()).collect()
    }
}

impl Seeker {
    fn each(
        &self,
        text: &str,
        tell: &mut dyn FnMut(Range<usize>, &str) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut built_in = |range: Range<usize>, what: &'static str| tell(range, what);
        match self {
            Seeker::Secret(secret) => secret.find(text, &mut built_in),
            Seeker::Email => email::find(text, &mut built_in),
            Seeker::Iban => iban::find(text, &mut built_in),
            Seeker::CreditCard => credit_card::find(text, &mut built_in),
            Seeker::UsSsn => us_ssn::find(text, &mut built_in),
            Seeker::IpAddress => ip_address::find(text, &mut built_in),
            Seeker::Phone => phone::find(text, &mut built_in),
            Seeker::Own(own, what) => own.find(text).into_iter().try_for_each(|range| tell(range, what)),
        }
    }

    fn finds(&self, text: &str) -> bool {
        match self {
            Seeker::Secret(secret) => secret.is_in(text),
            Seeker::Own(own, _) => own.is_in(text),
            _ => self.each(text, &mut |_, _| ControlFlow::Break(())).is_break(),
        }
    }
}

#[cfg(test)]
mod tests;
