//! Project Wycheproof's vectors: signatures that some library somewhere once took and should not have, or refused. And
//! one good signature of each algorithm with every bit flipped.
//!
//! Promises: every vector of every algorithm goes through [`VerifyingKey`], the one interface over the libraries that do the
//! arithmetic, and is judged as it says; [`walk`] ends at the first that is not, and gives the counts, so that
//! nothing is passed over in silence. What Wycheproof calls acceptable, because older standards allowed it, must be refused.

mod judged;
mod published;

use std::fmt;

use tollgate::identity::{algorithm::Algorithm, keys::VerifyingKey};

/// What was judged of one algorithm, all of it as it had to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Signatures that are valid, and were taken.
    pub valid: usize,
    /// Signatures that are not, and were refused.
    pub invalid: usize,
    /// Signatures of another algorithm or form, valid there for the most part, and refused.
    pub others: usize,
    /// Secrets that are shorter than the hash, and were refused as secrets.
    pub secrets: usize,
    /// Good signatures with one bit flipped, and good ones of a message with one bit flipped; all refused.
    pub flipped: usize,
}

/// As one line, without the algorithm.
impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} valid, {} invalid, {} others, {} secrets, {} flipped",
            self.valid, self.invalid, self.others, self.secrets, self.flipped
        )
    }
}

/// What [`walk`] must give for an algorithm.
#[must_use]
pub const fn expected(algorithm: Algorithm) -> Counts {
    let (valid, invalid, others, secrets, flipped) = match algorithm {
        Algorithm::Rs256 => (31, 1_003, 0, 0, 2_304),
        Algorithm::Rs384 => (28, 1_007, 0, 0, 2_304),
        Algorithm::Rs512 => (30, 1_007, 0, 0, 2_304),
        Algorithm::Ps256 => (190, 135, 998, 0, 2_304),
        Algorithm::Ps384 => (191, 92, 1_040, 0, 2_304),
        Algorithm::Ps512 => (133, 47, 1_143, 0, 4_352),
        Algorithm::Es256 => (173, 89, 0, 0, 672),
        Algorithm::Es384 => (193, 87, 0, 0, 928),
        Algorithm::EdDsa => (88, 63, 0, 0, 768),
        Algorithm::Hs256 => (30, 54, 84, 6, 512),
        Algorithm::Hs384 => (30, 54, 84, 6, 640),
        Algorithm::Hs512 => (30, 54, 84, 6, 768),
    };
    Counts {
        valid,
        invalid,
        others,
        secrets,
        flipped,
    }
}

/// Walks all vectors of an algorithm, and then the flipped bits.
///
/// # Errors
/// The first vector that was not judged as it says.
pub fn walk(algorithm: Algorithm) -> Result<Counts, String> {
    let mut judged = judged::Judged::new(algorithm);
    match algorithm {
        Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512 => published::rsa_pkcs1(&mut judged),
        Algorithm::Ps256 | Algorithm::Ps384 | Algorithm::Ps512 => published::rsa_pss(&mut judged),
        Algorithm::Es256 | Algorithm::Es384 => published::ecdsa(&mut judged),
        Algorithm::EdDsa => published::ed25519(&mut judged),
        Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => published::hmac(&mut judged),
    }?;
    judged.flipped()
}
