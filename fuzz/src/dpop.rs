//! DPoP proofs: [`check()`](proof::check) of the gateway, with inputs as they come and with ones that are signed.
//!
//! What holds: nothing panics; a proof is judged alike each time; one that passes says the method, URL, time and token of
//! the request to a parser that is not ours too, and does not pass for another request, key or token, or with a bit changed.

use std::sync::LazyLock;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tollgate::{
    identity::{
        algorithm::Algorithm,
        credential::Token,
        keys::VerifyingKey,
        proof::{self, AGE_S_MAX, AHEAD_S_MAX, Expected, ID_BYTES_MAX, Proof, nonce::Nonces},
    },
    request::{CanonicalRequest, Head},
    secret::Secret,
    time::UnixSeconds,
};

use super::{Found, encoded, keys, line, object, way, with_one_bit_changed};

/// The time of all checks, in Unix seconds.
pub const NOW_S: u64 = 1_000_000;

/// The token that proofs are for.
pub const TOKEN: &str = "aaa.bbb.ccc";

/// Whose token it is.
const ISSUER: &str = "https://issuer.example";

static NONCES: LazyLock<Nonces> = LazyLock::new(|| {
    let secret = Secret::new(keys::SECRET.to_vec());
    Nonces::new(&secret, ISSUER, UnixSeconds(NOW_S)).expect("a secret that is long enough")
});
static ASKED: LazyLock<CanonicalRequest> = LazyLock::new(|| request("GET", "api.example.com"));

/// A nonce that is good, for seeds.
#[must_use]
pub fn good_nonce() -> &'static str {
    NONCES.current()
}

fn request(method: &str, host: &str) -> CanonicalRequest {
    let head = Head {
        method: method.to_owned(),
        target: "/v1/orders?page=2".to_owned(),
        values: vec![("host", Secret::new(host.as_bytes().to_vec()))],
        ..Head::default()
    };
    CanonicalRequest::new(&head).expect("a request that can be read in one way")
}

/// Checks what holds of the proof that the input is, or that is made of it:
///
/// - `0`: the value of the header, as it comes
/// - `1`: the claims' text; signed for EdDSA
/// - `2`: a line with the text of more members of the header, then the claims'; signed for EdDSA
/// - `3`: a line with the text of more members of the key, then the claims'; signed for ES256
pub fn check(input: &[u8]) -> Found {
    let Some((way, rest)) = way(input) else {
        return Found::Refused;
    };
    let (first, claims) = line(rest);
    let signed = |sign: fn(&str) -> String, header: &[u8], claims: &[u8]| {
        sign(&format!("{}.{}", encoded(header), encoded(claims))).into_bytes()
    };
    let header = |alg: &str, jwk: &[u8], more: &[u8]| {
        let begin = format!(r#"{{"typ":"dpop+jwt","alg":"{alg}","jwk":"#);
        let comma: &[u8] = if more.is_empty() { b"" } else { b"," };
        [begin.as_bytes(), jwk, comma, more, b"}"].concat()
    };
    let ed25519 = keys::ed25519_jwk().to_string();
    let value = match way {
        0 => rest.to_vec(),
        1 => signed(keys::sign_eddsa, &header("EdDSA", ed25519.as_bytes(), b""), rest),
        2 => signed(keys::sign_eddsa, &header("EdDSA", ed25519.as_bytes(), first), claims),
        _ => {
            let jwk = keys::p256_jwk().to_string();
            let own = jwk.trim_end_matches('}');
            let comma: &[u8] = if first.is_empty() { b"" } else { b"," };
            let jwk = [own.as_bytes(), comma, first, b"}"].concat();
            signed(keys::sign_es256, &header("ES256", &jwk, b""), claims)
        }
    };
    let jkt = thumbprint(&value);
    let mut found = Found::Refused;
    for nonces in [None, Some(&*NONCES)] {
        let expected = Wanted {
            jkt: &jkt,
            nonces,
            request: &ASKED,
            token: TOKEN,
        };
        let passed = expected.judged(&value);
        assert_eq!(passed, expected.judged(&value), "the same proof is judged alike");
        if let Some(proof) = passed {
            check_passed(&value, &proof, nonces);
            check_spoiled(&value, expected);
            found = Found::Accepted;
        }
    }
    found
}

/// What a proof must be for.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    jkt: &'a str,
    nonces: Option<&'a Nonces>,
    request: &'a CanonicalRequest,
    token: &'a str,
}

