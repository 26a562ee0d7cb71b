//! The claims that rules ask for, taken out of a verified payload.
//!
//! Promises: only what the policy asks of the issuer is kept. A member that comes twice, at any depth, makes the token
//! malformed: two parsers could take the one or the other.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

use crate::{
    identity::claims::AskedClaim,
    policy::{
        claim_path::steps,
        issuer::{Asked, Issuer},
        wanted::Scalar,
    },
    rejection::TokenRefusal,
};

/// The most items that are taken of one list.
const LIST_ITEMS_MAX: usize = 256;

/// A JSON value, as far as it can be compared.
pub(crate) enum Json {
    /// A text, whole number or yes/no.
    Scalar(Scalar),
    /// A list.
    List(Vec<Json>),
    /// An object, in order.
    Object(Vec<(String, Json)>),
    /// `null`, which is as good as nothing.
    Null,
    /// A number that is not whole, or too large.
    Other,
}

/// What rules ask for of a token.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct AskedClaims {
    pub(super) roles: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) others: Vec<AskedClaim>,
}

/// Takes out of a payload what the policy asks of its issuer.
pub(super) fn asked(payload: &Json, issuer: &Issuer) -> Result<AskedClaims, TokenRefusal> {
    let mut asked = AskedClaims::default();
    for wanted in &issuer.asked {
        match wanted {
            Asked::Roles => asked.roles = texts(payload.at(&issuer.roles))?,
            Asked::Groups => asked.groups = texts(payload.at(&issuer.groups))?,
            Asked::Claim(name) => {
                if let Some(found) = payload.at(name) {
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

impl Json {
    /// The value at a claim's path; `None` for one that is not there, or is `null`.
    fn at(&self, path: &str) -> Option<&Self> {
        let mut value = self;
        for step in steps(path) {
            let Self::Object(members) = value else {
                return None;
            };
            value = members.iter().find(|(name, _)| name == step).map(|(_, value)| value)?;
        }
        match value {
            Self::Null => None,
            found => Some(found),
        }
    }
}

/// Roles and groups: a list of texts, or texts with spaces between.
fn texts(value: Option<&Json>) -> Result<Vec<String>, TokenRefusal> {
    let Some(value) = value else {
        return Ok(Vec::new());
    };
    if let Json::Scalar(Scalar::Text(text)) = value {
        return bounded(
            text.split(' ')
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
                .collect(),
        );
    }
    let texts = scalars(value)?.into_iter().filter_map(|scalar| match scalar {
        Scalar::Text(text) => Some(text),
        Scalar::Number(_) | Scalar::Flag(_) => None,
    });
    Ok(texts.collect())
}

/// The value, or the items of a list, as far as they can be compared.
fn scalars(value: &Json) -> Result<Vec<Scalar>, TokenRefusal> {
    let items = match value {
        Json::List(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let scalars = items.iter().filter_map(|item| match item {
        Json::Scalar(scalar) => Some(scalar.clone()),
        Json::List(_) | Json::Object(_) | Json::Null | Json::Other => None,
    });
    bounded(scalars.collect())
}

fn bounded<T>(list: Vec<T>) -> Result<Vec<T>, TokenRefusal> {
    match list.len() <= LIST_ITEMS_MAX {
        true => Ok(list),
        false => Err(TokenRefusal::Malformed),
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Scalar(Scalar::Flag(flag)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Scalar(Scalar::Number(number)))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Json, E> {
        Ok(i64::try_from(number).map_or(Json::Other, |number| Json::Scalar(Scalar::Number(number))))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Scalar(Scalar::Text(text.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object: Vec<(String, Json)> = Vec::new();
        let mut names = std::collections::HashSet::new();
        while let Some((name, value)) = members.next_entry::<String, Json>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom("a member comes twice"));
            }
            object.push((name, value));
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer(asked: &[Asked]) -> Issuer {
        Issuer {
            issuer: "https://okta.example".to_owned(),
            audience: vec!["a".to_owned()],
            leeway_s: 60,
            roles: "realm_access.roles".to_owned(),
            groups: "https://example.com/groups".to_owned(),
            asked: asked.iter().cloned().collect(),
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
        let payload: Json = serde_json::from_str(payload).unwrap();
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
    fn members_that_come_twice_are_malformed() {
        for payload in [r#"{"a":1,"a":2}"#, r#"{"a":{"b":1,"b":1}}"#, r#"{"a":[{"b":1,"b":1}]}"#] {
            assert!(serde_json::from_str::<Json>(payload).is_err(), "{payload}");
        }
        let long = format!(r#"{{"a":[{}0]}}"#, "0,".repeat(LIST_ITEMS_MAX));
        let payload: Json = serde_json::from_str(&long).unwrap();
        assert_eq!(asked(&payload, &issuer(&[claim("a")])), Err(TokenRefusal::Malformed));
    }
}
