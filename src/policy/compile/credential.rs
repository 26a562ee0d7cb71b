//! `credential` of a route: where a caller's credential may stand.
//!
//! Promises: a place is one that a client sets and nothing else has a meaning for: no header that says something to the
//! gateway, the platform or the connection, and never the query.

use crate::{
    policy::{
        compile::{actions::is_header_name, known::Known},
        problem::Problems,
        site::route::Place,
        source::route::{Credential, CredentialPlace, Route as Written},
        source::rule::Allow,
    },
    request::spelling::fold,
    upstream::{headers::may_be_edited, meanings::has_meaning},
};

/// The most places of a route.
const PLACES_MAX: usize = 4;

/// The header in which Identity-Aware Proxy sends its assertion. The gateway owns `x-goog-`, and reads this one.
const IAP: &str = "x-goog-iap-jwt-assertion";

const MEND: &str =
    "write `\"authorization\"`, `{ header = \"x-api-key\" }` or `{ cookie = \"session\" }`, or a list of these";

/// The places; none for `Authorization` alone.
pub(super) fn places(place: &str, written: &Written, problems: &mut Problems) -> Vec<Place> {
    let Some(credential) = &written.credential else {
        return Vec::new();
    };
    let place = format!("{place}.credential");
    if matches!(&written.allow, Some(Allow::Word(word)) if word == "anyone") {
        problems.add(
            &place,
            "the route is public, and no credential is looked at",
            "remove it, or say who may in `allow`",
        );
    }
    let mut places = Vec::new();
    match credential {
        Credential::One(written) => places.extend(one(&place, written, problems)),
        Credential::Several(several) => {
            if several.is_empty() {
                problems.add(
                    &place,
                    "an empty list is nowhere",
                    "leave `credential` out for `Authorization`",
                );
            }
            if several.len() > PLACES_MAX {
                problems.add(
                    &place,
                    format!("{} places, each of which is looked at for a request", several.len()),
                    format!("use {PLACES_MAX} at most"),
                );
            }
            for (at, written) in several.iter().enumerate() {
                let place = format!("{place}[{at}]");
                let Some(found) = one(&place, written, problems) else {
                    continue;
                };
                if places.contains(&found) {
                    problems.add(place, "the same place stands twice", "give it once");
                }
                places.push(found);
            }
        }
    }
    match places.as_slice() {
        [Place::Authorization] => Vec::new(),
        _ => places,
    }
}

/// Reports a route whose tokens all need a proof, in a place that has none: a proof goes with the scheme `DPoP` in
/// `Authorization` (RFC 9449 section 7.1).
pub(super) fn report_proofs(
    place: &str,
    written: &Written,
    places: &[Place],
    known: &Known<'_>,
    problems: &mut Problems,
) {
    let Some(Allow::Rules(rules)) = &written.allow else {
        return;
    };
    let needs_proof = |name: &String| {
        let issuer = known.source.issuers.get(name);
        issuer.is_some_and(|issuer| issuer.bound.as_deref() == Some("dpop"))
    };
    let mut issuers = rules.iter().flat_map(|rule| rule.issuer.all()).peekable();
    let elsewhere = !places.is_empty() && !places.contains(&Place::Authorization);
    if elsewhere && issuers.peek().is_some() && issuers.all(needs_proof) {
        problems.add(
            format!("{place}.credential"),
            "tokens that are bound to a client's key come with the scheme `DPoP` in `Authorization` alone (RFC 9449 \
             section 7.1)",
            "remove `credential`, or add `\"authorization\"` to it",
        );
    }
}

fn one(place: &str, written: &CredentialPlace, problems: &mut Problems) -> Option<Place> {
    let named = match written {
        CredentialPlace::Word(word) if word == "authorization" => return Some(Place::Authorization),
        CredentialPlace::Word(word) => {
            problems.add(place, format!("`{word}` is no place for a credential"), MEND);
            return None;
        }
        CredentialPlace::Named(named) => named,
    };
    match (&named.header, &named.cookie) {
        (Some(name), None) => header(&format!("{place}.header"), name, problems),
        (None, Some(name)) => cookie(&format!("{place}.cookie"), name, problems),
        _ => {
            problems.add(place, "is not one place", MEND);
            None
        }
    }
}

fn header(place: &str, name: &str, problems: &mut Problems) -> Option<Place> {
    let lower = name.to_ascii_lowercase();
    let (what, mend) = match lower.as_str() {
        IAP => return Some(Place::Header(lower)),
        "authorization" => (
            "`Authorization` has a scheme before the credential",
            "write `\"authorization\"`",
        ),
        "cookie" => ("a cookie is found by its name", "write `{ cookie = \"session\" }`"),
        lower if !is_header_name(lower) || fold(lower) != lower => (
            "a header for credentials has a name of letters, digits and `-`",
            "write it as in `x-api-key`",
        ),
        lower if has_meaning(lower) || !may_be_edited(lower) => (
            "this header has a meaning of its own, or is the gateway's",
            "choose another, as in `x-api-key`",
        ),
        _ => return Some(Place::Header(lower)),
    };
    problems.add(place, what, mend);
    None
}

/// RFC 6265 section 4.1.1: a cookie's name is a token (RFC 9110 section 5.6.2), as a header's is.
fn cookie(place: &str, name: &str, problems: &mut Problems) -> Option<Place> {
    if is_header_name(&name.to_ascii_lowercase()) {
        return Some(Place::Cookie(name.to_owned()));
    }
    problems.add(
        place,
        format!("`{name}` can't be a cookie's name (RFC 6265 section 4.1.1)"),
        "write it as in `__Host-session`",
    );
    None
}
