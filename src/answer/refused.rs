//! Refusals as answers: problem documents (RFC 9457), or a small page where a person looks.
//!
//! Promises: an answer holds only words of our own (the code, the reason, the request id), never what the client
//! sent and never what went wrong inside. `WWW-Authenticate` follows RFC 6750 section 3, and RFC 9449 sections 7.1 and 9
//! where a token must be bound to a key.

use serde_json::json;

use crate::{
    answer::Answer,
    identity::proof,
    rejection::{Rejection, TokenRefusal, Verdict},
};

/// When to try again after a fault of ours, in seconds.
const RETRY_AFTER_S: u32 = 5;

/// The answer to a refused request. `html` is whether a person looks at it.
#[must_use]
pub fn refused(rejection: &Rejection, request_id: &str, html: bool) -> Answer {
    let verdict = rejection.verdict();
    let (content_type, body) = if html {
        ("text/html; charset=utf-8", page(verdict, request_id))
    } else {
        problem(rejection, request_id)
    };
    let mut headers = vec![
        ("content-type".into(), content_type.to_owned()),
        ("cache-control".into(), "no-store".to_owned()),
        ("x-content-type-options".into(), "nosniff".to_owned()),
        ("x-request-id".into(), request_id.to_owned()),
    ];
    headers.extend(challenge(rejection).map(|challenge| ("www-authenticate".into(), challenge)));
    if let Rejection::MethodNotAllowed { allowed } = rejection {
        headers.push(("allow".into(), allowed.join(", ")));
    }
    if let Rejection::ProofNonceNeeded { nonce } = rejection {
        headers.push(("dpop-nonce".into(), nonce.clone()));
    }
    headers.extend(retry_after_s(rejection).map(|seconds| ("retry-after".into(), seconds.to_string())));
    Answer {
        status: verdict.status,
        headers,
        body: body.into_bytes(),
    }
}

/// When to try again, in seconds: as the service or a knob says; else soon, after a fault of ours that says 503.
fn retry_after_s(rejection: &Rejection) -> Option<u32> {
    match rejection {
        Rejection::Maintenance { retry_after_s } => Some(*retry_after_s),
        Rejection::UpstreamFailed { retry_after_s, .. } => *retry_after_s,
        Rejection::UpstreamOverloaded { retry_after_s, .. } => Some(retry_after_s.unwrap_or(RETRY_AFTER_S)),
        _ => (rejection.verdict().status == 503).then_some(RETRY_AFTER_S),
    }
}

fn problem(rejection: &Rejection, request_id: &str) -> (&'static str, String) {
    let verdict = rejection.verdict();
    let mut document = json!({
        "type": "about:blank",
        "title": title(verdict.status),
        "status": verdict.status,
        "detail": verdict.detail,
        "code": verdict.code,
        "request_id": request_id,
    });
    let more = match rejection {
        Rejection::RequestAmbiguous(ambiguity) => Some(("reason", json!(ambiguity.word()))),
        Rejection::BodyTooLarge { bytes_max } => Some(("bytes_max", json!(bytes_max))),
        _ => None,
    };
    if let (Some((name, value)), Some(members)) = (more, document.as_object_mut()) {
        members.insert(name.to_owned(), value);
    }
    ("application/problem+json", document.to_string())
}

/// Holds no character from outside but the request id, of which only letters, digits, `-` and `_` are kept.
fn page(verdict: Verdict, request_id: &str) -> String {
    let title = title(verdict.status);
    let detail = verdict.detail.replace('<', "&lt;").replace('>', "&gt;");
    let safe_id: String = request_id
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || "-_".contains(*character))
        .collect();
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <h1>{title}</h1><p>{detail}</p><p>Code <code>{}</code>, request <code>{safe_id}</code>.</p></html>",
        verdict.code
    )
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Content Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505.. => "Server Error",
        _ => "Refused",
    }
}

