//! Who may send which token, and how often the same proof.

mod memory;
mod once;

use memory::{Memory, ready};

use super::*;
use crate::identity::{
    claims::tests::claims,
    proof::tests::{Draft, NOW, TOKEN, jkt, request, value},
};

/// The certificate of all tests here: any bytes, since nothing in it is read.
const CERTIFICATE: &[u8] = b"certificate";

fn x5t_s256() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(CERTIFICATE))
}

/// One request with [`TOKEN`], as it is judged.
struct Case {
    scheme: Scheme,
    method: &'static str,
    proofs: Vec<String>,
    certificate: Option<&'static [u8]>,
    confirmation: Confirmation,
    issuer: Issuer,
}

impl Case {
    /// A token that is bound to the first key, with this proof.
    fn bound(proof: &Draft) -> Self {
        Self {
            scheme: Scheme::Dpop,
            method: "GET",
            proofs: vec![proof.finish()],
            certificate: None,
            confirmation: Confirmation {
                jkt: Some(jkt(1)),
                x5t_s256: None,
            },
            issuer: Issuer::plain("https://okta.example", &["a"]),
        }
    }

    fn asking_for_nonces(proof: &Draft) -> Self {
        let mut case = Self::bound(proof);
        case.issuer.dpop_nonce = Some("nonces".to_owned());
        case
    }

    fn judged(&self, memory: &Memory, cache: Cache) -> Result<(), Refused> {
        let request = request(self.method, "api.example.com", "/v1/orders");
        let proofs: Vec<_> = self.proofs.iter().map(value).collect();
        let token = Secret::new(TOKEN.to_owned());
        let presented = Sent {
            scheme: self.scheme,
            token: &token,
            proofs: &proofs,
            certificate: self.certificate,
            request: &request,
        };
        let claims = Verified::for_tests(Claims {
            confirmation: self.confirmation.clone(),
            ..claims()
        });
        let now = memory.now().seconds();
        ready(check((memory, cache), &presented, (&claims, &self.issuer), now))
    }
}

fn memory() -> Memory {
    let memory = Memory::default();
    memory.now_s.set(NOW.0);
    memory
}

fn refusal(refusal: TokenRefusal, word: Option<&'static str>) -> Result<(), Refused> {
    Err(Refused {
        rejection: refusal.into(),
        word,
    })
}

fn misconfigured(why: &str) -> Result<(), Refused> {
    Err(Rejection::Misconfigured(why.to_owned()).into())
}

