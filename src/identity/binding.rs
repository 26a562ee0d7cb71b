//! Whether who sends a token may hold it: proofs of the client's key (DPoP, RFC 9449) and client certificates (RFC 8705).
//!
//! Promises: asked for every request, also where the token's claims are remembered; nothing of it is ever remembered but
//! that a proof was used. The rules:
//!
//! 1. An issuer's `bound` names what all of its tokens must be bound to.
//! 2. A token with `cnf.x5t#S256` needs a connection with that certificate (RFC 8705 section 3).
//! 3. A token with `cnf.jkt` is taken with the scheme `DPoP` and a proof alone, never as `Bearer` (RFC 9449 sections 7.1
//!    and 7.2); a token without is not taken with the scheme `DPoP`. A token that has both needs both.
//! 4. A proof is good for one request. The POP's cache remembers it for as long as it could pass, so a second POP would
//!    take it too (section 11.1 lets that be). Only a proof that passed all else is remembered: nobody can use up another's.
//!
//! A proof beside an unbound token with the scheme `Bearer` says nothing about it, and is not looked at.
//!
//! | what fails | what happens |
//! | --- | --- |
//! | the secret for nonces is missing, or shorter than 32 bytes | [`Rejection::Misconfigured`] |
//! | the POP's cache | the same: a proof that may have been used is not taken |
//! | the same proof is being looked at for another request | [`TokenRefusal::ProofReplayed`] |

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    host::{CacheKey, Found, Freshness, Host},
    identity::{
        claims::{Claims, Confirmation},
        credential::Token,
        origin::Cache,
        presented::Scheme,
        proof::{self, AHEAD_S_MAX, Expected, Proof, flaw::Flaw, nonce::Nonces},
        verify::Verified,
    },
    policy::issuer::{Bound, Issuer},
    rejection::{Rejection, TokenRefusal},
    request::CanonicalRequest,
    secret::Secret,
    time::UnixSeconds,
};

/// The header that proofs come in, as a home is asked for it.
pub const PROOF_HEADER: &str = "dpop";

/// What came with a request.
pub struct Sent<'a> {
    /// The scheme of the token.
    pub scheme: Scheme,
    /// The token.
    pub token: &'a Token,
    /// All values of [`PROOF_HEADER`].
    pub proofs: &'a [Secret<Vec<u8>>],
    /// The client's certificate in DER.
    pub certificate: Option<&'a [u8]>,
    /// The request itself.
    pub request: &'a CanonicalRequest,
}

/// Why a token is not taken from who sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The refusal.
    pub rejection: Rejection,
    /// What of the proof is wrong, in a word for the log; never a value of it.
    pub word: Option<&'static str>,
}

impl<R: Into<Rejection>> From<R> for Refused {
    fn from(rejection: R) -> Self {
        Self {
            rejection: rejection.into(),
            word: None,
        }
    }
}

/// Checks that who sent the token holds what it is bound to.
///
/// With [`Cache::LeftAlone`] no proof is looked up or remembered: all else is judged, and another judgement of the same
/// request finds it unused.
///
/// # Errors
/// [`TokenRefusal::NotBound`], [`TokenRefusal::CertificateWrong`], [`TokenRefusal::ProofMissing`],
/// [`TokenRefusal::ProofInvalid`], [`TokenRefusal::ProofReplayed`], [`Rejection::ProofNonceNeeded`] and
/// [`Rejection::Misconfigured`].
pub async fn check<H: Host>(
    (host, cache): (&H, Cache),
    sent: &Sent<'_>,
    (claims, issuer): (&Verified<Claims>, &Issuer),
    now: UnixSeconds,
) -> Result<(), Refused> {
    let confirmation = &claims.get().confirmation;
    check_bound(confirmation, issuer.bound)?;
    if let Some(thumbprint) = &confirmation.x5t_s256 {
        check_certificate(thumbprint, sent.certificate)?;
    }
    let jkt = match (&confirmation.jkt, sent.scheme) {
        (None, Scheme::Bearer) => return Ok(()),
        (None, Scheme::Dpop) => return Err(TokenRefusal::NotBound.into()),
        (Some(_), Scheme::Bearer) => return Err(refused(Flaw::Scheme, None)),
        (Some(jkt), Scheme::Dpop) => jkt,
    };
    let nonces = nonces(host, issuer, now).await?;
    let expected = Expected {
        issuer: &issuer.issuer,
        token: sent.token,
        jkt,
        request: sent.request,
        nonces: nonces.as_ref(),
        now,
    };
    let proof = proof::check(sent.proofs, &expected).map_err(|flaw| refused(flaw, nonces.as_ref()))?;
    match cache {
        Cache::Used => Ok(use_up(host, proof, now).await?),
        Cache::LeftAlone => Ok(()),
    }
}

