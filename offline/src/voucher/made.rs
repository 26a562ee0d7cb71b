//! A credential of the kind that its issuer's policy asks for.
//!
//! Promises: what verifies it is in its [`Backing`], where the gateway looks for it. Refuses, with an error, what a
//! credential of that kind can't say.

use serde_json::{Map, Value, json};
use tollgate::{
    digest,
    identity::{
        api_key::{ApiKey, Record},
        keys,
    },
    policy::issuer::{Introspection, Issuer, SharedSecret, Types, Vouching},
    secret::Secret,
    time::UnixSeconds,
};

use crate::{
    stand_in::Backing,
    voucher::{
        Asking, Named, Vouched,
        client::{CERTIFICATE, Ties, proof},
        sign::{Signature, encoded, key, public_jwk, seed, signed},
    },
};

/// The `kid` of the stand-in's keys.
pub(super) const KID: &str = "stand-in";

/// Who has an API key of which nobody says whose it is; a key has an owner.
const SOME_OWNER: &str = "somebody";

/// What a key's record can say of what a token says.
const OF_API_KEYS: [&str; 6] = ["iss", "aud", "iat", "exp", "sub", "scope"];

/// A credential that says `payload`.
pub(super) fn made(
    (name, issuer): Named<'_>,
    mut payload: Map<String, Value>,
    asking: Asking<'_>,
) -> Result<Vouched, String> {
    if !payload.contains_key("cnf") {
        let ties = Ties::asked(issuer, asking.takes_authorization());
        if !ties.is_none() {
            payload.insert("cnf".to_owned(), ties.confirmation()?);
        }
    }
    let ties = Ties::said(&payload);
    let (token, backing) = match &issuer.vouching {
        Vouching::Keys(_) => {
            let payload = encoded(&Value::Object(payload));
            by_key(issuer, header(issuer.types), &payload, asking.now)?
        }
        Vouching::Secret(shared) => by_secret(shared, header(issuer.types), &encoded(&Value::Object(payload)))?,
        Vouching::Introspection(introspection) => opaque(introspection, payload),
        Vouching::ApiKeys => api_key(name, &payload)?,
    };
    sent(issuer, (token, backing), ties, asking)
}

/// The credential with what goes along: its place, a proof of the client's key, the client's certificate.
pub(super) fn sent(
    issuer: &Issuer,
    (token, mut backing): (Secret<String>, Backing),
    ties: Ties,
    asking: Asking<'_>,
) -> Result<Vouched, String> {
    backing.secrets.extend(issuer.dpop_nonce.clone());
    backing.certificate = ties.certificate.then(|| CERTIFICATE.to_vec());
    let proof = match (ties.key, asking.request) {
        (true, Some(request)) => Some(proof(request, &token, issuer, asking.now)?),
        _ => None,
    };
    Ok(Vouched {
        token,
        place: asking.place(ties.key),
        is_dpop: ties.key,
        proof,
        backing,
    })
}

/// A token with a signature of the stand-in's key for this issuer; `payload` is encoded already.
pub(super) fn by_key(
    issuer: &Issuer,
    mut header: Map<String, Value>,
    payload: &str,
    now: UnixSeconds,
) -> Result<(Secret<String>, Backing), String> {
    let key = key(&issuer.issuer)?;
    let mut jwk = public_jwk(&key);
    jwk.insert("kid".to_owned(), json!(KID));
    header.insert("kid".to_owned(), json!(KID));
    let jwks = json!({ "keys": [jwk] }).to_string();
    let stored = keys::entries(&issuer.issuer, &jwks, now.0, None)?;
    let backing = Backing {
        keys: stored.entries.into_iter().collect(),
        ..Backing::default()
    };
    Ok((signed(&Signature::Key(&key), header, payload)?, backing))
}

/// A token with an HMAC under the stand-in's secret of that name; `payload` is encoded already.
pub(super) fn by_secret(
    shared: &SharedSecret,
    header: Map<String, Value>,
    payload: &str,
) -> Result<(Secret<String>, Backing), String> {
    let signature = Signature::Secret(&shared.name, shared.algorithm);
    let token = signed(&signature, header, payload)?;
    Ok((token, knowing(&shared.name)))
}

/// A world with one secret.
pub(super) fn knowing(secret: &str) -> Backing {
    Backing {
        secrets: [secret.to_owned()].into(),
        ..Backing::default()
    }
}

/// A token that says nothing, and what its issuer says of it. `active` may be said otherwise.
fn opaque(introspection: &Introspection, mut payload: Map<String, Value>) -> (Secret<String>, Backing) {
    payload.entry("active").or_insert(json!(true));
    let says = Value::Object(payload).to_string();
    let token = digest::of("tollgate stand-in opaque token", &[says.as_bytes()]);
    let token = Secret::new(format!("opaque-{token}"));
    let backing = Backing {
        introspected: Some((token.clone(), Secret::new(says.into_bytes()))),
        ..knowing(&introspection.secret)
    };
    (token, backing)
}

/// A key, and what is stored of it.
fn api_key(issuer_name: &str, says: &Map<String, Value>) -> Result<(Secret<String>, Backing), String> {
    if let Some(other) = says.keys().find(|name| !OF_API_KEYS.contains(&name.as_str())) {
        return Err(format!(
            "an API key has a subject and scopes, and can't say `{other}`; {issuer_name} takes API keys"
        ));
    }
    let text = |name: &str, otherwise: &str| match says.get(name) {
        None => Ok(otherwise.to_owned()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(format!("the claim `{name}` of an API key is no text")),
    };
    let seconds = |name: &str| says.get(name).and_then(Value::as_u64).map(UnixSeconds);
    let key = ApiKey::from_random(seed(&Value::Object(says.clone()).to_string())?);
    let record = Record {
        id: key.id(),
        issuer: issuer_name.to_owned(),
        owner: text("sub", SOME_OWNER)?,
        scopes: text("scope", "")?.split_whitespace().map(str::to_owned).collect(),
        created_at: seconds("iat").unwrap_or_default(),
        expires_at: seconds("exp"),
        limits: Vec::new(),
        revoked_at: None,
    };
    record.check()?;
    let record = serde_json::to_string(&record).map_err(|why| why.to_string())?;
    let backing = Backing {
        state: [(key.entry(), record)].into(),
        ..Backing::default()
    };
    Ok((key.text(), backing))
}

/// A header with a type that the issuer's tokens may be of.
fn header(types: Types) -> Map<String, Value> {
    let typ = match types {
        types if types.jwt => Some("JWT"),
        types if types.at_jwt => Some("at+jwt"),
        _ => None,
    };
    typ.map(|typ| ("typ".to_owned(), json!(typ))).into_iter().collect()
}
