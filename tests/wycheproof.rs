//! Project Wycheproof's vectors: signatures that some library somewhere once took and should not have, or refused.
//!
//! What Wycheproof calls acceptable, because older standards allowed it, is refused here.

#![expect(clippy::indexing_slicing, reason = "tests fail by panicking")]

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tollgate::identity::keys::VerifyingKey;
use wycheproof::{TestResult, ecdsa, eddsa, rsa_pkcs1_verify};

fn key(mut jwk: Value) -> Result<VerifyingKey, String> {
    jwk["kid"] = json!("k1");
    VerifyingKey::from_jwk(&jwk.to_string(), "k1")
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// How many vectors were valid and how many were not; each is judged as it says.
#[derive(Default)]
struct Judged {
    valid: usize,
    invalid: usize,
}

impl Judged {
    fn judge(&mut self, key: &VerifyingKey, (message, signature): (&[u8], &[u8]), expected: TestResult, name: &str) {
        let valid = expected == TestResult::Valid;
        assert_eq!(key.verifies(message, signature), valid, "{name}");
        *(if valid { &mut self.valid } else { &mut self.invalid }) += 1;
    }
}

#[test]
fn rsa() {
    let mut judged = Judged::default();
    for name in [
        rsa_pkcs1_verify::TestName::Rsa2048Sha256,
        rsa_pkcs1_verify::TestName::Rsa3072Sha256,
        rsa_pkcs1_verify::TestName::Rsa4096Sha256,
    ] {
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let key = key(json!({ "kty": "RSA", "n": encoded(&group.key.n), "e": encoded(&group.key.e) }));
            // Some vectors are for keys with the exponent 3, which are refused as keys.
            assert_eq!(key.is_ok(), group.key.e.ends_with(&[1, 0, 1]), "{name:?}");
            for test in key.iter().flat_map(|_| &group.tests) {
                let name = format!("{name:?} {}: {}", test.tc_id, test.comment);
                judged.judge(key.as_ref().unwrap(), (&test.msg, &test.sig), test.result, &name);
            }
        }
    }
    assert!(judged.valid >= 15 && judged.invalid >= 700);
}

#[test]
fn p256() {
    let mut judged = Judged::default();
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    for group in set.test_groups {
        let (x, y) = (encoded(&group.key.key[1..33]), encoded(&group.key.key[33..]));
        let key = key(json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y })).unwrap();
        for test in group.tests {
            let name = format!("{}: {}", test.tc_id, test.comment);
            judged.judge(&key, (&test.msg, &test.sig), test.result, &name);
        }
    }
    assert!(judged.valid >= 150 && judged.invalid >= 80);
}

#[test]
fn ed25519() {
    let mut judged = Judged::default();
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap().test_groups {
        let key = key(json!({ "kty": "OKP", "crv": "Ed25519", "x": encoded(&group.key.pk) })).unwrap();
        for test in group.tests {
            let name = format!("{}: {}", test.tc_id, test.comment);
            judged.judge(&key, (&test.msg, &test.sig), test.result, &name);
        }
    }
    assert!(judged.valid >= 80 && judged.invalid >= 60);
}
