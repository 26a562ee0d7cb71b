//! Signatures, algorithms and keys.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use tollgate::rejection::TokenRefusal::{AlgorithmNotAllowed, KeyUnknown, Malformed, SignatureInvalid};

use super::{NOBODY, Table, with, without};
use crate::{
    forge::By,
    peers::{JOSE, JWCRYPTO},
};

pub(super) fn add(table: &mut Table<'_>) -> anyhow::Result<()> {
    for (name, by) in [
        ("good, RS256", By::Rs256),
        ("good, RS512", By::Rs512),
        ("good, PS256", By::Ps256),
        ("good, ES256", By::Es256),
        ("good, ES384", By::Es384),
        ("good, EdDSA", By::EdDsa),
        ("good, HS256", By::Hs256),
        ("good, HS512", By::Hs512),
    ] {
        let token = table.good(by)?;
        table.add(name, by, token, (Ok(()), NOBODY));
    }
    add_edited(table)?;
    add_confused(table)?;
    add_names(table)
}

/// A good token, whose signature is changed.
fn add_edited(table: &mut Table<'_>) -> anyhow::Result<()> {
    type Edit = fn(&mut Vec<u8>);
    let flip: Edit = |signature| signature.iter_mut().take(1).for_each(|byte| *byte ^= 1);
    let cut: Edit = |signature| signature.truncate(signature.len() - 1);
    let longer: Edit = |signature| signature.push(0);
    let swap: Edit = |signature| {
        let half = signature.len() / 2;
        signature.rotate_left(half);
    };
    let zero: Edit = |signature| signature.fill(0);
    for (name, by, edit) in [
        ("RS256, one bit of the signature", By::Rs256, flip),
        ("PS256, one bit of the signature", By::Ps256, flip),
        ("ES256, one bit of the signature", By::Es256, flip),
        ("EdDSA, one bit of the signature", By::EdDsa, flip),
        ("HS256, one bit of the signature", By::Hs256, flip),
        ("RS256, a byte less", By::Rs256, cut),
        ("HS256, a byte less", By::Hs256, cut),
        ("RS256, a byte more", By::Rs256, longer),
        ("ES256, a byte more", By::Es256, longer),
        ("HS256, a byte more", By::Hs256, longer),
        ("ES256, r and s swapped", By::Es256, swap),
        ("ES256, zeros", By::Es256, zero),
        ("EdDSA, zeros", By::EdDsa, zero),
    ] {
        let token = table.good(by)?;
        let (message, signature) = token.rsplit_once('.').unwrap_or_default();
        let mut signature = URL_SAFE_NO_PAD.decode(signature)?;
        edit(&mut signature);
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
        table.add(name, by, token, (Err(SignatureInvalid), NOBODY));
    }
    Ok(())
}

/// Signed by one key or algorithm, judged by another.
fn add_confused(table: &mut Table<'_>) -> anyhow::Result<()> {
    for (name, signed, judged, why) in [
        (
            "a stranger's key with the issuer's kid",
            By::Stranger,
            By::Es256,
            SignatureInvalid,
        ),
        ("ES256, signature in DER", By::Es256Der, By::Es256, SignatureInvalid),
        ("RS512 under a key for RS256", By::Rs512, By::Rs256, AlgorithmNotAllowed),
        ("PS256 under a key for RS256", By::Ps256, By::Rs256, AlgorithmNotAllowed),
        ("RS256 under a key for PS256", By::Rs256, By::Ps256, AlgorithmNotAllowed),
        ("ES384 under a key for ES256", By::Es384, By::Es256, AlgorithmNotAllowed),
        ("EdDSA under a key for ES256", By::EdDsa, By::Es256, AlgorithmNotAllowed),
        (
            "HS512 under a secret for HS256",
            By::Hs512,
            By::Hs256,
            AlgorithmNotAllowed,
        ),
        (
            "HS256 with the public key as secret",
            By::Hs256OfPem,
            By::Rs256,
            AlgorithmNotAllowed,
        ),
        (
            "ES256 where a secret is shared",
            By::Es256,
            By::Hs256,
            AlgorithmNotAllowed,
        ),
    ] {
        let token = table.good(signed)?;
        table.add(name, judged, token, (Err(why), NOBODY));
    }
    Ok(())
}

/// What the header says about algorithm and key.
fn add_names(table: &mut Table<'_>) -> anyhow::Result<()> {
    let header = Table::header(By::Es256);
    let changed = |members| with(header.clone(), &members);
    let stranger = table.forge.jwk(By::Stranger);
    for (name, header, why, laxer) in [
        (
            "alg: none",
            changed(json!({ "alg": "none" })),
            AlgorithmNotAllowed,
            NOBODY,
        ),
        (
            "alg: NONE",
            changed(json!({ "alg": "NONE" })),
            AlgorithmNotAllowed,
            NOBODY,
        ),
        (
            "alg in lower case",
            changed(json!({ "alg": "es256" })),
            AlgorithmNotAllowed,
            NOBODY,
        ),
        (
            "alg of another hash",
            changed(json!({ "alg": "ES384" })),
            AlgorithmNotAllowed,
            NOBODY,
        ),
        (
            "alg: ES256K",
            changed(json!({ "alg": "ES256K" })),
            AlgorithmNotAllowed,
            NOBODY,
        ),
        ("alg is a number", changed(json!({ "alg": 256 })), Malformed, NOBODY),
        ("alg is a list", changed(json!({ "alg": ["ES256"] })), Malformed, NOBODY),
        ("alg is null", changed(json!({ "alg": null })), Malformed, NOBODY),
        ("no alg", without(header.clone(), "alg"), Malformed, NOBODY),
        ("an unknown kid", changed(json!({ "kid": "k2" })), KeyUnknown, NOBODY),
        (
            "kid in another case",
            changed(json!({ "kid": "K1" })),
            KeyUnknown,
            NOBODY,
        ),
        ("an empty kid", changed(json!({ "kid": "" })), KeyUnknown, NOBODY),
        ("kid is a number", changed(json!({ "kid": 1 })), Malformed, NOBODY),
        ("kid is null", changed(json!({ "kid": null })), Malformed, NOBODY),
        ("no kid", without(header.clone(), "kid"), KeyUnknown, &[JOSE, JWCRYPTO]),
    ] {
        let token = table.of_texts(header.to_string().as_bytes(), table.claims().to_string().as_bytes())?;
        table.add(name, By::Es256, token, (Err(why), laxer));
    }
    let (header, claims) = (
        changed(json!({ "jwk": stranger })).to_string(),
        table.claims().to_string(),
    );
    let token = table.forge.token(By::Stranger, header.as_bytes(), claims.as_bytes())?;
    table.add("a stranger's key in jwk", By::Es256, token, (Err(Malformed), NOBODY));
    let header = json!({ "alg": "none", "kid": "k1", "typ": "JWT" }).to_string();
    let token = table.of_texts(header.as_bytes(), claims.as_bytes())?;
    let (message, _) = token.rsplit_once('.').unwrap_or_default();
    table.add(
        "alg: none, not signed",
        By::Es256,
        format!("{message}."),
        (Err(AlgorithmNotAllowed), NOBODY),
    );
    Ok(())
}