fn challenge(rejection: &Rejection) -> Option<String> {
    match rejection {
        // RFC 6750 section 3.1: no error code where no authentication was tried. A client that needs a proof learns so
        // once it sends its token.
        Rejection::CredentialMissing | Rejection::CredentialUnsupported => Some("Bearer realm=\"tollgate\"".to_owned()),
        Rejection::Token(refusal) => Some(match refusal {
            TokenRefusal::ProofMissing | TokenRefusal::ProofInvalid | TokenRefusal::ProofReplayed => {
                for_proofs(rejection, "invalid_dpop_proof")
            }
            // It may be to be bound to a certificate, which a proof does not mend.
            TokenRefusal::NotBound => format!(
                "{}, {}",
                with_error("Bearer", rejection, "invalid_token"),
                for_proofs(rejection, "invalid_token")
            ),
            _ => with_error("Bearer", rejection, "invalid_token"),
        }),
        Rejection::ProofNonceNeeded { .. } => Some(for_proofs(rejection, "use_dpop_nonce")),
        Rejection::ScopeMissing { scopes } => Some(format!(
            "Bearer realm=\"tollgate\", error=\"insufficient_scope\", scope=\"{}\"",
            scopes.join(" ")
        )),
        _ => None,
    }
}

/// RFC 9449 section 7.1: the challenge names the algorithms that proofs may be signed with.
fn for_proofs(rejection: &Rejection, error: &str) -> String {
    let algorithms = proof::algorithms();
    format!("{}, algs=\"{algorithms}\"", with_error("DPoP", rejection, error))
}

