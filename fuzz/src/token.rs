//! Tokens: [`Unverified::read`] and [`verify`], with keys of every algorithm.
//!
//! What holds: nothing panics; the same token is judged alike each time; one that is accepted says, to a parser that is
//! not ours too, an issuer, an audience and a time that the policy takes, and one with any bit changed is refused.

use std::sync::LazyLock;

use serde_json::Value;
use tollgate::{
    identity::{
        algorithm::Algorithm,
        claims::Claims,
        credential::{TOKEN_BYTES_MAX, Token},
        keys::VerifyingKey,
        token::Unverified,
        verify::{token_digest, verify},
    },
    policy::issuer::{ANY_TENANT, HmacAlgorithm, Issuer, SharedSecret, TENANT, Vouching},
    secret::Secret,
    time::UnixSeconds,
};

use super::{Found, encoded, keys, line, object, way, with_one_bit_changed};

/// The time of all checks, in Unix seconds.
pub const NOW_S: u64 = 1_000_000;

/// The issuer that is no template.
pub const ISSUER: &str = "https://issuer.example";

/// What comes before and after the tenant in the other.
const AROUND_TENANT: (&str, &str) = ("https://login.example/", "/v2.0");

/// The audiences of both.
const AUDIENCES: [&str; 2] = ["api://orders", "api://bills"];

/// How far clocks may differ, in seconds.
const LEEWAY_S: u64 = 60;

static KEYS: LazyLock<Vec<VerifyingKey>> = LazyLock::new(keys::one_of_each);

/// The issuers that a key may vouch for: one, and one with tenants.
fn issuers(key: &VerifyingKey) -> [(&'static str, Issuer); 2] {
    let secret = match key.algorithm() {
        Algorithm::Hs256 => Some(HmacAlgorithm::Hs256),
        Algorithm::Hs384 => Some(HmacAlgorithm::Hs384),
        Algorithm::Hs512 => Some(HmacAlgorithm::Hs512),
        _ => None,
    };
    let vouching = secret.map(|algorithm| {
        Vouching::Secret(SharedSecret {
            name: "secret".to_owned(),
            algorithm,
        })
    });
    let mut one = Issuer::plain(ISSUER, &AUDIENCES);
    one.leeway_s = LEEWAY_S;
    one.vouching = vouching.unwrap_or(one.vouching);
    let mut tenants = one.clone();
    tenants.issuer = format!("{}{TENANT}{}", AROUND_TENANT.0, AROUND_TENANT.1);
    tenants.tenants = vec![ANY_TENANT.to_owned()];
    [("one", one), ("tenants", tenants)]
}

/// Checks what holds of the token that the input is, or that is made of it:
///
/// - `0`: the token, as it comes
/// - `1`: a line with the header's text, then the payload's; signed for HS256
/// - `2`: the payload's text; signed for HS256
/// - `3`: the payload's text; signed for EdDSA
pub fn check(input: &[u8]) -> Found {
    let Some((way, rest)) = way(input) else {
        return Found::Refused;
    };
    let signed = |sign: fn(&str) -> String, header: &[u8], payload: &[u8]| {
        sign(&format!("{}.{}", encoded(header), encoded(payload)))
    };
    let text = match way {
        0 => match std::str::from_utf8(rest) {
            Ok(text) => text.to_owned(),
            Err(_) => return Found::Refused,
        },
        1 => {
            let (header, payload) = line(rest);
            signed(keys::sign_hs256, header, payload)
        }
        2 => signed(keys::sign_hs256, br#"{"alg":"HS256","typ":"JWT"}"#, rest),
        _ => signed(keys::sign_eddsa, br#"{"alg":"EdDSA","kid":"k1"}"#, rest),
    };
    let judged = judged(&text);
    assert_eq!(judged, self::judged(&text), "the same token is judged alike");
    let Some(claims) = judged else {
        return Found::Refused;
    };
    check_accepted(&text, &claims);
    for changed in (0..4).filter_map(|salt| with_one_bit_changed(&text, salt)) {
        assert_eq!(self::judged(&changed), None, "a bit was changed: {changed}");
    }
    Found::Accepted
}

/// The claims, if one key takes the token. No two may: keys of one secret or one modulus are for different algorithms.
fn judged(text: &str) -> Option<Claims> {
    let token: Token = Secret::new(text.to_owned());
    let read = Unverified::read(&token);
    assert_eq!(read, Unverified::read(&token), "the same token is read alike");
    let unverified = read.ok()?;
    let digest = token_digest(&token);
    let mut taken = None;
    for key in KEYS.iter() {
        let issuers = issuers(key);
        let candidates: Vec<(&str, &Issuer)> = issuers.iter().map(|(name, issuer)| (*name, issuer)).collect();
        if let Ok(verified) = verify((&token, &digest), &unverified, key, &candidates, UnixSeconds(NOW_S)) {
            assert!(taken.is_none(), "two keys take one token");
            assert_eq!(
                key.algorithm(),
                unverified.algorithm,
                "the key's algorithm is the header's"
            );
            assert_eq!(verified.get().token_digest, digest);
            assert_eq!(verified.get().kid, unverified.unverified_kid);
            assert_eq!(verified.get().issuer, unverified.unverified_issuer);
            taken = Some(verified.get().clone());
        }
    }
    taken
}

/// What must be true of whatever is accepted, by its claims and as another parser reads the token.
fn check_accepted(text: &str, claims: &Claims) {
    assert!(text.len() <= TOKEN_BYTES_MAX, "longer than is read");
    let parts: Vec<&str> = text.split('.').collect();
    let [header, payload, _] = parts.as_slice() else {
        panic!("three parts");
    };
    let (header, payload) = (object(header), object(payload));
    assert!(header.is_object() && payload.is_object(), "two objects");
    for forbidden in ["crit", "b64", "zip", "enc", "jwk"] {
        assert_eq!(header.get(forbidden), None, "{forbidden}");
    }
    assert_eq!(payload.get("iss").and_then(Value::as_str), Some(claims.issuer.as_str()));
    let tenant = payload.get("tid").and_then(Value::as_str);
    let issuer = match claims.issuer_name.as_str() {
        "one" => ISSUER.to_owned(),
        _ => format!("{}{}{}", AROUND_TENANT.0, tenant.expect("a tenant"), AROUND_TENANT.1),
    };
    assert_eq!(claims.issuer, issuer);
    let audience = match payload.get("aud") {
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one.as_str()],
        _ => Vec::new(),
    };
    assert!(audience.iter().any(|one| AUDIENCES.contains(one)), "for us");
    assert!(
        audience
            .iter()
            .all(|one| claims.audience.iter().any(|other| other == one))
    );
    let seconds = |name: &str| payload.get(name).map(|time| time.as_f64().expect("a number"));
    let leeway_s = LEEWAY_S as f64;
    assert!(
        seconds("exp").expect("an expiry") + leeway_s > NOW_S as f64,
        "not expired"
    );
    for name in ["nbf", "iat"] {
        // A fraction of a second is cut off.
        let begins = seconds(name).is_none_or(|time| time.floor() <= NOW_S as f64 + leeway_s);
        assert!(begins, "valid by now: {name}");
    }
    assert_eq!(payload.get("sub").and_then(Value::as_str), claims.subject.as_deref());
}
