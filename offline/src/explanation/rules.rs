//! The rules of a route in words, and whether the caller meets each.
//!
//! Promises: whether a rule is met, and which part of it is not, is [`Rule::unmet`]'s to say.

use serde::Serialize;
use tollgate::policy::{
    hours::{DAYS, Hours},
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

/// A rule in words.
fn words(rule: &Rule) -> String {
    let mut words = vec![format!("issuer {}", rule.issuers.join(" or "))];
    let claims: Vec<String> = rule
        .claims
        .iter()
        .map(|test| format!("{} {}", test.name, test.wanted.words()))
        .collect();
    let networks: Vec<String> = rule.addresses.iter().map(ToString::to_string).collect();
    for (part, named, between) in [
        ("scopes", &rule.scopes, " and "),
        ("role", &rule.roles, " or "),
        ("group", &rule.groups, " or "),
        ("claim", &claims, " and "),
        ("client", &rule.clients, " or "),
        ("address in", &networks, " or "),
        ("country", &rule.countries, " or "),
    ] {
        if !named.is_empty() {
            words.push(format!("{part} {}", named.join(between)));
        }
    }
    words.extend(rule.hours.map(hours));
    words.join(", ")
}

/// Hours in words, as in `08:00 to 18:00 (+01:00) on mon tue`.
pub(super) fn hours(hours: Hours) -> String {
    let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let sign = if hours.offset_min < 0 { '-' } else { '+' };
    let offset = clock(hours.offset_min.unsigned_abs());
    let days: Vec<&str> = (0_u32..)
        .zip(DAYS)
        .filter(|(number, _)| hours.days & 1_u8.wrapping_shl(*number) != 0)
        .map(|(_, day)| day)
        .collect();
    let on = match days.len() == DAYS.len() {
        true => String::new(),
        false => format!(" on {}", days.join(" ")),
    };
    format!(
        "{} to {} ({sign}{offset}){on}",
        clock(hours.from_min),
        clock(hours.to_min)
    )
}