fn with_error(scheme: &str, rejection: &Rejection, error: &str) -> String {
    let description = rejection.verdict().detail.replace('`', "'");
    format!("{scheme} realm=\"tollgate\", error=\"{error}\", error_description=\"{description}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Ambiguity;

    #[test]
    fn whole_answers() {
        let answer = refused(&Rejection::Token(TokenRefusal::Expired), "r1", false);
        assert_eq!(answer.status, 401);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(
            answer.header("www-authenticate"),
            Some(
                "Bearer realm=\"tollgate\", error=\"invalid_token\", \
                 error_description=\"The token has expired. Ask its issuer for a new one.\""
            )
        );
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(
            body,
            json!({
                "type": "about:blank", "title": "Unauthorized", "status": 401, "code": "token-expired",
                "detail": "The token has expired. Ask its issuer for a new one.", "request_id": "r1"
            })
        );
    }

    #[test]
    fn proofs_are_asked_for() {
        let needed = |nonce: &str| Rejection::ProofNonceNeeded {
            nonce: nonce.to_owned(),
        };
        for (rejection, error, code, nonce) in [
            (
                TokenRefusal::ProofMissing.into(),
                "invalid_dpop_proof",
                "dpop-proof-missing",
                None,
            ),
            (
                TokenRefusal::ProofInvalid.into(),
                "invalid_dpop_proof",
                "dpop-proof-invalid",
                None,
            ),
            (
                TokenRefusal::ProofReplayed.into(),
                "invalid_dpop_proof",
                "dpop-proof-replayed",
                None,
            ),
            (TokenRefusal::NotBound.into(), "invalid_token", "token-not-bound", None),
            (needed("n-1"), "use_dpop_nonce", "dpop-nonce-needed", Some("n-1")),
        ] {
            let detail = rejection.verdict().detail;
            let description = detail.replace('`', "'");
            let challenge = format!(
                "DPoP realm=\"tollgate\", error=\"{error}\", error_description=\"{description}\", \
                 algs=\"RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA\""
            );
            let bearer = format!("Bearer realm=\"tollgate\", error=\"{error}\", error_description=\"{description}\"");
            let challenge = match code {
                "token-not-bound" => format!("{bearer}, {challenge}"),
                _ => challenge,
            };
            let mut headers = vec![
                ("content-type", "application/problem+json"),
                ("cache-control", "no-store"),
                ("x-content-type-options", "nosniff"),
                ("x-request-id", "r1"),
                ("www-authenticate", challenge.as_str()),
            ];
            headers.extend(nonce.map(|nonce| ("dpop-nonce", nonce)));
            let body = json!({
                "type": "about:blank", "title": "Unauthorized", "status": 401, "code": code,
                "detail": detail, "request_id": "r1"
            });
            let headers = headers.into_iter().map(|(name, value)| (name.into(), value.to_owned()));
            let expected = Answer {
                status: 401,
                headers: headers.collect(),
                body: body.to_string().into_bytes(),
            };
            assert_eq!(refused(&rejection, "r1", false), expected, "{code}");
        }
        let certificate = refused(&TokenRefusal::CertificateWrong.into(), "r1", false);
        assert_eq!(
            certificate.header("www-authenticate"),
            Some(
                "Bearer realm=\"tollgate\", error=\"invalid_token\", error_description=\"The token is bound to a \
                 certificate, and the client has none or another.\""
            ),
            "RFC 8705 section 3"
        );
    }

    #[test]
    fn the_inside_stays_inside() {
        for rejection in [
            Rejection::Misconfigured("store tollgate_keys".to_owned()),
            Rejection::UpstreamRefused("10.0.0.7:443".to_owned()),
            Rejection::UpstreamIdentityUnavailable("edge@p.iam.gserviceaccount.com".to_owned()),
        ] {
            for html in [false, true] {
                let body = String::from_utf8(refused(&rejection, "r1", html).body).unwrap();
                assert!(!body.contains(rejection.cause().unwrap()), "{body}");
            }
        }
    }

    #[test]
    fn limits_and_times_are_told() {
        let retry_after =
            |rejection: &Rejection| refused(rejection, "r", false).header("retry-after").map(str::to_owned);
        let failed = |status, retry_after_s| Rejection::UpstreamFailed { status, retry_after_s };
        let overloaded = |retry_after_s| Rejection::UpstreamOverloaded {
            cause: "10.0.0.7".to_owned(),
            retry_after_s,
        };
        for (name, rejection, expected) in [
            ("our own fault", Rejection::Misconfigured(String::new()), Some("5")),
            ("the service says when", failed(503, Some(7)), Some("7")),
            ("also with another status", failed(500, Some(7)), Some("7")),
            ("the service says nothing", failed(503, None), None),
            ("no room, until then", overloaded(Some(30)), Some("30")),
            ("no room", overloaded(None), Some("5")),
            ("maintenance", Rejection::Maintenance { retry_after_s: 60 }, Some("60")),
            ("denied", Rejection::UpstreamDenied(String::new()), None),
        ] {
            assert_eq!(retry_after(&rejection).as_deref(), expected, "{name}");
        }
        let large = refused(&Rejection::BodyTooLarge { bytes_max: 32 << 20 }, "r", false);
        let body: serde_json::Value = serde_json::from_slice(&large.body).unwrap();
        assert_eq!(body["bytes_max"], 33_554_432);
        assert_eq!((large.status, &body["title"]), (413, &json!("Content Too Large")));
        let odd = refused(&failed(529, None), "r", false);
        let body: serde_json::Value = serde_json::from_slice(&odd.body).unwrap();
        assert_eq!(
            (odd.status, &body["title"], &body["status"]),
            (529, &json!("Server Error"), &json!(529))
        );
    }

    #[test]
    fn challenges_and_extras() {
        let scopes = vec!["a".to_owned(), "b".to_owned()];
        let scope_missing = refused(&Rejection::ScopeMissing { scopes }, "r", false);
        assert!(
            scope_missing
                .header("www-authenticate")
                .unwrap()
                .ends_with("scope=\"a b\"")
        );
        let missing = refused(&Rejection::CredentialMissing, "r", false);
        assert_eq!(missing.header("www-authenticate"), Some("Bearer realm=\"tollgate\""));
        let allowed = vec!["GET".to_owned(), "HEAD".to_owned()];
        assert_eq!(
            refused(&Rejection::MethodNotAllowed { allowed }, "r", false).header("allow"),
            Some("GET, HEAD")
        );
        let page = refused(&Rejection::RequestAmbiguous(Ambiguity::DotSegment), "<r>", true);
        assert!(String::from_utf8(page.body).unwrap().contains("request <code>r</code>"));
    }
}