/// What a token is bound to, in two letters; how it came; what the issuer asks for.
#[test]
fn a_token_is_held_to_all_that_it_is_bound_to() {
    use Scheme::{Bearer, Dpop};
    let (missing, unbound) = (TokenRefusal::ProofMissing, TokenRefusal::NotBound);
    let wrong = TokenRefusal::CertificateWrong;
    let (own, other): (Option<&'static [u8]>, Option<&'static [u8]>) = (Some(CERTIFICATE), Some(b"another"));
    let (key, certificate, either) = (Some(Bound::Dpop), Some(Bound::Certificate), Some(Bound::Either));
    for (name, bound_to, scheme, proofs, sent, asked, expected) in [
        ("unbound", "", Bearer, 0, None, None, Ok(())),
        ("unbound beside a proof", "", Bearer, 1, None, None, Ok(())),
        ("unbound beside a certificate", "", Bearer, 0, own, None, Ok(())),
        ("unbound as DPoP", "", Dpop, 1, None, None, refusal(unbound, None)),
        (
            "unbound as DPoP without proof",
            "",
            Dpop,
            0,
            None,
            None,
            refusal(unbound, None),
        ),
        (
            "unbound where a key is asked for",
            "",
            Bearer,
            0,
            None,
            key,
            refusal(unbound, None),
        ),
        (
            "unbound where a certificate is",
            "",
            Bearer,
            0,
            own,
            certificate,
            refusal(unbound, None),
        ),
        (
            "unbound where either is",
            "",
            Bearer,
            0,
            own,
            either,
            refusal(unbound, None),
        ),
        ("key", "k", Dpop, 1, None, None, Ok(())),
        ("key where it is asked for", "k", Dpop, 1, None, key, Ok(())),
        ("key where either is", "k", Dpop, 1, None, either, Ok(())),
        (
            "key where a certificate is",
            "k",
            Dpop,
            1,
            own,
            certificate,
            refusal(unbound, None),
        ),
        (
            "key as Bearer",
            "k",
            Bearer,
            0,
            None,
            None,
            refusal(missing, Some("dpop-scheme")),
        ),
        (
            "key as Bearer with a proof",
            "k",
            Bearer,
            1,
            None,
            None,
            refusal(missing, Some("dpop-scheme")),
        ),
        (
            "key without proof",
            "k",
            Dpop,
            0,
            None,
            None,
            refusal(missing, Some("dpop-missing")),
        ),
        (
            "key with two proofs",
            "k",
            Dpop,
            2,
            None,
            None,
            refusal(TokenRefusal::ProofInvalid, Some("dpop-several")),
        ),
        ("certificate", "c", Bearer, 0, own, None, Ok(())),
        (
            "certificate where it is asked for",
            "c",
            Bearer,
            0,
            own,
            certificate,
            Ok(()),
        ),
        ("certificate where either is", "c", Bearer, 0, own, either, Ok(())),
        (
            "certificate where a key is",
            "c",
            Bearer,
            0,
            own,
            key,
            refusal(unbound, None),
        ),
        (
            "certificate that is not there",
            "c",
            Bearer,
            0,
            None,
            None,
            refusal(wrong, None),
        ),
        (
            "certificate of another",
            "c",
            Bearer,
            0,
            other,
            None,
            refusal(wrong, None),
        ),
        (
            "certificate that is empty",
            "c",
            Bearer,
            0,
            Some(b""),
            None,
            refusal(wrong, None),
        ),
        ("certificate as DPoP", "c", Dpop, 1, own, None, refusal(unbound, None)),
        ("both", "kc", Dpop, 1, own, None, Ok(())),
        (
            "both as Bearer",
            "kc",
            Bearer,
            0,
            own,
            None,
            refusal(missing, Some("dpop-scheme")),
        ),
        (
            "both without certificate",
            "kc",
            Dpop,
            1,
            None,
            None,
            refusal(wrong, None),
        ),
        (
            "both without proof",
            "kc",
            Dpop,
            0,
            own,
            None,
            refusal(missing, Some("dpop-missing")),
        ),
    ] {
        let mut case = Case::bound(&Draft::new(1));
        case.confirmation = Confirmation {
            jkt: bound_to.contains('k').then(|| jkt(1)),
            x5t_s256: bound_to.contains('c').then(x5t_s256),
        };
        case.proofs = vec![Draft::new(1).finish(); proofs];
        (case.scheme, case.certificate, case.issuer.bound) = (scheme, sent, asked);
        assert_eq!(case.judged(&memory(), Cache::Used), expected, "{name}");
    }
}

#[test]
fn thumbprints_of_certificates_have_one_spelling() {
    let hex: String = Sha256::digest(CERTIFICATE)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    for (name, thumbprint, expected) in [
        ("base64url", x5t_s256(), Ok(())),
        ("padded", format!("{}=", x5t_s256()), Err(())),
        ("in hex", hex, Err(())),
        ("empty", String::new(), Err(())),
        ("cut", x5t_s256().chars().take(42).collect(), Err(())),
        ("in another case", x5t_s256().to_lowercase(), Err(())),
        ("the certificate itself", URL_SAFE_NO_PAD.encode(CERTIFICATE), Err(())),
    ] {
        let found = check_certificate(&thumbprint, Some(CERTIFICATE)).map_err(|_| ());
        assert_eq!(found, expected, "{name}");
    }
}
