//! Proofs that pass, the examples of RFC 9449, and what holds of all proofs.

mod spoiled;

use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;
use serde_json::{Value, json};
use tollgate_devstack::signing;

use super::*;
use crate::{identity::keys::VerifyingKey, request::Head};

/// The time of all tests here.
pub(in crate::identity) const NOW: UnixSeconds = UnixSeconds(1_000_000);

/// The token that proofs here are for.
pub(in crate::identity) const TOKEN: &str = "aaa.bbb.ccc";

/// A proof in the making: good as it begins, and signed when it is finished.
#[derive(Clone)]
pub(in crate::identity) struct Draft {
    pub(in crate::identity) header: Value,
    pub(in crate::identity) claims: Value,
    /// In the place of `header`, for what a `Value` can't say.
    header_text: Option<String>,
    /// Likewise of `claims`.
    claims_text: Option<String>,
    /// Which key signs.
    seed: u8,
}

impl Draft {
    /// For `GET https://api.example.com/v1/orders`, with the key of `seed`.
    pub(in crate::identity) fn new(seed: u8) -> Self {
        let ath = URL_SAFE_NO_PAD.encode(Sha256::digest(TOKEN));
        Self {
            header: json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk(seed) }),
            claims: json!({
                "jti": "id-1", "htm": "GET", "htu": "https://api.example.com/v1/orders", "iat": NOW.0, "ath": ath
            }),
            header_text: None,
            claims_text: None,
            seed,
        }
    }

    pub(in crate::identity) fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }

    fn message(&self) -> String {
        let text = |text: &Option<String>, value: &Value| text.clone().unwrap_or_else(|| value.to_string());
        let header = URL_SAFE_NO_PAD.encode(text(&self.header_text, &self.header));
        let claims = URL_SAFE_NO_PAD.encode(text(&self.claims_text, &self.claims));
        format!("{header}.{claims}")
    }

    pub(in crate::identity) fn finish(&self) -> String {
        let message = self.message();
        let signature = key(self.seed).sign(message.as_bytes()).to_bytes();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn jwk(seed: u8) -> Value {
    let x = URL_SAFE_NO_PAD.encode(key(seed).verifying_key().as_bytes());
    json!({ "kty": "OKP", "crv": "Ed25519", "x": x })
}

/// The thumbprint of the key of `seed`, written out.
pub(in crate::identity) fn jkt(seed: u8) -> String {
    let x = URL_SAFE_NO_PAD.encode(key(seed).verifying_key().as_bytes());
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)))
}

pub(in crate::identity) fn request(method: &str, host: &str, target: &str) -> CanonicalRequest {
    CanonicalRequest::new(&Head {
        method: method.to_owned(),
        target: target.to_owned(),
        values: vec![("host", Secret::new(host.as_bytes().to_vec()))],
        ..Head::default()
    })
    .unwrap()
}

/// A header value.
pub(in crate::identity) fn value(proof: impl AsRef<[u8]>) -> Secret<Vec<u8>> {
    Secret::new(proof.as_ref().to_vec())
}

/// The judgement on these headers, sent with the request that [`Draft::new`] is for.
fn judged(values: &[Secret<Vec<u8>>], nonces: Option<&Nonces>) -> Result<Proof, Flaw> {
    let expected = Expected {
        issuer: "https://i.example",
        token: &Secret::new(TOKEN.to_owned()),
        jkt: &jkt(1),
        request: &request("GET", "api.example.com", "/v1/orders?page=2"),
        nonces,
        now: NOW,
    };
    check(values, &expected)
}

fn proof_of(id: &str, issued_at_s: u64) -> Proof {
    Proof {
        name: digest::of(
            "tollgate dpop proof",
            &["https://i.example", &jkt(1), id].map(str::as_bytes),
        ),
        good_until: UnixSeconds(issued_at_s + 60),
    }
}

#[test]
fn proofs_that_pass() {
    let draft = Draft::new(1);
    let mut named = draft.clone();
    named.header["jwk"]["kid"] = json!("any");
    named.header["jwk"]["use"] = json!("sig");
    named.header["typ"] = json!("DPoP+JWT");
    named.header["other"] = json!({ "a": [1, null, 2.5] });
    let long = "i".repeat(ID_BYTES_MAX);
    for (name, draft, expected) in [
        ("plain", draft.clone(), proof_of("id-1", NOW.0)),
        ("other members", named, proof_of("id-1", NOW.0)),
        (
            "the longest id",
            draft.clone().claim("jti", long.as_str()),
            proof_of(&long, NOW.0),
        ),
        (
            "the oldest",
            draft.clone().claim("iat", NOW.0 - 60),
            proof_of("id-1", NOW.0 - 60),
        ),
        (
            "the newest",
            draft.clone().claim("iat", NOW.0 + 10),
            proof_of("id-1", NOW.0 + 10),
        ),
        (
            "a fraction",
            draft.clone().claim("iat", NOW.0 as f64 + 10.9),
            proof_of("id-1", NOW.0 + 10),
        ),
        (
            "a nonce that nobody asked for",
            draft.clone().claim("nonce", "n"),
            proof_of("id-1", NOW.0),
        ),
        (
            "another spelling of the URL",
            draft.claim("htu", "HTTPS://api.example.com:443/v1/%6frders?x#y"),
            proof_of("id-1", NOW.0),
        ),
    ] {
        assert_eq!(judged(&[value(draft.finish())], None), Ok(expected), "{name}");
    }
}

