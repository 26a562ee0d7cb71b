//! Google's Security Token Service and its Service Account Credentials API, as far as one pool's provider goes.
//!
//! Promises: a form or a body that is not what Google's references ask for, a signature that does not verify, and a token
//! that was not given here are refused, in the form of each endpoint's own errors.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tollgate::{
    identity::keys::VerifyingKey,
    upstream::send::{Ask, Call},
};

use super::{
    google::Google,
    outside::posted,
    sample::{INVOKER, PROVIDER, workload_key},
};

/// Where the Security Token Service is.
pub(crate) const STS_URL: &str = "https://sts.googleapis.com/v1/token";

/// Where ID tokens of the sample's invoker are made.
pub(crate) const GENERATE_URL: &str = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/\
                                       edge@my-project.iam.gserviceaccount.com:generateIdToken";

/// What every access token that is given begins with.
pub(crate) const FEDERATED: &str = "ya29.FEDERATED-";

impl Google {
    /// The token exchange.
    pub(super) fn exchange(&mut self, call: &Call, now_s: u64) -> (u16, String) {
        let refused = |word: &str| {
            (
                400,
                json!({ "error": word, "error_description": "INSIDE-10.0.0.7" }).to_string(),
            )
        };
        let expected = [
            (
                "grant_type",
                "urn:ietf:params:oauth:grant-type:token-exchange".to_owned(),
            ),
            ("audience", format!("//iam.googleapis.com/{PROVIDER}")),
            ("scope", "https://www.googleapis.com/auth/cloud-platform".to_owned()),
            (
                "requested_token_type",
                "urn:ietf:params:oauth:token-type:access_token".to_owned(),
            ),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt".to_owned()),
        ];
        if expected.iter().any(|(name, value)| posted(call, name) != Some(value)) || call.authorization.is_some() {
            return refused("invalid_request");
        }
        let Some(claims) = posted(call, "subject_token").and_then(verified) else {
            return refused("invalid_grant");
        };
        let (audience, is_now) = (
            format!("https://iam.googleapis.com/{PROVIDER}"),
            claims["iat"].as_u64() <= Some(now_s) && claims["exp"].as_u64() > Some(now_s),
        );
        let fits = claims["iss"] == "https://api.example.com" && claims["aud"] == audience.as_str() && is_now;
        self.asserted = Some(claims);
        if !fits {
            return refused("invalid_grant");
        }
        let token = format!("{FEDERATED}{}", self.federated.len());
        self.federated.push(token.clone());
        let answer = json!({
            "access_token": token, "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_type": "Bearer", "expires_in": 3_599,
        });
        (200, answer.to_string())
    }

    /// `generateIdToken`.
    pub(super) fn generate(&mut self, call: &Call, now_s: u64) -> (u16, String) {
        let refused = |status: u16, word: &str| {
            let error = json!({ "code": status, "message": "INSIDE-10.0.0.7", "status": word });
            (status, json!({ "error": error }).to_string())
        };
        let authorization = call.authorization.as_ref().map(|value| value.expose().as_str());
        let bearer = authorization.and_then(|value| value.strip_prefix("Bearer "));
        if !bearer.is_some_and(|token| self.federated.iter().any(|given| given == token)) {
            return refused(401, "UNAUTHENTICATED");
        }
        let Ask::Json(body) = &call.ask else {
            return refused(400, "INVALID_ARGUMENT");
        };
        let asked: Value = serde_json::from_str(body).unwrap_or_default();
        match asked["audience"].as_str() {
            Some(audience) if asked["includeEmail"] == true => (
                200,
                json!({ "token": self.id_token(audience, INVOKER, now_s) }).to_string(),
            ),
            _ => refused(400, "INVALID_ARGUMENT"),
        }
    }
}

/// The claims of a JWT that the sample's key has signed.
fn verified(token: &str) -> Option<Value> {
    let (message, signature) = token.rsplit_once('.')?;
    let (header, claims) = message.split_once('.')?;
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let header: Value = serde_json::from_slice(&bytes(header)?).ok()?;
    let key = workload_key();
    let public = VerifyingKey::from_jwk(&key.public_jwk().to_string(), key.kid()).ok()?;
    let fits = header == json!({ "alg": "ES256", "typ": "JWT", "kid": key.kid() });
    let is_signed = fits && public.verifies(message.as_bytes(), &bytes(signature)?);
    is_signed.then_some(serde_json::from_slice(&bytes(claims)?).ok()?)
}
