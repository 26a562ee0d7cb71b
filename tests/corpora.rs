//! The fuzz targets' seeds, replayed with the targets' own checks.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::{fs, path::Path};

/// What the fuzz targets check, which is a package of its own and no part of this workspace.
#[path = "../fuzz/src/lib.rs"]
pub mod fuzz;

/// Every seed of a target, by name.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut seeds: Vec<_> = files
        .map(|file| {
            (
                file.file_name().unwrap().to_string_lossy().into_owned(),
                fs::read(file).unwrap(),
            )
        })
        .collect();
    seeds.sort();
    seeds
}

type Check = fn(&[u8]) -> fuzz::Found;

#[test]
fn what_must_hold_of_every_input_holds_of_the_seeds() {
    let tokens =
        "header header-full payload payload-eddsa payload-eddsa-full payload-full raw-eddsa raw-es256 raw-hs256";
    let key_sets = "before-twice lines lines-exponent lines-off-the-curve lines-small lines-weak more-alg more-issuer \
                    more-private more-usage set-of-each set-of-one set-of-two-alike set-spoiled-keys";
    let proofs = "claims claims-fraction claims-nonce claims-spelling header-more key key-more raw-eddsa raw-es256";
    let targets: [(&str, &str, Check); 3] = [
        ("token", tokens, fuzz::token::check),
        ("key_set", key_sets, fuzz::key_set::check),
        ("dpop", proofs, fuzz::dpop::check),
    ];
    for (target, accepted, check) in targets {
        let seeds = seeds(target);
        let found = seeds.iter().filter(|(_, seed)| check(seed) == fuzz::Found::Accepted);
        let found: Vec<&str> = found.map(|(name, _)| name.as_str()).collect();
        assert_eq!(found.join(" "), accepted, "{target}");
    }
}
