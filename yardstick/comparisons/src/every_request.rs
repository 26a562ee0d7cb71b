//! One request, from the policy's text to the response.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fastly::http::StatusCode;
use fastly::{ConfigStore, Request, Response};
use jwt_simple::prelude::{RS256PublicKey, RSAPublicKeyLike as _, Token, VerificationOptions};
use matchit::Router;
use serde::{Deserialize, Serialize};
use tollgate_comparisons::origin::{STORE, forward, plain};

/// One element of the entry `policy`.
#[derive(Deserialize)]
struct Route {
    method: String,
    path: String,
    scope: String,
    issuer: String,
    audience: String,
    /// `edge` or `origin`.
    target: String,
}

/// The entry `jwks` (RFC 7517 section 5).
#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kid: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Scope {
    scope: Option<String>,
}

/// Answers a request.
pub(crate) fn answer(request: Request) -> Response {
    let Ok(store) = ConfigStore::try_open(STORE) else {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "no config store");
    };
    let Some(router) = router(&store, request.get_method_str()) else {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "no policy");
    };
    let Ok(found) = router.at(request.get_path()) else {
        return plain(StatusCode::NOT_FOUND, "not found");
    };
    let route = found.value;
    let bearer = request.get_header_str("authorization");
    let Some(scope) = bearer
        .and_then(|value| value.strip_prefix("Bearer "))
        .and_then(|token| verified_scope(&store, route, token))
    else {
        return plain(StatusCode::UNAUTHORIZED, "unauthorized");
    };
    if !route.scope.is_empty() && !scope.split(' ').any(|granted| granted == route.scope) {
        return plain(StatusCode::FORBIDDEN, "forbidden");
    }
    match route.target.as_str() {
        "edge" => plain(StatusCode::OK, "ok"),
        _ => forward(&store, request),
    }
}

/// The policy is one entry, or several where it does not fit: `policy`, `policy.1`, `policy.2` and so on.
fn router(store: &ConfigStore, method: &str) -> Option<Router<Route>> {
    let mut router = Router::new();
    let mut page = 0_usize;
    loop {
        let name = if page == 0 {
            "policy".to_owned()
        } else {
            format!("policy.{page}")
        };
        let Some(text) = store.try_get(&name).ok()? else {
            return (page > 0).then_some(router);
        };
        let routes: Vec<Route> = serde_json::from_str(&text).ok()?;
        for route in routes.into_iter().filter(|route| route.method == method) {
            router.insert(route.path.clone(), route).ok()?;
        }
        page += 1;
    }
}

/// The scopes of a token that is valid for this route.
fn verified_scope(store: &ConfigStore, route: &Route, token: &str) -> Option<String> {
    let jwks: Jwks = serde_json::from_str(&store.try_get("jwks").ok()??).ok()?;
    let metadata = Token::decode_metadata(token).ok()?;
    let kid = metadata.key_id()?;
    let jwk = jwks.keys.into_iter().find(|key| key.kid.as_deref() == Some(kid))?;
    let n = URL_SAFE_NO_PAD.decode(jwk.n?).ok()?;
    let e = URL_SAFE_NO_PAD.decode(jwk.e?).ok()?;
    let key = RS256PublicKey::from_components(&n, &e).ok()?;
    let options = VerificationOptions {
        allowed_issuers: Some(HashSet::from([route.issuer.clone()])),
        allowed_audiences: Some(HashSet::from([route.audience.clone()])),
        ..VerificationOptions::default()
    };
    let claims = key.verify_token::<Scope>(token, Some(options)).ok()?;
    Some(claims.custom.scope.unwrap_or_default())
}
