//! The claims that rules ask for, taken out of a verified payload.
//!
//! Promises: only what the policy asks of the issuer is kept.

use crate::{
    identity::claims::AskedClaim,
    json::Json,
    policy::{
        claim_path::steps,
        issuer::{Asked, Issuer},
        wanted::{Captures, Scalar, Test},
    },
    rejection::TokenRefusal,
};

/// The most items that are taken of one list.
const LIST_ITEMS_MAX: usize = 256;

/// What rules ask for of a token.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct AskedClaims {
    pub(super) roles: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) others: Vec<AskedClaim>,
}

/// Takes out of a payload what the policy asks of its issuer.
pub(super) fn asked(payload: &Json<'_>, issuer: &Issuer) -> Result<AskedClaims, TokenRefusal> {
    let mut asked = AskedClaims::default();
    for wanted in &issuer.asked {
        match wanted {
            Asked::Roles => asked.roles = texts(at(payload, &issuer.roles))?,
            Asked::Groups => asked.groups = texts(at(payload, &issuer.groups))?,
            Asked::Claim(name) => {
                if let Some(found) = at(payload, name) {
                    asked.others.push(AskedClaim {
                        name: name.clone(),
                        values: scalars(found)?,
                    });
                }
            }
        }
    }
    Ok(asked)
}

/// Whether a payload has a claim that fits. There is no path here, so nothing fits what a path took.
pub(super) fn fits(payload: &Json<'_>, test: &Test) -> Result<bool, TokenRefusal> {
    match at(payload, &test.name) {
        Some(found) => Ok(test.wanted.fits(&scalars(found)?, &Captures::default())),
        None => Ok(false),
    }
}

/// The value at a claim's path; `None` for one that is not there, or is `null`.
fn at<'j, 't>(payload: &'j Json<'t>, path: &str) -> Option<&'j Json<'t>> {
    let mut value = payload;
    for step in steps(path) {
        value = value.member(step)?;
    }
    match value {
        Json::Null => None,
        found => Some(found),
    }
}

/// Roles and groups: a list of texts, or texts with spaces between.
fn texts(value: Option<&Json<'_>>) -> Result<Vec<String>, TokenRefusal> {
    let own = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
    match value {
        None => Ok(Vec::new()),
        Some(Json::Text(text)) => bounded(text.split(' ').filter(|text| !text.is_empty()).collect()).map(own),
        Some(value) => bounded(items(value).iter().filter_map(Json::text).collect()).map(own),
    }
}

/// The value, or the items of a list, as far as they can be compared.
fn scalars(value: &Json<'_>) -> Result<Vec<Scalar>, TokenRefusal> {
    let scalars = items(value).iter().filter_map(|item| match item {
        Json::Text(text) => Some(Scalar::Text(text.clone().into_owned())),
        Json::Whole(number) => Some(Scalar::Number(*number)),
        Json::Flag(flag) => Some(Scalar::Flag(*flag)),
        Json::Number(_) | Json::List(_) | Json::Object(_) | Json::Null => None,
    });
    bounded(scalars.collect())
}

fn items<'j, 't>(value: &'j Json<'t>) -> &'j [Json<'t>] {
    match value {
        Json::List(items) => items,
        one => std::slice::from_ref(one),
    }
}

fn bounded<T>(list: Vec<T>) -> Result<Vec<T>, TokenRefusal> {
    match list.len() <= LIST_ITEMS_MAX {
        true => Ok(list),
        false => Err(TokenRefusal::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{json::Bounds, policy::wanted::Wanted};

    fn issuer(asked: &[Asked]) -> Issuer {
        Issuer {
            roles: "realm_access.roles".to_owned(),
            groups: "https://example.com/groups".to_owned(),
            asked: asked.iter().cloned().collect(),
            ..Issuer::plain("https://okta.example", &["a"])
        }
    }

    fn claim(name: &str) -> Asked {
        Asked::Claim(name.to_owned())
    }

    #[test]
    fn claims_are_found_by_path() {
        let payload = r#"{
            "realm_access": { "roles": ["admin", 7, "support"] },
            "https://example.com/groups": "staff  ops",
            "tenant": { "id": "acme", "tier": 2, "active": true, "none": null },
            "tenant.id": "another",
            "plans": ["gold", 1, 1.5, ["x"], {"y": 1}]
        }"#;
        let payload = Json::read(payload, Bounds::CLAIMS).unwrap();
        let text = |text: &str| Scalar::Text(text.to_owned());
        for (name, path, values) in [
            ("nested", "tenant.id", Some(vec![text("acme")])),
            ("number", "tenant.tier", Some(vec![Scalar::Number(2)])),
            ("flag", "tenant.active", Some(vec![Scalar::Flag(true)])),
            ("an object is there", "tenant", Some(vec![])),
            ("null is not", "tenant.none", None),
            ("nothing is not", "tenant.id.x", None),
            (
                "what can be compared of a list",
                "plans",
                Some(vec![text("gold"), Scalar::Number(1)]),
            ),
        ] {
            let found = asked(&payload, &issuer(&[claim(path)])).unwrap();
            let found = found.others.first().map(|claim| claim.values.clone());
            assert_eq!(found, values, "{name}");
        }
        let found = asked(&payload, &issuer(&[Asked::Roles, Asked::Groups])).unwrap();
        assert_eq!(found.roles, ["admin", "support"]);
        assert_eq!(found.groups, ["staff", "ops"]);
        assert_eq!(
            asked(&payload, &issuer(&[])).unwrap(),
            AskedClaims::default(),
            "nothing is kept unasked"
        );
    }

    #[test]
    fn a_list_that_is_too_long_is_malformed() {
        let long = format!(r#"{{"a":[{}0]}}"#, "0,".repeat(LIST_ITEMS_MAX));
        let payload = Json::read(&long, Bounds::CLAIMS).unwrap();
        assert_eq!(asked(&payload, &issuer(&[claim("a")])), Err(TokenRefusal::Malformed));
    }

    #[test]
    fn claims_fit_by_type_and_value() {
        let payload = r#"{"email_verified":true,"a":{"b":["x",1]},"none":null,"text":"true"}"#;
        let payload = Json::read(payload, Bounds::CLAIMS).unwrap();
        let text = |text: &str| Wanted::Equal(Scalar::Text(text.to_owned()));
        for (name, path, wanted, expected) in [
            ("flag", "email_verified", Wanted::Equal(Scalar::Flag(true)), true),
            ("a text is no flag", "text", Wanted::Equal(Scalar::Flag(true)), false),
            ("item of a nested list", "a.b", text("x"), true),
            ("another item", "a.b", text("y"), false),
            ("null is not there", "none", Wanted::Exists, false),
            ("nothing is not there", "b", Wanted::Exists, false),
            ("an object is there", "a", Wanted::Exists, true),
            (
                "no path took anything",
                "text",
                Wanted::Captured("text".to_owned()),
                false,
            ),
        ] {
            let test = Test {
                name: path.to_owned(),
                wanted,
            };
            assert_eq!(fits(&payload, &test), Ok(expected), "{name}");
        }
    }
}