fn check_bound(confirmation: &Confirmation, bound: Option<Bound>) -> Result<(), TokenRefusal> {
    let is_bound = match bound {
        None => true,
        Some(Bound::Dpop) => confirmation.jkt.is_some(),
        Some(Bound::Certificate) => confirmation.x5t_s256.is_some(),
        Some(Bound::Either) => !confirmation.is_none(),
    };
    if is_bound { Ok(()) } else { Err(TokenRefusal::NotBound) }
}

fn check_certificate(thumbprint: &str, certificate: Option<&[u8]>) -> Result<(), TokenRefusal> {
    let found = certificate.map(|der| URL_SAFE_NO_PAD.encode(Sha256::digest(der)));
    match found {
        Some(found) if found.as_bytes().ct_eq(thumbprint.as_bytes()).into() => Ok(()),
        _ => Err(TokenRefusal::CertificateWrong),
    }
}

/// The nonces of an issuer that asks for them.
async fn nonces<H: Host>(host: &H, issuer: &Issuer, now: UnixSeconds) -> Result<Option<Nonces>, Rejection> {
    let Some(name) = &issuer.dpop_nonce else {
        return Ok(None);
    };
    let misconfigured = |why: &str| Rejection::Misconfigured(format!("the secret `{name}` for nonces {why}"));
    let secret = host.secret(name).await;
    let secret = secret.map_err(|fault| Rejection::Misconfigured(fault.0))?;
    let secret = secret.ok_or_else(|| misconfigured("is missing"))?;
    let nonces = Nonces::new(&secret, &issuer.issuer, now);
    nonces
        .map(Some)
        .ok_or_else(|| misconfigured("is shorter than 32 bytes"))
}

fn refused(flaw: Flaw, nonces: Option<&Nonces>) -> Refused {
    let rejection = match (flaw, nonces) {
        (Flaw::Scheme | Flaw::Missing, _) => TokenRefusal::ProofMissing.into(),
        (Flaw::Nonce, Some(nonces)) => Rejection::ProofNonceNeeded {
            nonce: nonces.current().to_owned(),
        },
        _ => TokenRefusal::ProofInvalid.into(),
    };
    Refused {
        rejection,
        word: Some(flaw.word()),
    }
}

/// Takes the turn that only the first request with this proof gets, and keeps it.
async fn use_up<H: Host>(host: &H, proof: Proof, now: UnixSeconds) -> Result<(), Rejection> {
    let unknown = |why: String| Rejection::Misconfigured(format!("whether a proof was used can't be told: {why}"));
    let found = host.recall_or_turn(&CacheKey(proof.name)).await;
    let turn = match found.map_err(|fault| unknown(fault.0))? {
        Found::Nothing(turn) => turn,
        Found::Value(_) | Found::Stale(..) | Found::Busy => return Err(TokenRefusal::ProofReplayed.into()),
    };
    // Through its last second, and as long again as another machine's clock may be behind this one's.
    let fresh_s = now.until_s(proof.good_until) + 1 + AHEAD_S_MAX;
    let freshness = Freshness { fresh_s, stale_s: 0 };
    let filled = host.fill(turn, &Secret::new(b"used".to_vec()), freshness, &[]).await;
    filled.map_err(|fault| unknown(fault.0))
}

#[cfg(test)]
mod tests;
