//! The stand-in as an issuer: it vouches for whoever is asked about.
//!
//! Promises: a credential that is made here is a real one, of the kind that its issuer's policy asks for, and the gateway
//! verifies it as any other. Keys and secrets are made of names and are no secret; they are known to the stand-in of one
//! question and to nobody else. A token that was brought is signed anew with its claims byte by byte, and only where the
//! gateway could look for its key at all. One that is bound to its client is the exception: what it is bound to becomes the
//! stand-in's own client, since no proof would fit a token that is signed anew.

mod brought;
mod client;
mod made;
mod says;
mod sign;

use serde_json::{Map, Value};
use tollgate::{
    policy::{
        issuer::Issuer,
        site::{Settings, route::Place},
        source::example::Caller,
    },
    request::CanonicalRequest,
    secret::Secret,
    time::UnixSeconds,
};

pub(crate) use crate::voucher::{
    brought::brought,
    sign::{private_jwk, secret},
};

use crate::{stand_in::Backing, voucher::made::made};

/// What a credential is made for.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) settings: &'a Settings,
    /// The request, if it can be read in one way: proofs are for one.
    pub(crate) request: Option<&'a CanonicalRequest>,
    /// Where the route looks for a credential; empty means `Authorization` alone.
    pub(crate) places: &'a [Place],
    pub(crate) now: UnixSeconds,
}

/// A credential as it is sent, and what verifies it.
pub(crate) struct Vouched {
    pub(crate) token: Secret<String>,
    /// Where it stands.
    pub(crate) place: Place,
    /// Whether it is sent with a proof of the client's key.
    pub(crate) is_dpop: bool,
    /// The proof, if one was made.
    pub(crate) proof: Option<Secret<String>>,
    pub(crate) backing: Backing,
}

impl Asking<'_> {
    /// The first place where the route looks; for a token with a proof `Authorization`, if it is one of them.
    fn place(&self, is_dpop: bool) -> Place {
        match is_dpop && self.takes_authorization() {
            true => Place::Authorization,
            false => self.places.first().cloned().unwrap_or(Place::Authorization),
        }
    }

    fn takes_authorization(&self) -> bool {
        self.places.is_empty() || self.places.contains(&Place::Authorization)
    }
}

/// A good credential for a caller.
pub(crate) fn for_caller(asking: Asking<'_>, caller: &Caller) -> Result<Vouched, String> {
    let settings = asking.settings;
    let named = settings.issuers.get_key_value(&caller.issuer);
    let (name, issuer) = named.ok_or_else(|| unknown(&caller.issuer, settings))?;
    let payload = says::of_caller(issuer, caller, asking.now)?;
    made((name, issuer), payload, asking)
}

/// A good credential of these claims. `iss` may be the policy's name of the issuer, and may be left out where there is one.
pub(crate) fn for_claims(asking: Asking<'_>, claims: &Map<String, Value>) -> Result<Vouched, String> {
    let settings = asking.settings;
    let (name, issuer) = match (claims.get("iss").and_then(Value::as_str), settings.issuers.len()) {
        (Some(named), _) => says::meant(named, claims, settings).ok_or_else(|| unknown(named, settings))?,
        (None, 1) => {
            let only = settings.issuers.iter().next().ok_or("the policy has no issuer")?;
            (only.0.as_str(), only.1)
        }
        (None, _) => {
            return Err(format!(
                "the claims do not say who vouches; add `iss`, one of: {}",
                names(settings)
            ));
        }
    };
    let payload = says::of_claims((name, issuer), claims, asking.now)?;
    made((name, issuer), payload, asking)
}

/// An issuer with the policy's name of it.
type Named<'s> = (&'s str, &'s Issuer);

fn unknown(name: &str, settings: &Settings) -> String {
    format!("the policy knows no issuer `{name}`; it has: {}", names(settings))
}

fn names(settings: &Settings) -> String {
    let names: Vec<&str> = settings.issuers.keys().map(String::as_str).collect();
    names.join(", ")
}
