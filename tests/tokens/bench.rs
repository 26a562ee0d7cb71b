//! Who vouches in the table, with which keys, and the policy that takes their tokens.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tollgate::policy::issuer::HmacAlgorithm;
use tollgate_devstack::{
    signing::{Algorithm, SigningKey},
    tokens::Issuer,
};

use super::builder::Builder;

/// The policy that the table is for.
pub(crate) const POLICY: &str = include_str!("policy.toml");

/// What is asked for with each token.
pub(crate) const TARGET: &str = "/v1/orders/7";

/// The tenant of the Entra-like issuer.
pub(crate) const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";

/// The thumbprint of a client's key that no row proves to have: SHA-256 of nothing.
pub(crate) const THUMBPRINT: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

/// The issuer of most rows, which has keys for every algorithm.
pub(crate) const OKTA: &str = "https://okta.example";

/// Every issuer's keys and secrets, and the time at which tokens are made.
pub(crate) struct Bench {
    /// Seconds since 1970.
    pub(crate) now: u64,
    okta: Issuer,
    /// The key of the other issuers with keys.
    pub(crate) partner: SigningKey,
    /// A key that Okta had once.
    pub(crate) withdrawn: SigningKey,
    /// Keys that nobody knows, by algorithm.
    strangers: Vec<SigningKey>,
}

impl Bench {
    /// Fresh keys for tokens that are made at this time.
    pub(crate) fn at(now: u64) -> Self {
        let fresh = |algorithm, kid: &str| SigningKey::generate(algorithm, kid).expect("a key");
        let okta = Issuer::new("okta", OKTA, "api://orders").expect("an issuer");
        let stranger = |algorithm| fresh(algorithm, okta.key(algorithm).kid());
        Self {
            now,
            partner: fresh(Algorithm::Es256, "partner-1"),
            withdrawn: fresh(Algorithm::Es256, "okta-es256-0"),
            strangers: vec![
                stranger(Algorithm::Rs256),
                stranger(Algorithm::Es256),
                stranger(Algorithm::Es384),
                stranger(Algorithm::EdDsa),
            ],
            okta,
        }
    }

    /// A token of Okta's that passes: ES256, with the scope that the route asks for.
    pub(crate) fn token(&self) -> Builder<'_> {
        Builder::new(self, &self.okta, OKTA).by(self.key(Algorithm::Es256))
    }

    /// The same with another algorithm.
    pub(crate) fn with(&self, algorithm: Algorithm) -> Builder<'_> {
        self.token().by(self.key(algorithm))
    }

    /// A token that passes of another issuer with keys, by its `iss`.
    pub(crate) fn of(&self, iss: &str) -> Builder<'_> {
        Builder::new(self, &self.okta, iss).by(&self.partner)
    }

    /// A token that passes of the partner, who says what its tokens are for.
    pub(crate) fn of_partner(&self) -> Builder<'_> {
        let token = self.of("https://partner.example").header("typ", "at+jwt");
        token.claim("token_use", "access")
    }

    /// A token that passes of an issuer that shares a secret.
    pub(crate) fn shared(&self, algorithm: HmacAlgorithm) -> Builder<'_> {
        let (iss, secret) = match algorithm {
            HmacAlgorithm::Hs256 => ("https://hs256.example", secret(256)),
            HmacAlgorithm::Hs384 => ("https://hs384.example", secret(384)),
            HmacAlgorithm::Hs512 => ("https://hs512.example", secret(512)),
        };
        Builder::new(self, &self.okta, iss).hmac(algorithm, secret)
    }

    /// A token that passes of the issuer with tenants.
    pub(crate) fn of_tenant(&self) -> Builder<'_> {
        self.of(&format!("https://entra.example/{TENANT}/v2.0"))
            .claim("tid", TENANT)
    }

    /// Okta's key for an algorithm.
    pub(crate) fn key(&self, algorithm: Algorithm) -> &SigningKey {
        self.okta.key(algorithm)
    }

    /// A key that nobody knows, under the name of Okta's.
    pub(crate) fn stranger(&self, algorithm: Algorithm) -> &SigningKey {
        let same = self.strangers.iter().find(|key| key.algorithm() == algorithm);
        same.expect("a stranger's key")
    }

    /// Each issuer's key set, by the policy's name.
    pub(crate) fn key_sets(&self) -> BTreeMap<String, String> {
        let set = |keys: Vec<Value>| json!({ "keys": keys }).to_string();
        let others = [
            "partner",
            "entra",
            "anywhere",
            "dpop",
            "certificate",
            "either",
            "elsewhere",
        ];
        let mut sets: BTreeMap<_, _> = others
            .iter()
            .map(|name| ((*name).to_owned(), set(vec![self.partner.public_jwk()])))
            .collect();
        let good = Algorithm::EVERY.map(|algorithm| self.key(algorithm).public_jwk());
        sets.insert("okta".to_owned(), set([good.to_vec(), self.odd_keys()].concat()));
        sets
    }

    /// Keys in Okta's set of which only the first may be used, and that for RS256 alone.
    fn odd_keys(&self) -> Vec<Value> {
        let like = |algorithm, kid: &str, changes: Value| {
            let mut jwk = self.key(algorithm).public_jwk();
            jwk["kid"] = kid.into();
            for (name, value) in changes.as_object().expect("an object") {
                jwk[name] = value.clone();
            }
            jwk
        };
        let mut plain = like(Algorithm::Rs256, "plain-rsa", json!({}));
        plain.as_object_mut().expect("an object").remove("alg");
        vec![
            plain,
            like(Algorithm::Es256, "for-encryption", json!({ "use": "enc" })),
            like(Algorithm::Es256, "for-signing", json!({ "key_ops": ["sign"] })),
            like(Algorithm::Rs256, "even-exponent", json!({ "e": "Ag" })),
            // The point (0, 1), of order 1 (RFC 8032 section 5.1).
            like(Algorithm::EdDsa, "small-order", json!({ "x": NEUTRAL_POINT })),
            like(Algorithm::Es256, "off-the-curve", json!({ "y": THUMBPRINT })),
            json!({ "kty": "oct", "kid": "symmetric", "alg": "HS256", "k": "c2VjcmV0" }),
        ]
    }

    /// The secrets that are shared with issuers, by the policy's names.
    pub(crate) fn secrets() -> BTreeMap<String, Vec<u8>> {
        [256, 384, 512]
            .map(|bits| (format!("hs{bits}"), secret(bits)))
            .into_iter()
            .collect()
    }
}

/// The neutral point of Edwards25519, encoded.
pub(crate) const NEUTRAL_POINT: &str = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The secret that is shared with the issuer of so many bits. Tests look for it in all that is printed.
pub(crate) fn secret(bits: usize) -> Vec<u8> {
    let word = format!("canary-{bits}-");
    word.bytes().cycle().take(bits / 4).collect()
}
