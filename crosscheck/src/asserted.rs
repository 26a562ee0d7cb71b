//! Assertions by the gateway's own library, and what looks like them.

use anyhow::{anyhow, ensure};
use aws_lc_rs::{
    encoding::{AsBigEndian as _, AsDer as _, Curve25519SeedBin, EcPrivateKeyBin, PublicKeyX509Der},
    error::Unspecified,
    hmac,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use tollgate::{
    identity::claims::{Claims, Confirmation},
    policy::site::{Assertions, service::AssertionTo},
    secret::Secret,
    time::UnixSeconds,
    upstream::{
        assertion::{This, signed},
        assertion_keys::key_set,
        signing_key::SigningKey,
    },
};

/// The gateway's public origin.
pub const ISSUER: &str = "https://api.example.com";
/// The service's audience.
pub const AUDIENCE: &str = "https://orders.example.com";
/// The caller.
pub const SUBJECT: &str = "user-1";

/// An assertion, and whether it is a good one.
pub struct Row {
    /// What it is.
    pub name: &'static str,
    /// The text.
    pub token: String,
    /// Whether it must be taken.
    pub is_good: bool,
}

/// What verifiers are asked.
pub struct Asserted {
    /// The published keys.
    pub keys: Value,
    /// The assertions.
    pub rows: Vec<Row>,
}

impl Asserted {
    /// Makes keys, and assertions at the time `now`.
    ///
    /// # Errors
    /// If no keys can be made.
    pub fn new(now: UnixSeconds) -> anyhow::Result<Self> {
        let made = |_: Unspecified| anyhow!("no keys could be made");
        let (p256, es256) = p256_pair("key-1").map_err(made)?;
        let (_, stranger) = p256_pair("key-1").map_err(made)?;
        let (es256, stranger) = (read(&es256)?, read(&stranger)?);
        let ed25519 = read(&ed25519_jwk("key-2").map_err(made)?)?;
        let unknown = read(&ed25519_jwk("key-9").map_err(made)?)?;
        let keys = key_set(&[&es256, &ed25519]);
        let good = |key| token(key, (ISSUER, AUDIENCE), now, now);
        let first = good(&es256);
        let (message, signature) = first.rsplit_once('.').ok_or_else(|| anyhow!("no compact JWS"))?;
        let payload = message.split('.').nth(1).unwrap_or_default();
        let unsigned = |header: &Value| format!("{}.{payload}", URL_SAFE_NO_PAD.encode(header.to_string()));
        let by_hmac = |secret: &[u8]| {
            let message = unsigned(&json!({ "alg": "HS256", "typ": "JWT", "kid": "key-1" }));
            let code = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
            format!("{message}.{}", URL_SAFE_NO_PAD.encode(code.as_ref()))
        };
        let der: PublicKeyX509Der<'_> = p256.public_key().as_der().map_err(made)?;
        let text = STANDARD.encode(der.as_ref());
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n");
        let swapped = json!({ "alg": "EdDSA", "typ": "JWT", "kid": "key-1" });
        let another = token(
            &es256,
            ("https://api.example.com", "https://admin.example.com"),
            now,
            now,
        );
        let other_payload = another.split('.').nth(1).unwrap_or_default().to_owned();
        let header = message.split('.').next().unwrap_or_default();
        let mut endless = claims_of(payload)?;
        ensure!(
            endless
                .as_object_mut()
                .is_some_and(|claims| claims.remove("exp").is_some()),
            "no `exp`"
        );
        let long_ago = UnixSeconds(now.0 - 1_000);
        let row = |name, is_good, token| Row { name, token, is_good };
        let rows = vec![
            row("by ES256", true, first.clone()),
            row("by EdDSA", true, good(&ed25519)),
            row(
                "by ES256, expired",
                false,
                token(&es256, (ISSUER, AUDIENCE), long_ago, now),
            ),
            row(
                "by EdDSA, expired",
                false,
                token(&ed25519, (ISSUER, AUDIENCE), long_ago, now),
            ),
            row("without an expiry", false, es256.sign(&endless).expose().clone()),
            row("for another audience", false, another.clone()),
            row(
                "of another issuer",
                false,
                token(&es256, ("https://evil.example", AUDIENCE), now, now),
            ),
            row("by another key of the same name", false, good(&stranger)),
            row("by a key that is not published", false, good(&unknown)),
            row(
                "with another payload",
                false,
                format!("{header}.{other_payload}.{signature}"),
            ),
            row("without a signature", false, format!("{message}.")),
            row(
                "of `none`",
                false,
                format!("{}.", unsigned(&json!({ "alg": "none", "kid": "key-1" }))),
            ),
            row("HS256 by the public key's PEM text", false, by_hmac(pem.as_bytes())),
            row(
                "HS256 by the public key's bytes",
                false,
                by_hmac(p256.public_key().as_ref()),
            ),
            row(
                "EdDSA by the name of the ES256 key",
                false,
                format!("{}.{signature}", unsigned(&swapped)),
            ),
            row("no token", false, "rubbish".to_owned()),
            row("by ES256, once more", true, first.clone()),
        ];
        Ok(Self { keys, rows })
    }
}

fn token(key: &SigningKey, (issuer, audience): (&str, &str), at: UnixSeconds, now: UnixSeconds) -> String {
    let assertions = Assertions {
        issuer: issuer.to_owned(),
        keys: Vec::new(),
        ttl_s: 60,
    };
    let to = AssertionTo {
        audience: audience.to_owned(),
        claims: Vec::new(),
    };
    let this = This {
        request_id: "r1",
        id: "j1",
        now: at,
    };
    signed(key, (&assertions, &to), &caller(now), this).expose().clone()
}

fn caller(now: UnixSeconds) -> Claims {
    Claims {
        issuer_name: "okta".to_owned(),
        issuer: "https://okta.example".to_owned(),
        subject: Some(SUBJECT.to_owned()),
        audience: Vec::new(),
        expires_at: now.plus_s(600),
        not_before: None,
        issued_at: None,
        client: None,
        scopes: vec!["orders:read".to_owned()],
        roles: Vec::new(),
        groups: Vec::new(),
        asked: Vec::new(),
        token_id: None,
        confirmation: Confirmation::default(),
        kid: None,
        token_digest: String::new(),
    }
}

fn claims_of(payload: &str) -> anyhow::Result<Value> {
    Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?)
}

/// The key, as the gateway reads it.
fn read(jwk: &Value) -> anyhow::Result<SigningKey> {
    SigningKey::from_secret(&Secret::new(jwk.to_string().into_bytes())).map_err(|why| anyhow!(why))
}

/// A key pair, and its private JWK.
fn p256_pair(kid: &str) -> Result<(EcdsaKeyPair, Value), Unspecified> {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    let d: EcPrivateKeyBin<'_> = key.private_key().as_be_bytes()?;
    let d = URL_SAFE_NO_PAD.encode(d.as_ref());
    // An uncompressed point is 04, x and y (SEC 1 section 2.3.3).
    let point = key.public_key().as_ref().get(1..).unwrap_or_default();
    let (x, y) = point.split_at(point.len() / 2);
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    Ok((
        key,
        json!({ "kty": "EC", "crv": "P-256", "kid": kid, "x": x, "y": y, "d": d }),
    ))
}

fn ed25519_jwk(kid: &str) -> Result<Value, Unspecified> {
    let key = Ed25519KeyPair::generate()?;
    let d: Curve25519SeedBin<'_> = key.seed()?.as_be_bytes()?;
    let [x, d] = [key.public_key().as_ref(), d.as_ref()].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
    Ok(json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x, "d": d }))
}
