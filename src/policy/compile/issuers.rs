//! `[issuers.*]`: who may vouch for a caller.
//!
//! Promises: what a credential of each must be is said in full, also where a preset says it. A key that would have no
//! effect is a problem.

use std::{collections::BTreeMap, slice};

use crate::policy::{
    claim_path,
    compile::{
        alike::report_alike,
        known::{bounded_list, check_name},
        presets::{Preset, preset},
        tenants::{OWN, iss, report_everybodys},
        values::claim_tests,
        vouching::{check_secret, vouching},
    },
    issuer::{AUDIENCES_MAX, Bound, CLAIMS_REQUIRED_MAX, ISSUERS_MAX, Issuer, LEEWAY_S_MAX, Types},
    problem::Problems,
    source::{Source, issuer::Issuer as Written},
    wanted::{Captures, Scalar, Test, Wanted},
};

/// How far clocks may differ unless the policy says otherwise, in seconds.
pub const LEEWAY_S_DEFAULT: u64 = 60;

pub(super) fn issuers(source: &Source, problems: &mut Problems) -> BTreeMap<String, Issuer> {
    let mut issuers = BTreeMap::new();
    for (name, written) in &source.issuers {
        let place = format!("issuers.{name}");
        check_name(&place, name, problems);
        let issuer = match written.api_keys {
            true => of_api_keys(&place, name, written, problems),
            false => one(&place, written, problems),
        };
        issuers.insert(name.clone(), issuer);
    }
    bounded_list("issuers", issuers.len(), ISSUERS_MAX, problems);
    report_alike(source, &issuers, problems);
    issuers
}

fn one(place: &str, written: &Written, problems: &mut Problems) -> Issuer {
    let preset = preset(place, written, problems);
    let tokens_are_read = written.introspection.is_none();
    if !tokens_are_read {
        let why = "an opaque token has none, and the answer about it is asked for by `issuer`";
        no_meaning(
            place,
            &[
                ("types", written.types.is_some()),
                ("tenants", written.tenants.is_some()),
            ],
            why,
            problems,
        );
    }
    let leeway_s = written.leeway.map_or(LEEWAY_S_DEFAULT, |leeway| leeway.0);
    if leeway_s > LEEWAY_S_MAX {
        problems.add(
            format!("{place}.leeway"),
            "a long leeway keeps expired tokens alive",
            format!("give at most {LEEWAY_S_MAX} seconds"),
        );
    }
    let mut claim = |key: &str, written: Option<&String>| {
        let path = written.map_or(key, String::as_str);
        let checked = claim_path::check(path);
        problems.take(format!("{place}.{key}"), checked, "name the claim as tokens have it");
        path.to_owned()
    };
    let (roles, groups) = (
        claim("roles", written.roles.as_ref()),
        claim("groups", written.groups.as_ref()),
    );
    let bound = bound(place, written, problems);
    let claims = claims(place, written, preset, problems);
    report_everybodys(&format!("{place}.issuer"), written, &claims, problems);
    Issuer {
        issuer: iss(place, written, preset, problems),
        tenants: written.tenants.clone().filter(|_| tokens_are_read).unwrap_or_default(),
        audience: audience(place, written, preset, problems),
        leeway_s,
        roles,
        groups,
        types: types(place, written, preset, problems),
        claims,
        vouching: vouching(place, written, preset, problems),
        dpop_nonce: dpop_nonce(place, written, bound, problems),
        bound,
        ..Issuer::plain("", &[])
    }
}

/// API keys are the gateway's own: what tokens of others must be does not apply to them.
fn of_api_keys(place: &str, name: &str, written: &Written, problems: &mut Problems) -> Issuer {
    let vouching = vouching(place, written, None, problems);
    let given = [
        ("issuer", written.issuer.is_some()),
        ("tenants", written.tenants.is_some()),
        ("audience", written.audience.is_some()),
        ("emails", written.emails.is_some()),
        ("hosted_domains", written.hosted_domains.is_some()),
        ("project", written.project.is_some()),
        ("leeway", written.leeway.is_some()),
        ("types", written.types.is_some()),
        ("claims", written.claims.is_some()),
        ("roles", written.roles.is_some()),
        ("groups", written.groups.is_some()),
        ("bound", written.bound.is_some()),
        ("dpop_nonce", written.dpop_nonce.is_some()),
    ];
    no_meaning(place, &given, "API keys have an owner, scopes and an expiry", problems);
    let own = format!("{OWN}api-keys/{name}");
    Issuer {
        vouching,
        ..Issuer::plain(&own, &[&own])
    }
}

fn no_meaning(place: &str, given: &[(&str, bool)], why: &str, problems: &mut Problems) {
    for (key, _) in given.iter().filter(|(_, given)| *given) {
        problems.add(
            format!("{place}.{key}"),
            format!("`{key}` has no meaning here: {why}"),
            "remove it",
        );
    }
}

