//! Why a token is not good.
//!
//! Promises: each refusal is one variant with its status, code and text, and says whether it may be remembered.

use serde::{Deserialize, Serialize};

use crate::rejection::{Verdict, client};

/// Why a token is not good. All are 401 answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenRefusal {
    /// Not a compact JWS with a JSON header and payload (RFC 7515 section 7.1).
    Malformed,
    /// Longer than the gateway reads.
    TooLong,
    /// Signed with an algorithm that is not accepted, or another than the key's.
    AlgorithmNotAllowed,
    /// The header's `typ` is neither `JWT` nor `at+jwt`.
    TypeNotAllowed,
    /// The header has a `crit` or `b64` member (RFC 7515 section 4.1.11, RFC 7797).
    ExtensionNotSupported,
    /// The token names an issuer that the policy does not know, or none.
    IssuerUnknown,
    /// The issuer has no key with the token's `kid`, or the token names none.
    KeyUnknown,
    /// The signature is not the key's.
    SignatureInvalid,
    /// The token is for another audience, or for none.
    AudienceWrong,
    /// The token has expired.
    Expired,
    /// The token says no expiry.
    ExpiryMissing,
    /// The token is not valid yet, or was issued in the future.
    NotYetValid,
    /// The token was revoked: by itself, with all of its subject or its issuer, or by the service's epoch.
    Revoked,
    /// A JWE (RFC 7516), which the gateway has no key for.
    Encrypted,
    /// The token lacks a claim that all tokens of its issuer must have.
    IssuerClaimWrong,
    /// The issuer says that the token is not active (RFC 7662 section 2.2).
    Inactive,
    /// There is no such API key.
    ApiKeyUnknown,
    /// The token must be bound to a key or certificate of the client's, and is not.
    NotBound,
    /// The token is bound to a key, and no proof came with it (RFC 9449 section 7.1).
    ProofMissing,
    /// The proof is not good for this token and request (RFC 9449 section 4.3).
    ProofInvalid,
    /// The proof was used before.
    ProofReplayed,
    /// The token is bound to a certificate, and the client has none or another (RFC 8705 section 3).
    CertificateWrong,
}

impl TokenRefusal {
    /// Whether the same token can never pass under the same policy and key, whatever the time and whatever else happens:
    /// so the refusal may be remembered as long as these stay.
    #[must_use]
    pub fn is_final(self) -> bool {
        match self {
            Self::Malformed
            | Self::TooLong
            | Self::AlgorithmNotAllowed
            | Self::TypeNotAllowed
            | Self::ExtensionNotSupported
            | Self::Encrypted
            | Self::SignatureInvalid
            | Self::AudienceWrong
            | Self::IssuerClaimWrong
            | Self::NotBound
            | Self::ExpiryMissing
            | Self::Expired => true,
            // A key, an issuer's answer or a revocation may change, time goes on, and the next proof may be good.
            Self::IssuerUnknown
            | Self::KeyUnknown
            | Self::NotYetValid
            | Self::Revoked
            | Self::Inactive
            | Self::ApiKeyUnknown
            | Self::ProofMissing
            | Self::ProofInvalid
            | Self::ProofReplayed
            | Self::CertificateWrong => false,
        }
    }

    pub(crate) fn verdict(self) -> Verdict {
        match self {
            Self::Malformed => client(401, "token-malformed", "The token is not a signed JWT in compact form."),
            Self::TooLong => client(401, "token-too-long", "The token is longer than 8,192 bytes."),
            Self::AlgorithmNotAllowed => client(
                401,
                "algorithm-not-allowed",
                "The token is not signed with the algorithm of its issuer's key.",
            ),
            Self::TypeNotAllowed => client(
                401,
                "type-not-allowed",
                "The token's `typ` is not one that its issuer's tokens may have.",
            ),
            Self::ExtensionNotSupported => client(
                401,
                "extension-not-supported",
                "The token asks for an extension that is not supported.",
            ),
            Self::IssuerUnknown => client(401, "issuer-unknown", "Tokens of this issuer are not accepted here."),
            Self::KeyUnknown => client(401, "key-unknown", "The token's key is not among its issuer's keys."),
            Self::SignatureInvalid => client(401, "signature-invalid", "The token's signature does not verify."),
            Self::AudienceWrong => client(401, "audience-wrong", "The token is meant for another audience."),
            Self::Expired => client(
                401,
                "token-expired",
                "The token has expired. Ask its issuer for a new one.",
            ),
            Self::ExpiryMissing => client(401, "expiry-missing", "The token does not say when it expires."),
            Self::NotYetValid => client(401, "token-not-yet-valid", "The token is not valid yet."),
            Self::Revoked => client(
                401,
                "token-revoked",
                "The token was revoked. Ask its issuer for a new one.",
            ),
            Self::Encrypted => client(
                401,
                "token-encrypted",
                "Encrypted tokens (JWE) are not accepted. Send a signed one.",
            ),
            Self::IssuerClaimWrong => client(
                401,
                "issuer-claim-wrong",
                "The token lacks a claim that all tokens of its issuer must have.",
            ),
            Self::Inactive => client(401, "token-inactive", "The token's issuer says that it is not active."),
            Self::ApiKeyUnknown => client(401, "api-key-unknown", "There is no such API key."),
            Self::NotBound => client(
                401,
                "token-not-bound",
                "The token must be bound to a key or certificate of the client, and is not.",
            ),
            Self::ProofMissing => client(
                401,
                "dpop-proof-missing",
                "The token is bound to a key. Send it with the scheme `DPoP` and a proof in `DPoP`.",
            ),
            Self::ProofInvalid => client(
                401,
                "dpop-proof-invalid",
                "The DPoP proof is not good for this token and request.",
            ),
            Self::ProofReplayed => client(401, "dpop-proof-replayed", "The DPoP proof was used before."),
            Self::CertificateWrong => client(
                401,
                "certificate-wrong",
                "The token is bound to a certificate, and the client has none or another.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Remembering one of these would keep out a token that has become good.
    #[test]
    fn what_may_change_is_not_final() {
        for refusal in [
            TokenRefusal::IssuerUnknown,
            TokenRefusal::KeyUnknown,
            TokenRefusal::NotYetValid,
            TokenRefusal::Revoked,
            TokenRefusal::Inactive,
            TokenRefusal::ApiKeyUnknown,
            TokenRefusal::ProofMissing,
            TokenRefusal::ProofInvalid,
            TokenRefusal::ProofReplayed,
            TokenRefusal::CertificateWrong,
        ] {
            assert!(!refusal.is_final(), "{refusal:?}");
        }
        for refusal in [
            TokenRefusal::Malformed,
            TokenRefusal::SignatureInvalid,
            TokenRefusal::AudienceWrong,
            TokenRefusal::Expired,
            TokenRefusal::ExpiryMissing,
            TokenRefusal::IssuerClaimWrong,
            TokenRefusal::NotBound,
        ] {
            assert!(refusal.is_final(), "{refusal:?}");
        }
    }
}
