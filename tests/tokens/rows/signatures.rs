//! The signature's bytes (RFC 7518 sections 3.2 to 3.5, RFC 8032 section 5.1.7).

use serde_json::json;
use tollgate::policy::issuer::HmacAlgorithm::{Hs256, Hs384, Hs512};
use tollgate_devstack::signing::Algorithm::{self, EdDsa, Es256, Es384, Ps256, Rs256};

use crate::tokens::{
    Group,
    bench::{Bench, NEUTRAL_POINT, secret},
    edit::{self, P256_ORDER, parts, with_claims, with_larger_s, with_signature},
    passes, refused,
};

/// A good token with its signature's bytes changed.
fn signature(bench: &Bench, algorithm: Algorithm, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> String {
    with_signature(&bench.with(algorithm).build(), change)
}

/// The same with the first byte's last bit turned over.
fn first_bit(mut signature: Vec<u8>) -> Vec<u8> {
    signature[0] ^= 1;
    signature
}

fn last_bit(mut signature: Vec<u8>) -> Vec<u8> {
    *signature.last_mut().expect("a byte") ^= 1;
    signature
}

fn without_last(mut signature: Vec<u8>) -> Vec<u8> {
    signature.pop();
    signature
}

fn with_zero(mut signature: Vec<u8>) -> Vec<u8> {
    signature.push(0);
    signature
}

fn after_zero(mut signature: Vec<u8>) -> Vec<u8> {
    signature.insert(0, 0);
    signature
}

fn zeros(signature: Vec<u8>) -> Vec<u8> {
    vec![0; signature.len()]
}

fn ones(signature: Vec<u8>) -> Vec<u8> {
    vec![0xff; signature.len()]
}

/// The first half replaced.
fn with_r(mut signature: Vec<u8>, r: [u8; 32]) -> Vec<u8> {
    signature[..32].copy_from_slice(&r);
    signature
}

/// The second half replaced.
fn with_s(mut signature: Vec<u8>, s: [u8; 32]) -> Vec<u8> {
    signature[32..].copy_from_slice(&s);
    signature
}

fn as_other(claims: Vec<u8>) -> Vec<u8> {
    String::from_utf8(claims).expect("UTF-8").replace("u1", "u2").into()
}

fn stranger(bench: &Bench, algorithm: Algorithm) -> String {
    bench.with(algorithm).signed_by(bench.stranger(algorithm)).build()
}

pub(super) const GROUPS: &[Group] = &[
    // FIPS 186-5 section 6.4.2 takes both numbers, and RFC 7518 section 3.4 asks for no more.
    passes(&[("ES256: the other of two signatures", |bench| {
        signature(bench, Es256, |signature| edit::mirrored(&signature))
    })]),
    refused(
        "signature-invalid",
        &[
            ("RS256: a stranger's key", |bench| stranger(bench, Rs256)),
            ("ES256: a stranger's key", |bench| stranger(bench, Es256)),
            ("ES384: a stranger's key", |bench| stranger(bench, Es384)),
            ("EdDSA: a stranger's key", |bench| stranger(bench, EdDsa)),
            ("ES256: another issuer's key", |bench| {
                bench.token().signed_by(&bench.partner).build()
            }),
            ("ES256: a withdrawn key", |bench| {
                bench.token().signed_by(&bench.withdrawn).build()
            }),
            ("HS256: a secret that nobody shares", |bench| {
                bench.shared(Hs256).hmac(Hs256, "nobody's").build()
            }),
            ("HS256: no secret", |bench| bench.shared(Hs256).hmac(Hs256, "").build()),
            ("HS256: another issuer's secret", |bench| {
                bench.shared(Hs256).hmac(Hs256, secret(384)).build()
            }),
            ("HS384: another issuer's secret", |bench| {
                bench.shared(Hs384).hmac(Hs384, secret(512)).build()
            }),
            ("HS512: half of the secret", |bench| {
                bench.shared(Hs512).hmac(Hs512, &secret(512)[..64]).build()
            }),
            ("HS256: cut short", |bench| {
                with_signature(&bench.shared(Hs256).build(), without_last)
            }),
            ("HS256: one byte", |bench| {
                with_signature(&bench.shared(Hs256).build(), |mac| mac[..1].to_vec())
            }),
            ("HS256: one byte more", |bench| {
                with_signature(&bench.shared(Hs256).build(), with_zero)
            }),
            ("HS256: a bit", |bench| {
                with_signature(&bench.shared(Hs256).build(), first_bit)
            }),
            ("HS256: other claims", |bench| {
                with_claims(&bench.shared(Hs256).build(), as_other)
            }),
            ("RS256: other claims", |bench| {
                with_claims(&bench.with(Rs256).build(), as_other)
            }),
            ("ES256: other claims", |bench| {
                with_claims(&bench.token().build(), as_other)
            }),
            ("EdDSA: other claims", |bench| {
                with_claims(&bench.with(EdDsa).build(), as_other)
            }),
            ("claims with a space more", |bench| {
                with_claims(&bench.token().build(), |claims| [claims, b" ".to_vec()].concat())
            }),
            ("a header member more", |bench| {
                let header = json!({ "alg": "ES256", "kid": bench.key(Es256).kid(), "typ": "JWT", "x": 1 });
                edit::with_header(&bench.token().build(), header.to_string())
            }),
            ("another token's signature", |bench| {
                let (token, other) = (bench.token().build(), bench.token().claim("sub", "u2").build());
                let ([header, claims, _], [_, _, signature]) = (parts(&token), parts(&other));
                format!("{header}.{claims}.{signature}")
            }),
            ("the claims for a signature", |bench| {
                let token = bench.token().build();
                let [header, claims, _] = parts(&token);
                format!("{header}.{claims}.{claims}")
            }),
            ("RS256: a bit", |bench| signature(bench, Rs256, first_bit)),
            ("RS256: cut short", |bench| signature(bench, Rs256, without_last)),
            ("RS256: one byte more", |bench| signature(bench, Rs256, with_zero)),
            ("RS256: zero in front", |bench| signature(bench, Rs256, after_zero)),
            ("RS256: zeros", |bench| signature(bench, Rs256, zeros)),
            ("RS256: larger than the modulus", |bench| signature(bench, Rs256, ones)),
            ("PS256: a bit", |bench| signature(bench, Ps256, last_bit)),
            ("PS256: zeros", |bench| signature(bench, Ps256, zeros)),
            ("ES256: a bit of r", |bench| signature(bench, Es256, first_bit)),
            ("ES256: a bit of s", |bench| signature(bench, Es256, last_bit)),
            ("ES256: cut short", |bench| signature(bench, Es256, without_last)),
            ("ES256: one byte more", |bench| signature(bench, Es256, with_zero)),
            ("ES256: zero in front", |bench| signature(bench, Es256, after_zero)),
            ("ES256: in DER", |bench| {
                signature(bench, Es256, |signature| edit::in_der(&signature))
            }),
            ("ES256: zeros", |bench| signature(bench, Es256, zeros)),
            ("ES256: r is zero", |bench| {
                signature(bench, Es256, |signature| with_r(signature, [0; 32]))
            }),
            ("ES256: s is zero", |bench| {
                signature(bench, Es256, |signature| with_s(signature, [0; 32]))
            }),
            ("ES256: r is the order", |bench| {
                signature(bench, Es256, |signature| with_r(signature, P256_ORDER))
            }),
            ("ES256: s is the order", |bench| {
                signature(bench, Es256, |signature| with_s(signature, P256_ORDER))
            }),
            ("ES256: as large as can be", |bench| signature(bench, Es256, ones)),
            ("ES256: s before r", |bench| {
                signature(bench, Es256, |signature| {
                    let (r, s) = signature.split_at(32);
                    [s, r].concat()
                })
            }),
            ("ES384: a bit", |bench| signature(bench, Es384, last_bit)),
            ("ES384: zeros", |bench| signature(bench, Es384, zeros)),
            ("ES384: in DER", |bench| {
                signature(bench, Es384, |signature| edit::in_der(&signature))
            }),
            ("ES384: cut to the length of ES256", |bench| {
                signature(bench, Es384, |signature| signature[..64].to_vec())
            }),
            ("EdDSA: a bit of R", |bench| signature(bench, EdDsa, first_bit)),
            ("EdDSA: a bit of S", |bench| signature(bench, EdDsa, last_bit)),
            ("EdDSA: zeros", |bench| signature(bench, EdDsa, zeros)),
            ("EdDSA: the order added to S", |bench| {
                signature(bench, EdDsa, with_larger_s)
            }),
            ("EdDSA: R of small order", |bench| {
                use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
                let point = URL_SAFE_NO_PAD.decode(NEUTRAL_POINT).expect("base64url");
                let point = point.try_into().expect("32 bytes");
                signature(bench, EdDsa, |signature| with_r(signature, point))
            }),
            ("EdDSA: cut short", |bench| signature(bench, EdDsa, without_last)),
        ],
    ),
];
