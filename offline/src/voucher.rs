//! The stand-in as an issuer: it vouches for whoever is asked about.
//!
//! Promises: a token that is made here is a real one, and the gateway verifies it as any other. The keys are made of the
//! issuer's name and are no secret; they are known to the stand-in of one question and to nobody else. A token that was
//! brought is signed anew with its claims byte by byte, and only where the gateway could look for its key at all.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Map, Value, json};
use tollgate::{
    digest,
    identity::{credential, keys, token::Unverified},
    policy::{claim_path, issuer::Issuer, site::Settings, source::example::Caller},
    secret::Secret,
    time::UnixSeconds,
};

/// The `kid` of the stand-in's keys.
const KID: &str = "stand-in";

/// How long a token that is made here is good, in seconds.
const LIFE_S: u64 = 300;

/// A token, and the entries of the key that verifies it.
pub(crate) struct Vouched {
    pub(crate) token: Secret<String>,
    pub(crate) keys: Vec<(String, String)>,
}

/// A good token for a caller.
pub(crate) fn for_caller(settings: &Settings, caller: &Caller, now: UnixSeconds) -> Result<Vouched, String> {
    let issuer = settings
        .issuers
        .get(&caller.issuer)
        .ok_or_else(|| unknown(&caller.issuer, settings))?;
    let mut payload = standard(issuer, now);
    let texts = [("sub", &caller.subject), ("client_id", &caller.client)];
    for (name, text) in texts {
        payload.extend(text.iter().map(|text| (name.to_owned(), json!(text))));
    }
    if !caller.scopes.is_empty() {
        payload.insert("scope".to_owned(), json!(caller.scopes.join(" ")));
    }
    for (path, texts) in [(&issuer.roles, &caller.roles), (&issuer.groups, &caller.groups)] {
        if !texts.is_empty() {
            put(&mut payload, path, json!(texts))?;
        }
    }
    for (path, value) in &caller.claims {
        put(&mut payload, path, value.clone())?;
    }
    signed(&issuer.issuer, header(), &encoded(&Value::Object(payload)))
}

/// A good token of these claims. `iss` may be the policy's name of the issuer, and may be left out where there is one.
pub(crate) fn for_claims(
    settings: &Settings,
    claims: &Map<String, Value>,
    now: UnixSeconds,
) -> Result<Vouched, String> {
    let issuer = match (claims.get("iss").and_then(Value::as_str), settings.issuers.len()) {
        (Some(named), _) => {
            let issuer = settings
                .issuers
                .get(named)
                .or_else(|| settings.issuer(named).map(|(_, issuer)| issuer));
            issuer.ok_or_else(|| unknown(named, settings))?
        }
        (None, 1) => settings.issuers.values().next().ok_or("the policy has no issuer")?,
        (None, _) => {
            return Err(format!(
                "the claims do not say who vouches; add `iss`, one of: {}",
                names(settings)
            ));
        }
    };
    let mut payload = standard(issuer, now);
    payload.extend(claims.iter().map(|(name, value)| (name.clone(), value.clone())));
    payload.insert("iss".to_owned(), json!(issuer.issuer));
    signed(&issuer.issuer, header(), &encoded(&Value::Object(payload)))
}

/// The token with another signature; `None` for one that the gateway refuses before it looks at a signature, or whose
/// issuer the policy does not know.
pub(crate) fn again(settings: &Settings, token: &Secret<String>) -> Option<(String, Vouched)> {
    credential::check_form(token).ok()?;
    let unverified = Unverified::read(token).ok()?;
    let (name, issuer) = settings.issuer(&unverified.unverified_issuer)?;
    let mut parts = token.expose().split('.');
    let (written, payload) = (parts.next()?, parts.next()?);
    let mut header: Map<String, Value> = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(written).ok()?).ok()?;
    header.insert("alg".to_owned(), json!("EdDSA"));
    header.insert("kid".to_owned(), json!(KID));
    let vouched = signed(&issuer.issuer, header, payload).ok()?;
    Some((name.to_owned(), vouched))
}

/// The issuer that a token names, if the policy knows it: its name, and its `iss`.
pub(crate) fn named<'s>(settings: &'s Settings, token: &Secret<String>) -> Option<(&'s str, &'s Issuer)> {
    settings.issuer(&Unverified::read(token).ok()?.unverified_issuer)
}

/// What every token says.
fn standard(issuer: &Issuer, now: UnixSeconds) -> Map<String, Value> {
    let claims = [
        ("iss", json!(issuer.issuer)),
        ("aud", json!(issuer.audience.first())),
        ("iat", json!(now.0)),
        ("exp", json!(now.plus_s(LIFE_S).0)),
    ];
    claims
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn header() -> Map<String, Value> {
    let members = [("alg", "EdDSA"), ("kid", KID), ("typ", "JWT")];
    members
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect()
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Puts a claim where its path leads.
fn put(payload: &mut Map<String, Value>, path: &str, value: Value) -> Result<(), String> {
    let fault = || format!("the claim `{path}` leads into another that is no object");
    let steps: Vec<&str> = claim_path::steps(path).collect();
    let (last, inner) = steps.split_last().ok_or_else(fault)?;
    let mut object = payload;
    for step in inner {
        let member = object.entry((*step).to_owned()).or_insert_with(|| json!({}));
        object = member.as_object_mut().ok_or_else(fault)?;
    }
    object.insert((*last).to_owned(), value);
    Ok(())
}

fn signed(issuer: &str, header: Map<String, Value>, payload: &str) -> Result<Vouched, String> {
    // 43 characters of base64url, of which a key takes 32 bytes.
    let seed = digest::of("tollgate stand-in", &[issuer.as_bytes()]);
    let seed = seed.as_bytes().first_chunk::<32>().ok_or("a digest is too short")?;
    let key = SigningKey::from_bytes(seed);
    let message = format!("{}.{payload}", encoded(&Value::Object(header)));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()).to_bytes());
    let x = URL_SAFE_NO_PAD.encode(key.verifying_key().to_bytes());
    let jwks = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": KID, "x": x }] });
    Ok(Vouched {
        token: Secret::new(format!("{message}.{signature}")),
        keys: keys::entries(issuer, &jwks.to_string(), 0)?.entries,
    })
}

fn unknown(name: &str, settings: &Settings) -> String {
    format!("the policy knows no issuer `{name}`; it has: {}", names(settings))
}

fn names(settings: &Settings) -> String {
    let names: Vec<&str> = settings.issuers.keys().map(String::as_str).collect();
    names.join(", ")
}
