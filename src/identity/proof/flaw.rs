//! What is wrong with a proof.
//!
//! Promises: a word for each step that can fail, and never a value of the proof.

/// What is wrong, by the steps of RFC 9449 section 4.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// The token did not come with the scheme `DPoP` (section 7.1).
    Scheme,
    /// There is no `DPoP` header.
    Missing,
    /// Step 1: there is more than one.
    Several,
    /// Step 2: not a compact JWS of JSON objects, or longer or deeper than is read.
    Form,
    /// Step 3: a claim is missing or of another type.
    Claims,
    /// Step 3: `jti` is empty, or longer than is read.
    Id,
    /// Step 4: `typ` is not `dpop+jwt`.
    Type,
    /// Step 5: `alg` is not that of the key, or not accepted.
    Algorithm,
    /// The header has `crit` or `b64`, and extensions are not supported.
    Extension,
    /// Step 6: the signature does not verify.
    Signature,
    /// Step 7: `jwk` is missing, has private or symmetric parts, or can't be used.
    Key,
    /// Step 8: `htm` is another method.
    Method,
    /// Step 9: `htu` is another URL.
    Url,
    /// Step 10: `nonce` is missing or not one of ours that is good now.
    Nonce,
    /// Step 11: `iat` is too old.
    Old,
    /// Step 11: `iat` is in the future.
    Early,
    /// Step 12 a: `ath` is missing or of another token.
    TokenHash,
    /// Step 12 b: the token is bound to another key.
    OtherKey,
}

impl Flaw {
    /// The word for the log.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Scheme => "dpop-scheme",
            Self::Missing => "dpop-missing",
            Self::Several => "dpop-several",
            Self::Form => "dpop-form",
            Self::Claims => "dpop-claims",
            Self::Id => "dpop-jti",
            Self::Type => "dpop-typ",
            Self::Algorithm => "dpop-alg",
            Self::Extension => "dpop-crit",
            Self::Signature => "dpop-signature",
            Self::Key => "dpop-jwk",
            Self::Method => "dpop-htm",
            Self::Url => "dpop-htu",
            Self::Nonce => "dpop-nonce",
            Self::Old => "dpop-iat-old",
            Self::Early => "dpop-iat-early",
            Self::TokenHash => "dpop-ath",
            Self::OtherKey => "dpop-jkt",
        }
    }
}