fn audience(place: &str, written: &Written, preset: Option<&Preset>, problems: &mut Problems) -> Vec<String> {
    let audience = match preset {
        Some(preset) => preset.audience(place, written, problems),
        None => written.audience.clone().unwrap_or_default(),
    };
    let at = format!("{place}.audience");
    // Of a preset that is not known it is not known either; and one without its project has that said already.
    let given_otherwise = preset.is_none() && written.preset.is_some() || preset.is_some_and(Preset::names_audience);
    let missing = written.audience.is_none() && given_otherwise;
    if !missing && (audience.is_empty() || audience.iter().any(String::is_empty)) {
        problems.add(
            &at,
            "no audience is named; tokens that were made for other services would pass",
            "name the `aud` that tokens for this gateway have",
        );
    }
    bounded_list(&at, audience.len(), AUDIENCES_MAX, problems);
    audience
}

fn types(place: &str, written: &Written, preset: Option<&Preset>, problems: &mut Problems) -> Types {
    let Some(words) = &written.types else {
        return preset.map_or(Types::ALL, |_| Preset::TYPES);
    };
    let at = format!("{place}.types");
    if words.is_empty() {
        problems.add(
            &at,
            "an empty list takes no token",
            "leave `types` out to take all three",
        );
    }
    let mut types = Types::NONE;
    for (number, word) in words.iter().enumerate() {
        match word.as_str() {
            "JWT" => types.jwt = true,
            "at+jwt" => types.at_jwt = true,
            "absent" => types.absent = true,
            other => problems.add(
                format!("{at}[{number}]"),
                format!("`{other}` is no type of token that is known"),
                "write `JWT`, `at+jwt` or `absent`",
            ),
        }
    }
    if preset.is_some()
        && types
            == (Types {
                at_jwt: true,
                ..Types::NONE
            })
    {
        problems.add(
            &at,
            "the tokens of a preset are ID tokens, and no access token (RFC 9068 section 2.1)",
            "leave `types` out",
        );
    }
    types
}

fn claims(place: &str, written: &Written, preset: Option<&Preset>, problems: &mut Problems) -> Vec<Test> {
    let at = format!("{place}.claims");
    let mut claims = preset.map_or_else(Vec::new, |preset| preset.tests(written));
    if let Some(written) = &written.claims {
        if written.is_empty() {
            problems.add(
                &at,
                "no claim is asked for",
                "name what must fit, or leave `claims` out",
            );
        }
        let added = claim_tests(&at, written, None, problems);
        if let Some(preset) = preset {
            report_contradictions(&at, preset, &claims, &added, problems);
        }
        claims.extend(added);
    }
    bounded_list(&at, claims.len(), CLAIMS_REQUIRED_MAX, problems);
    claims
}

/// Reports claims that no token could have, since the preset asks that they are something else. Those that presets ask
/// for have one value each.
fn report_contradictions(at: &str, preset: &Preset, own: &[Test], added: &[Test], problems: &mut Problems) {
    let fits = |test: &Test, value: &Scalar| test.wanted.fits(slice::from_ref(value), &Captures::default());
    for test in added {
        let contradicted = own
            .iter()
            .filter(|own| own.name == test.name)
            .find(|own| match &own.wanted {
                Wanted::Equal(value) => !fits(test, value),
                Wanted::OneOf(values) => !values.iter().any(|value| fits(test, value)),
                Wanted::Prefix(_) | Wanted::Captured(_) | Wanted::Exists => false,
            });
        if let Some(own) = contradicted {
            let (preset, name, words) = (preset.name, &own.name, own.wanted.words());
            problems.add(
                format!("{at}.{name}"),
                format!("no token could have this: the preset `{preset}` asks for `{name}` {words}"),
                "remove it, or let it be what the preset takes",
            );
        }
    }
}

fn bound(place: &str, written: &Written, problems: &mut Problems) -> Option<Bound> {
    match written.bound.as_deref()? {
        "dpop" => Some(Bound::Dpop),
        "certificate" => Some(Bound::Certificate),
        "either" => Some(Bound::Either),
        other => {
            problems.add(
                format!("{place}.bound"),
                format!("a token can't be bound to `{other}`"),
                "write `dpop`, `certificate` or `either`",
            );
            None
        }
    }
}

fn dpop_nonce(place: &str, written: &Written, bound: Option<Bound>, problems: &mut Problems) -> Option<String> {
    let name = written.dpop_nonce.clone()?;
    let at = format!("{place}.dpop_nonce");
    check_secret(&at, &name, problems);
    if bound == Some(Bound::Certificate) {
        problems.add(
            &at,
            "tokens that are bound to a certificate come with no proof that could hold a nonce",
            "remove it, or write `bound = \"either\"`",
        );
    }
    Some(name)
}
