//! The rules of a route in words, and whether the caller meets each.
//!
//! Promises: whether a rule is met, and which part of it is not, is [`Rule::unmet`]'s to say; the words are those of the
//! coverage table.

use serde::Serialize;
use tollgate::policy::{
    coverage::words,
    rule::{Circumstances, Rule},
};

use crate::explanation::unmet::in_words;

/// A rule, and what the caller lacks of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// The rule in words.
    pub rule: String,
    /// The first part that is not met, with what is asked and what there is; none if the rule is met.
    pub unmet: Option<String>,
}

/// Each rule, judged.
pub(super) fn judged(rules: &[Rule], by: &Circumstances<'_>) -> Vec<Judged> {
    let judged = rules.iter().map(|rule| Judged {
        rule: words(rule),
        unmet: rule.unmet(by).map(|part| in_words(part, rule, by)),
    });
    judged.collect()
}
