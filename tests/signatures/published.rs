//! The examples of RFC 7515 appendix A, RFC 8037 appendix A and RFC 7638.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tollgate::{
    identity::{algorithm::Algorithm, keys::VerifyingKey, token::Unverified},
    policy::issuer::HmacAlgorithm,
    rejection::TokenRefusal,
    secret::Secret,
};

/// The payload of appendices A.1, A.2, A.3 and A.5.
const CLAIMS: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

fn key(mut jwk: Value) -> VerifyingKey {
    jwk["kid"] = json!("k1");
    VerifyingKey::from_jwk(&jwk.to_string(), "k1").unwrap()
}

/// Whether a key takes an example, and none of those that differ in one bit of the signature.
fn check(key: &VerifyingKey, (header, payload, signature): (&str, &str, &str), name: &str) {
    let message = format!("{header}.{payload}");
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    assert!(key.verifies(message.as_bytes(), &signature), "{name}");
    assert!(!key.verifies(&message.as_bytes()[1..], &signature), "{name}");
    for at in 0..signature.len() {
        let mut spoiled = signature.clone();
        spoiled[at] ^= 1;
        assert!(!key.verifies(message.as_bytes(), &spoiled), "{name}: byte {at}");
    }
}

fn refusal(token: &str) -> TokenRefusal {
    Unverified::read(&Secret::new(token.to_owned())).expect_err("refused")
}

#[test]
fn rfc_7515_a_1_hs256() {
    let secret = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let secret = URL_SAFE_NO_PAD.decode(secret).unwrap();
    let key = VerifyingKey::shared(&secret, HmacAlgorithm::Hs256).unwrap();
    let header = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9";
    check(
        &key,
        (header, CLAIMS, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        "A.1",
    );
}

#[test]
fn rfc_7515_a_2_rs256() {
    let key = key(json!({
        "kty": "RSA", "e": "AQAB",
        "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-\
              SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-\
              UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2et\
              hFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    }));
    let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5ju\
                     jGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07\
                     Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipU\
                     TI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    check(&key, ("eyJhbGciOiJSUzI1NiJ9", CLAIMS, signature), "A.2");
}

#[test]
fn rfc_7515_a_3_es256() {
    let key = key(json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }));
    let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    check(&key, ("eyJhbGciOiJFUzI1NiJ9", CLAIMS, signature), "A.3");
}

/// The other examples are good of their kind, and the gateway takes none of their kind.
#[test]
fn rfc_7515_a_4_to_a_6_are_refused() {
    let es512 = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwq\
                 T2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXu\
                 kOXolLzeO_Jn";
    assert_eq!(refusal(es512), TokenRefusal::AlgorithmNotAllowed, "A.4");
    let p521 = json!({
        "kty": "EC", "crv": "P-521", "kid": "k1",
        "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
        "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
    });
    assert!(
        VerifyingKey::from_jwk(&p521.to_string(), "k1").is_err(),
        "the key of A.4"
    );
    let unsecured = format!("eyJhbGciOiJub25lIn0.{CLAIMS}.");
    assert_eq!(refusal(&unsecured), TokenRefusal::AlgorithmNotAllowed, "A.5");
    let flattened = json!({
        "payload": CLAIMS,
        "protected": "eyJhbGciOiJFUzI1NiJ9",
        "header": { "kid": "e9bc097a-ce51-4036-9562-d2ade882db0d" },
        "signature": "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    });
    assert_eq!(refusal(&flattened.to_string()), TokenRefusal::Malformed, "A.6 and A.7");
}

#[test]
fn rfc_8037_a_4_ed25519() {
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let example = ("eyJhbGciOiJFZERTQSJ9", "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc", signature);
    check(&key(jwk), example, "A.4");
}

#[test]
fn thumbprints_are_those_of_the_standards() {
    let of_rfc_7638 = json!({
        "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF\
              V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9\
              c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1\
              jF44-csFCur-kEgU8awapJzKnqDKgw",
    });
    let of_rfc_8037 = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    // The key of the proof in RFC 9449 section 4.1, whose thumbprint is in section 6.1.
    let of_rfc_9449 = json!({
        "kty": "EC", "crv": "P-256",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    });
    for (name, jwk, algorithm, expected) in [
        (
            "RFC 7638",
            of_rfc_7638,
            Algorithm::Rs256,
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        ),
        (
            "RFC 8037",
            of_rfc_8037,
            Algorithm::EdDsa,
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        ),
        (
            "RFC 9449",
            of_rfc_9449,
            Algorithm::Es256,
            "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
        ),
    ] {
        let (key, thumbprint) = VerifyingKey::from_proof_jwk(&jwk.to_string(), algorithm).unwrap();
        assert_eq!((key.algorithm(), thumbprint.as_str()), (algorithm, expected), "{name}");
    }
}
