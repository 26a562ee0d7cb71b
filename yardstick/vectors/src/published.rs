//! Project Wycheproof's vectors, one function a family of algorithms.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tollgate::{identity::algorithm::Algorithm, policy::issuer::HmacAlgorithm};
use wycheproof::{HashFunction, TestResult, ecdsa as ec, eddsa, mac, rsa_pkcs1_verify, rsa_pss_verify};

use crate::{VerifyingKey, judged::Judged};

fn key(mut jwk: Value) -> Result<VerifyingKey, String> {
    if let Some(members) = jwk.as_object_mut() {
        members.insert("kid".to_owned(), json!("k1"));
    }
    VerifyingKey::from_jwk(&jwk.to_string(), "k1")
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn rsa_key(alg: Algorithm, modulus: &[u8], exponent: &[u8]) -> Result<VerifyingKey, String> {
    let (n, e) = (encoded(modulus), encoded(exponent));
    key(json!({ "kty": "RSA", "alg": alg.name(), "n": n, "e": e }))
}

fn is_valid(result: TestResult) -> bool {
    result == TestResult::Valid
}

fn unreadable(why: impl std::fmt::Display) -> String {
    format!("the vectors can't be read: {why}")
}

/// With 2,048 to 8,192 bits.
pub(crate) fn rsa_pkcs1(judged: &mut Judged) -> Result<(), String> {
    use rsa_pkcs1_verify::{TestName as Name, TestSet};
    let names = match judged.algorithm {
        Algorithm::Rs256 => [
            Name::Rsa2048Sha256,
            Name::Rsa3072Sha256,
            Name::Rsa4096Sha256,
            Name::Rsa8192Sha256,
        ],
        Algorithm::Rs384 => [
            Name::Rsa2048Sha384,
            Name::Rsa3072Sha384,
            Name::Rsa4096Sha384,
            Name::Rsa8192Sha384,
        ],
        _ => [
            Name::Rsa2048Sha512,
            Name::Rsa3072Sha512,
            Name::Rsa4096Sha512,
            Name::Rsa8192Sha512,
        ],
    };
    for name in names {
        for group in TestSet::load(name).map_err(unreadable)?.test_groups {
            let key = rsa_key(judged.algorithm, &group.key.n, &group.key.e)?;
            for test in &group.tests {
                let name = format!("{name:?} {}: {}", test.tc_id, test.comment);
                judged.judge(&key, (&test.msg, &test.sig), is_valid(test.result), &name)?;
            }
        }
    }
    Ok(())
}

/// PS256, PS384 and PS512 have one hash for everything, and a salt of its length. All else is another algorithm.
pub(crate) fn rsa_pss(judged: &mut Judged) -> Result<(), String> {
    use rsa_pss_verify::{TestName as Name, TestSet};
    let (hash, salt) = match judged.algorithm {
        Algorithm::Ps256 => (HashFunction::Sha2_256, 32),
        Algorithm::Ps384 => (HashFunction::Sha2_384, 48),
        _ => (HashFunction::Sha2_512, 64),
    };
    for name in [
        Name::RsaPss2048Sha256Mgf1SaltLen32,
        Name::RsaPss3072Sha256Mgf1SaltLen32,
        Name::RsaPss4096Sha256Mgf1SaltLen32,
        Name::RsaPss2048Sha384Mgf1SaltLen48,
        Name::RsaPss4096Sha384Mgf1SaltLen48,
        Name::RsaPss4096Sha512Mgf1SaltLen64,
        // Not of the three.
        Name::RsaPss2048Sha256Mgf1SaltLen0,
        Name::RsaPss2048Sha256Mgf1Sha1_20,
        Name::RsaPss4096Sha512Mgf1SaltLen32,
        Name::RsaPssmisc,
    ] {
        for group in TestSet::load(name).map_err(unreadable)?.test_groups {
            let key = rsa_key(judged.algorithm, &group.key.n, &group.key.e)?;
            let one_hash = group.hash == hash && group.mgf_hash == Some(hash);
            for test in &group.tests {
                let name = format!("{name:?} {}: {}", test.tc_id, test.comment);
                let signed: (&[u8], &[u8]) = (&test.msg, &test.sig);
                if one_hash && group.salt_size == salt {
                    judged.judge(&key, signed, is_valid(test.result), &name)?;
                } else {
                    // What was spoiled for the group may be good for us.
                    let mended = one_hash && test.comment == format!("s_len changed to {salt}");
                    judged.judge_other(&key, signed, mended, &name)?;
                }
            }
        }
    }
    Ok(())
}

/// In the form of RFC 7518 section 3.4, which is that of IEEE P1363.
pub(crate) fn ecdsa(judged: &mut Judged) -> Result<(), String> {
    let (name, crv) = match judged.algorithm {
        Algorithm::Es256 => (ec::TestName::EcdsaSecp256r1Sha256P1363, "P-256"),
        _ => (ec::TestName::EcdsaSecp384r1Sha384P1363, "P-384"),
    };
    for group in ec::TestSet::load(name).map_err(unreadable)?.test_groups {
        // SEC 1 section 2.3.3: 04, x and y.
        let point: &[u8] = &group.key.key;
        let (x, y) = match point.split_first() {
            Some((4, coordinates)) => coordinates.split_at(coordinates.len() / 2),
            _ => return Err(format!("{name:?}: a point in another form")),
        };
        let key = key(json!({ "kty": "EC", "crv": crv, "x": encoded(x), "y": encoded(y) }))?;
        for test in &group.tests {
            let name = format!("{name:?} {}: {}", test.tc_id, test.comment);
            judged.judge(&key, (&test.msg, &test.sig), is_valid(test.result), &name)?;
        }
    }
    Ok(())
}

/// RFC 8032, as RFC 8037 section 3.1 has it.
pub(crate) fn ed25519(judged: &mut Judged) -> Result<(), String> {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).map_err(unreadable)?;
    for group in set.test_groups {
        let key = key(json!({ "kty": "OKP", "crv": "Ed25519", "x": encoded(&group.key.pk) }))?;
        for test in &group.tests {
            let name = format!("{}: {}", test.tc_id, test.comment);
            judged.judge(&key, (&test.msg, &test.sig), is_valid(test.result), &name)?;
        }
    }
    Ok(())
}

/// A tag that is cut off is valid for some, and not here; a secret shorter than the hash is refused as a secret.
pub(crate) fn hmac(judged: &mut Judged) -> Result<(), String> {
    let (name, algorithm, hash_bytes) = match judged.algorithm {
        Algorithm::Hs256 => (mac::TestName::HmacSha256, HmacAlgorithm::Hs256, 32),
        Algorithm::Hs384 => (mac::TestName::HmacSha384, HmacAlgorithm::Hs384, 48),
        _ => (mac::TestName::HmacSha512, HmacAlgorithm::Hs512, 64),
    };
    for group in mac::TestSet::load(name).map_err(unreadable)?.test_groups {
        for test in &group.tests {
            let name = format!("{name:?} {}: {}", test.tc_id, test.comment);
            let key = match (VerifyingKey::shared(&test.key, algorithm), test.key.len() < hash_bytes) {
                (Ok(key), false) => key,
                (Err(_), true) => {
                    judged.refused_secret();
                    continue;
                }
                _ => return Err(format!("{name}: a secret of {} bytes is misjudged", test.key.len())),
            };
            match test.tag.len() == hash_bytes {
                true => judged.judge(&key, (&test.msg, &test.tag), is_valid(test.result), &name)?,
                false => judged.judge_other(&key, (&test.msg, &test.tag), false, &name)?,
            }
        }
    }
    Ok(())
}
