//! Proofs that a client has the key that its token is bound to: DPoP (RFC 9449).
//!
//! Promises: [`check`] gives a [`Proof`] only for one that passed every step of section 4.3, in this order:
//!
//! 1. There is one `DPoP` header (step 1 of the RFC).
//! 2. It is a compact JWS of two JSON objects, at most 4,096 bytes long (2). Its header says `typ` `dpop+jwt` (4) and an
//!    asymmetric algorithm (5), asks for no extension, and holds a public key (7) of that algorithm.
//! 3. The token is bound to that key, by its RFC 7638 thumbprint (12 b). Before the signature: this costs less.
//! 4. The signature is the key's (6). Only now the payload is read, with all claims (3).
//! 5. `htm` is the method (8), and `htu` the URL (9), by `target`.
//! 6. `nonce` is one of ours, where they are asked for (10), by [`nonce`].
//! 7. `iat` is at most [`AGE_S_MAX`] seconds old and [`AHEAD_S_MAX`] ahead (11), with a nonce too.
//! 8. `ath` is the hash of the token (12 a).
//!
//! Left out: whether the proof was used before, which needs memory ([`crate::identity::binding`]).

pub mod flaw;
pub mod nonce;
mod read;
mod target;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    digest,
    identity::{
        algorithm::Algorithm,
        credential::Token,
        proof::{flaw::Flaw, nonce::Nonces, read::Unverified},
    },
    request::CanonicalRequest,
    secret::Secret,
    time::UnixSeconds,
};

/// How old a proof may be, in seconds. Clients make one a request, and RFC 9449 section 11.1 wants seconds or minutes.
pub const AGE_S_MAX: u64 = 60;

/// How far a client's clock may be ahead, in seconds (section 11.1 speaks of a few).
pub const AHEAD_S_MAX: u64 = 10;

/// The longest `jti`, in bytes.
pub const ID_BYTES_MAX: usize = 256;

/// What a proof must be for.
pub struct Expected<'a> {
    /// The policy's issuer of the token.
    pub issuer: &'a str,
    /// The token that came with it.
    pub token: &'a Token,
    /// The thumbprint of the key that the token is bound to (section 6.1).
    pub jkt: &'a str,
    /// The request.
    pub request: &'a CanonicalRequest,
    /// The nonces of which it must have one; `None` where none are asked for.
    pub nonces: Option<&'a Nonces>,
    /// The time.
    pub now: UnixSeconds,
}

/// A proof that is good, but for having been used before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// A digest that only this proof has: of the issuer, the key and `jti`.
    pub name: String,
    /// The last second in which it passes.
    pub good_until: UnixSeconds,
}

/// The algorithms that proofs may be signed with, for the parameter `algs` of a challenge (section 7.1).
#[must_use]
pub fn algorithms() -> String {
    let names: Vec<&str> = Algorithm::asymmetric().map(Algorithm::name).collect();
    names.join(" ")
}

/// Checks the values of a request's `DPoP` headers.
///
/// # Errors
/// The first step that failed.
pub fn check(values: &[Secret<Vec<u8>>], expected: &Expected<'_>) -> Result<Proof, Flaw> {
    let value = match values {
        [] => return Err(Flaw::Missing),
        [one] => one,
        _ => return Err(Flaw::Several),
    };
    let unverified = Unverified::read(value)?;
    if !same(unverified.thumbprint(), expected.jkt) {
        return Err(Flaw::OtherKey);
    }
    let signed = unverified.signed()?;
    if signed.jti.is_empty() || signed.jti.len() > ID_BYTES_MAX {
        return Err(Flaw::Id);
    }
    if signed.htm != expected.request.method() {
        return Err(Flaw::Method);
    }
    if !target::is_of(&signed.htu, expected.request) {
        return Err(Flaw::Url);
    }
    if let Some(nonces) = expected.nonces
        && !signed.nonce.is_some_and(|nonce| nonces.accept(&nonce))
    {
        return Err(Flaw::Nonce);
    }
    // The cast stops at both ends, and a time before 1970 is too old anyway.
    let good_until = good_until(UnixSeconds(signed.iat as u64), expected.now)?;
    let token_hash = URL_SAFE_NO_PAD.encode(Sha256::digest(expected.token.expose()));
    if !signed.ath.is_some_and(|ath| same(&ath, &token_hash)) {
        return Err(Flaw::TokenHash);
    }
    let parts = [expected.issuer, expected.jkt, &signed.jti].map(str::as_bytes);
    Ok(Proof {
        name: digest::of("tollgate dpop proof", &parts),
        good_until,
    })
}

fn good_until(issued_at: UnixSeconds, now: UnixSeconds) -> Result<UnixSeconds, Flaw> {
    let good_until = issued_at.plus_s(AGE_S_MAX);
    if good_until < now {
        return Err(Flaw::Old);
    }
    if now.plus_s(AHEAD_S_MAX) < issued_at {
        return Err(Flaw::Early);
    }
    Ok(good_until)
}

/// In time that depends on the lengths only.
fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
pub(in crate::identity) mod tests;
