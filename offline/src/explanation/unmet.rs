//! What a caller lacks of a rule, in words: what is asked, and what there is.
//!
//! Promises: the words are of the part that [`tollgate::policy::rule::Rule::unmet`] named, and judge nothing.

use tollgate::{
    policy::{
        coverage::hours,
        rule::{Circumstances, Rule, Unmet},
        wanted::{Scalar, Wanted},
    },
    time::WallClock,
};

/// The part in words, as in `scopes: needs orders:write, has orders:read`.
pub(super) fn in_words(part: Unmet, rule: &Rule, by: &Circumstances<'_>) -> String {
    let claims = by.claims;
    let (name, needs, has) = match part {
        Unmet::Issuer => ("issuer", one_of(&rule.issuers), format!("is {}", claims.issuer_name)),
        Unmet::Scopes => ("scopes", rule.scopes.join(" "), has(&claims.scopes)),
        Unmet::Roles => ("role", one_of(&rule.roles), has(&claims.roles)),
        Unmet::Groups => ("group", one_of(&rule.groups), has(&claims.groups)),
        Unmet::Claims => return claim(rule, by),
        Unmet::Clients => ("client", one_of(&rule.clients), is(claims.client.as_deref())),
        Unmet::Addresses => {
            let networks: Vec<String> = rule.addresses.iter().map(ToString::to_string).collect();
            let address = by.address.map(|address| address.to_string());
            ("address", one_of(&networks), is(address.as_deref()))
        }
        Unmet::Countries => ("country", one_of(&rule.countries), is(by.country)),
        Unmet::Hours => {
            let now = WallClock {
                unix_ms: by.now.0.saturating_mul(1_000),
            };
            (
                "hours",
                rule.hours.map(hours).unwrap_or_default(),
                format!("it is {}", now.rfc3339()),
            )
        }
    };
    format!("{name}: needs {needs}, {has}")
}

/// Values of a claim, in words.
pub(super) fn values(values: Option<&[Scalar]>) -> String {
    match values {
        None => "nothing".to_owned(),
        Some([]) => "a value that can't be compared".to_owned(),
        Some(values) => values.iter().map(Scalar::words).collect::<Vec<_>>().join(", "),
    }
}

/// The first claim that does not fit.
fn claim(rule: &Rule, by: &Circumstances<'_>) -> String {
    let fits = |values: &[Scalar], wanted: &Wanted| wanted.fits(values, by.captures);
    let unfit = rule.claims.iter().find(|test| {
        let values = by.claims.asked(&test.name);
        !values.is_some_and(|values| fits(values, &test.wanted))
    });
    let Some(test) = unfit else {
        return "claims".to_owned();
    };
    let captured = match &test.wanted {
        Wanted::Captured(name) => by.captures.get(name).map(|taken| format!(" (`{taken}`)")),
        _ => None,
    };
    format!(
        "claim {}: needs {}{}, has {}",
        test.name,
        test.wanted.words(),
        captured.unwrap_or_default(),
        values(by.claims.asked(&test.name))
    )
}

fn one_of(wanted: &[String]) -> String {
    match wanted {
        [one] => one.clone(),
        several => format!("one of {}", several.join(" ")),
    }
}

fn has(own: &[String]) -> String {
    match own {
        [] => "has none".to_owned(),
        own => format!("has {}", own.join(" ")),
    }
}

fn is(own: Option<&str>) -> String {
    own.map_or_else(|| "is not known".to_owned(), |own| format!("is {own}"))
}
