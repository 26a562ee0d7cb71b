//! The algorithms that tokens may be signed with.
//!
//! Promises: an algorithm is read from its one name, byte by byte (RFC 7518 section 3.1, RFC 8037 section 3.1). Only
//! Ed25519 has two, since RFC 9864 gave it one of its own.
//!
//! Refuses: `none`, and every other name, by not knowing it.

use crate::policy::issuer::HmacAlgorithm;

/// An algorithm that tokens may be signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3).
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256, and a salt as long as the hash (section 3.5).
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA with P-256 and SHA-256 (section 3.4).
    Es256,
    /// ECDSA with P-384 and SHA-384.
    Es384,
    /// Ed25519 (RFC 8037 section 3.1).
    EdDsa,
    /// HMAC with SHA-256 (RFC 7518 section 3.2).
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
    ];

    /// Its name in `alg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }

    /// The algorithm that an `alg` names, if it is one of these.
    #[must_use]
    pub fn named(alg: &str) -> Option<Self> {
        match alg {
            // RFC 9864 section 2.2.
            "Ed25519" => Some(Self::EdDsa),
            _ => Self::ALL.into_iter().find(|algorithm| algorithm.name() == alg),
        }
    }

    /// All whose keys may be public.
    pub fn asymmetric() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|algorithm| !algorithm.is_symmetric())
    }

    /// Whether who verifies could sign as well.
    #[must_use]
    pub const fn is_symmetric(self) -> bool {
        matches!(self, Self::Hs256 | Self::Hs384 | Self::Hs512)
    }
}

impl From<HmacAlgorithm> for Algorithm {
    fn from(algorithm: HmacAlgorithm) -> Self {
        match algorithm {
            HmacAlgorithm::Hs256 => Self::Hs256,
            HmacAlgorithm::Hs384 => Self::Hs384,
            HmacAlgorithm::Hs512 => Self::Hs512,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_byte_by_byte() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::named(algorithm.name()), Some(algorithm));
            assert_eq!(Algorithm::named(&algorithm.name().to_lowercase()), None);
        }
        assert_eq!(Algorithm::named("Ed25519"), Some(Algorithm::EdDsa));
        for other in [
            "none", "", "ES512", "ES256K", "Ed448", "ed25519", "RS256 ", "RS1", "dir",
        ] {
            assert_eq!(Algorithm::named(other), None, "{other:?}");
        }
    }

    #[test]
    fn only_hmac_is_symmetric() {
        let symmetric = Algorithm::ALL.into_iter().filter(|algorithm| algorithm.is_symmetric());
        assert_eq!(
            symmetric.collect::<Vec<_>>(),
            [HmacAlgorithm::Hs256, HmacAlgorithm::Hs384, HmacAlgorithm::Hs512].map(Algorithm::from)
        );
    }
}