/// With a library that shares no code with ours.
#[test]
fn proofs_of_each_algorithm_pass() {
    for algorithm in signing::Algorithm::EVERY {
        let named = Algorithm::named(algorithm.jws_name()).unwrap();
        let key = signing::SigningKey::generate(algorithm, "k1").unwrap();
        let header = json!({ "typ": "dpop+jwt", "alg": algorithm.jws_name(), "jwk": key.public_jwk() });
        let proof = key.sign(&header, &Draft::new(1).claims).unwrap();
        let (_, jkt) = VerifyingKey::from_proof_jwk(&key.public_jwk().to_string(), named).unwrap();
        let expected = Expected {
            issuer: "https://i.example",
            token: &Secret::new(TOKEN.to_owned()),
            jkt: &jkt,
            request: &request("GET", "api.example.com", "/v1/orders"),
            nonces: None,
            now: NOW,
        };
        assert!(check(&[value(proof)], &expected).is_ok(), "{algorithm:?}");
    }
}

/// RFC 9449 sections 4.1 and 7.1.
#[test]
fn the_examples_of_the_rfc() {
    const HEADER: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNo\
                          UklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VER\
                          WclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19";
    let asking = "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuI\
                  iwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37\
                  xRZT3Lg";
    let using = "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90Z\
                 WN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVF\
                 FbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
    let judged = |method, host, target, claims, now_s| {
        let expected = Expected {
            issuer: "https://server.example.com",
            token: &Secret::new("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU".to_owned()),
            jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
            request: &request(method, host, target),
            nonces: None,
            now: UnixSeconds(now_s),
        };
        check(&[value(format!("{HEADER}.{claims}"))], &expected).map(|proof| proof.good_until.0)
    };
    let (issuer, resource) = ("server.example.com", "resource.example.org");
    for (name, judged, expected) in [
        (
            "7.1",
            judged("GET", resource, "/protectedresource", using, 1_562_262_618),
            Ok(1_562_262_678),
        ),
        (
            "7.1 a minute later",
            judged("GET", resource, "/protectedresource", using, 1_562_262_679),
            Err(Flaw::Old),
        ),
        (
            "7.1 with POST",
            judged("POST", resource, "/protectedresource", using, 1_562_262_618),
            Err(Flaw::Method),
        ),
        (
            "4.1, which asks for a token and has no `ath`",
            judged("POST", issuer, "/token", asking, 1_562_262_616),
            Err(Flaw::TokenHash),
        ),
        (
            "4.1 at the resource",
            judged("POST", resource, "/token", asking, 1_562_262_616),
            Err(Flaw::Url),
        ),
        (
            "the signature of the other",
            judged(
                "GET",
                resource,
                "/protectedresource",
                &[using.split_once('.').unwrap().0, asking.split_once('.').unwrap().1].join("."),
                1_562_262_618,
            ),
            Err(Flaw::Signature),
        ),
    ] {
        assert_eq!(judged, expected, "{name}");
    }
}

#[test]
fn nonces_are_asked_for_or_not() {
    let secret = Secret::new(vec![7; 32]);
    let at = |now_s| Nonces::new(&secret, "https://i.example", UnixSeconds(now_s)).unwrap();
    let nonces = at(NOW.0);
    for (name, nonce, expected) in [
        ("the current one", json!(nonces.current()), Ok(proof_of("id-1", NOW.0))),
        (
            "the one before",
            json!(at(NOW.0 - 300).current()),
            Ok(proof_of("id-1", NOW.0)),
        ),
        ("an older one", json!(at(NOW.0 - 600).current()), Err(Flaw::Nonce)),
        ("one to come", json!(at(NOW.0 + 300).current()), Err(Flaw::Nonce)),
        ("none", Value::Null, Err(Flaw::Nonce)),
        ("an empty one", json!(""), Err(Flaw::Nonce)),
        ("no text", json!([nonces.current()]), Err(Flaw::Claims)),
    ] {
        let draft = Draft::new(1).claim("nonce", nonce);
        assert_eq!(judged(&[value(draft.finish())], Some(&nonces)), expected, "{name}");
    }
    let old = Draft::new(1).claim("nonce", nonces.current()).claim("iat", NOW.0 - 61);
    assert_eq!(
        judged(&[value(old.finish())], Some(&nonces)),
        Err(Flaw::Old),
        "a nonce does not stand for a time"
    );
}

#[test]
fn every_bit_of_a_proof_counts() {
    let good = Draft::new(1).finish().into_bytes();
    assert!(judged(&[value(&good)], None).is_ok());
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut spoiled = good.clone();
            spoiled[at] ^= 1 << bit;
            assert!(judged(&[value(spoiled)], None).is_err(), "byte {at}, bit {bit}");
        }
    }
}

proptest! {
    #[test]
    fn rubbish_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in ".{0,100}", at in 0..3_usize) {
        prop_assert!(judged(&[value(&bytes)], None).is_err());
        let good = Draft::new(1).finish();
        let mut parts: Vec<&str> = good.split('.').collect();
        let encoded = URL_SAFE_NO_PAD.encode(&text);
        parts[at] = &encoded;
        prop_assert!(judged(&[value(parts.join("."))], None).is_err());
        let mut draft = Draft::new(1);
        draft.claims_text = Some(text);
        prop_assert!(judged(&[value(draft.finish())], None).is_err());
    }
}