impl Wanted<'_> {
    fn judged(self, value: &[u8]) -> Option<Proof> {
        let token: Token = Secret::new(self.token.to_owned());
        let expected = Expected {
            issuer: ISSUER,
            token: &token,
            jkt: self.jkt,
            request: self.request,
            nonces: self.nonces,
            now: UnixSeconds(NOW_S),
        };
        proof::check(&[Secret::new(value.to_vec())], &expected).ok()
    }
}

/// The thumbprint of the key that the proof brings, so that what lies behind is reached; a wrong one if it brings none.
fn thumbprint(value: &[u8]) -> String {
    let found = || {
        let header = value.split(|byte| *byte == b'.').next()?;
        let header = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, header).ok()?;
        let header: Value = serde_json::from_slice(&header).ok()?;
        let algorithm = Algorithm::named(header.get("alg")?.as_str()?)?;
        let read = VerifyingKey::from_proof_jwk(&header.get("jwk")?.to_string(), algorithm);
        read.ok().map(|(_, thumbprint)| thumbprint)
    };
    found().unwrap_or_else(|| "none".to_owned())
}

fn check_passed(value: &[u8], proof: &Proof, nonces: Option<&Nonces>) {
    let text = std::str::from_utf8(value).expect("text");
    let parts: Vec<&str> = text.split('.').collect();
    let [header, claims, _] = parts.as_slice() else {
        panic!("three parts");
    };
    let (header, claims) = (object(header), object(claims));
    let typ = header.get("typ").and_then(Value::as_str).expect("a type");
    assert!(typ.eq_ignore_ascii_case("dpop+jwt"), "{typ}");
    assert_eq!((header.get("crit"), header.get("b64")), (None, None));
    let private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    assert!(
        private.iter().all(|name| header["jwk"].get(name).is_none()),
        "a public key"
    );
    let claim = |name: &str| claims.get(name).and_then(Value::as_str);
    assert_eq!(claim("htm"), Some("GET"));
    let url = claim("htu").expect("a URL").to_ascii_lowercase();
    let after_host = url.strip_prefix("https://api.example.com").expect("our host");
    assert!(
        after_host.is_empty() || after_host.starts_with([':', '/', '?', '#']),
        "{url}"
    );
    assert_eq!(claim("ath"), Some(encoded(Sha256::digest(TOKEN)).as_str()));
    assert!((1..=ID_BYTES_MAX).contains(&claim("jti").expect("an id").len()));
    assert!(nonces.is_none_or(|nonces| claim("nonce").is_some_and(|nonce| nonces.accept(nonce))));
    let issued_at = claims.get("iat").and_then(Value::as_f64).expect("a time").floor();
    let (oldest, newest) = ((NOW_S - AGE_S_MAX) as f64, (NOW_S + AHEAD_S_MAX) as f64);
    assert!((oldest..=newest).contains(&issued_at), "{issued_at}");
    assert_eq!(proof.good_until.0 as f64, issued_at + AGE_S_MAX as f64);
}

/// What passed once passes for nothing else.
fn check_spoiled(value: &[u8], good: Wanted<'_>) {
    let (post, elsewhere) = (request("POST", "api.example.com"), request("GET", "api.example.org"));
    for (name, wanted) in [
        ("another method", Wanted { request: &post, ..good }),
        (
            "another host",
            Wanted {
                request: &elsewhere,
                ..good
            },
        ),
        ("another key", Wanted { jkt: "other", ..good }),
        (
            "another token",
            Wanted {
                token: "aaa.bbb.ccd",
                ..good
            },
        ),
    ] {
        assert_eq!(wanted.judged(value), None, "{name}");
    }
    let text = std::str::from_utf8(value).expect("text");
    for changed in (0..4).filter_map(|salt| with_one_bit_changed(text, salt)) {
        assert_eq!(good.judged(changed.as_bytes()), None, "a bit was changed: {changed}");
    }
}
