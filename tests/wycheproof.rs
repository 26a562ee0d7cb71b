//! Project Wycheproof's vectors, and flipped bits, with the libraries as they are compiled for this machine. `cargo vectors`
//! walks the same in WebAssembly.

use tollgate::identity::algorithm::Algorithm;
use tollgate_vectors::{expected, walk};

fn all_as_expected(algorithms: &[Algorithm]) {
    for algorithm in algorithms {
        assert_eq!(walk(*algorithm), Ok(expected(*algorithm)), "{algorithm:?}");
    }
}

#[test]
fn rsa_pkcs1() {
    all_as_expected(&[Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512]);
}

#[test]
fn rsa_pss() {
    all_as_expected(&[Algorithm::Ps256, Algorithm::Ps384, Algorithm::Ps512]);
}

#[test]
fn ecdsa() {
    all_as_expected(&[Algorithm::Es256, Algorithm::Es384]);
}

#[test]
fn ed25519() {
    all_as_expected(&[Algorithm::EdDsa]);
}

#[test]
fn hmac() {
    all_as_expected(&[Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512]);
}
