//! A policy, issuers, keys and tokens to begin with.

use std::sync::OnceLock;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tollgate::{
    host::ConfigStore,
    identity::keys,
    policy::{compile::compile_text, pages::compiled},
    upstream::signing_key::{self, Curve},
};
use tollgate_devstack::{
    signing::{Algorithm, SigningKey},
    tokens::{Issuer, TokenBuilder},
};

use super::World;

/// When a world begins: 2026-11-21T08:00:00Z.
pub(crate) const NOW: u64 = 1_795_248_000;

/// The service account that IAM lets in.
pub(crate) const INVOKER: &str = "edge@my-project.iam.gserviceaccount.com";

/// The secret with its key.
pub(crate) const INVOKER_KEY: &str = "edge.my-project.iam.gserviceaccount.com";

/// The sample policy.
pub(crate) const POLICY: &str = r#"
    [gateway]
    hosts = ["api.example.com"]
    project = "my-project"

    [issuers.okta]
    issuer = "https://okta.example"
    audience = ["api://orders"]

    [issuers.partner]
    issuer = "https://partner.example"
    audience = ["api://orders"]

    [issuers.keyless]
    issuer = "https://keyless.example"
    audience = ["api://orders"]

    [services.orders]
    url = "https://orders-1.europe-west1.run.app"
    invoker = "edge@my-project.iam.gserviceaccount.com"
    timeouts = { connect = "500ms", first_byte = "2s", between_bytes = "3s" }

    [[routes]]
    path = "/healthz"
    methods = ["GET"]
    allow = "anyone"
    respond = { status = 200, body = "ok" }

    [[routes]]
    path = "/public/{rest...}"
    allow = "anyone"
    to = "orders"

    [[routes]]
    path = "/v1/whoami"
    methods = ["GET"]
    allow = [{ issuer = "okta" }]
    respond = { status = 200, content_type = "application/json", body = "{}" }

    [[routes]]
    path = "/v1/orders/{id}"
    methods = ["GET"]
    allow = [{ issuer = "okta", scopes = ["orders:read"] }, { issuer = "keyless" }]
    to = "orders"

    [[routes]]
    path = "/v1/orders"
    methods = ["POST"]
    allow = [{ issuer = "okta", scopes = ["orders:read", "orders:write"] }]
    to = "orders"

    [[routes]]
    path = "/v1/raw"
    allow = [{ issuer = "okta" }]
    to = "orders"
    forward_authorization = true
"#;

/// Whoever vouches for callers in the sample policy, under both of its names.
pub(crate) fn okta() -> &'static Issuer {
    static OKTA: OnceLock<Issuer> = OnceLock::new();
    OKTA.get_or_init(|| Issuer::new("okta", "https://okta.example", "api://orders").expect("an issuer"))
}

/// The invoker's key.
pub(crate) fn invoker_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(Algorithm::Rs256, "google-1").expect("a key"))
}

/// The invoker's key file, as Google gives it out.
pub(crate) fn key_file() -> Value {
    json!({
        "type": "service_account",
        "client_email": INVOKER,
        "private_key_id": invoker_key().kid(),
        "private_key": invoker_key().private_pem(),
        "token_uri": "https://oauth2.googleapis.com/token",
    })
}

/// The provider of the sample's workload identity pool.
pub(crate) const PROVIDER: &str = "projects/123456789/locations/global/workloadIdentityPools/tollgate/providers/edge";

/// The secret with the key by which the gateway says who it is.
pub(crate) const WORKLOAD_KEY: &str = "workload-identity";

/// That key.
pub(crate) fn workload_key() -> signing_key::SigningKey {
    signing_key::SigningKey::from_private("edge-1", Curve::P256, [7; 32]).expect("a key")
}

/// The sample policy, where the gateway has no key of Google's.
pub(crate) fn keyless_policy() -> String {
    let identity = format!(
        "[gateway.workload_identity]\nprovider = \"{PROVIDER}\"\nkey = \"{WORKLOAD_KEY}\"\n\
         issuer = \"https://api.example.com\"\n"
    );
    POLICY.replacen("[issuers.okta]", &format!("{identity}\n[issuers.okta]"), 1)
}

/// The sample world with that policy and that key in place of the invoker's.
pub(crate) fn keyless_world() -> World {
    let world = world();
    enforce(&world, &keyless_policy());
    world.take_secret(INVOKER_KEY);
    world.put_secret(WORKLOAD_KEY, workload_key().private_jwk().expose().clone());
    world
}

/// A key that the gateway signs with, as `tollgate keys create` makes it; `seed` tells keys apart.
pub(crate) fn private_jwk(algorithm: Algorithm, kid: &str, seed: u8) -> String {
    let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let jwk = if algorithm == Algorithm::Es256 {
        let key = p256::ecdsa::SigningKey::from_slice(&[seed; 32]).expect("a key");
        let point = key.verifying_key().to_sec1_point(false);
        let [x, y] = [point.x(), point.y()].map(|half| encoded(half.expect("a point")));
        json!({ "kty": "EC", "crv": "P-256", "kid": kid, "x": x, "y": y, "d": encoded(&[seed; 32]) })
    } else {
        let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
        let x = encoded(key.verifying_key().as_bytes());
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x, "d": encoded(&[seed; 32]) })
    };
    jwk.to_string()
}

/// The beginning of a token that the sample policy takes at [`NOW`] and for five minutes more.
pub(crate) fn token() -> TokenBuilder<'static> {
    let token = okta().token().algorithm(Algorithm::Es256).scope("orders:read");
    token.claim("iat", NOW).claim("nbf", NOW).claim("exp", NOW + 300)
}

/// The token as text.
pub(crate) fn text(token: TokenBuilder<'_>) -> String {
    token.build().expect("a token")
}

/// The version of the sample policy.
pub(crate) fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        compiled(&compile_text(POLICY).expect("a policy"))
            .expect("pages")
            .version
    })
}

/// Puts a policy's entries into its store; gives its version.
pub(crate) fn add(world: &World, policy: &str) -> String {
    let compiled = compiled(&compile_text(policy).expect("a policy")).expect("pages");
    for (name, text) in compiled.entries {
        world.put(ConfigStore::Policy, name, text);
    }
    compiled.version
}

/// Puts a policy in force; gives its version.
pub(crate) fn enforce(world: &World, policy: &str) -> String {
    let version = add(world, policy);
    world.put(ConfigStore::Policy, "active", version.clone());
    version
}

/// A world with the sample policy in force, the keys of its issuers, and the invoker's key.
pub(crate) fn world() -> World {
    let world = World::default();
    world.set_clock_s(NOW);
    enforce(&world, POLICY);
    for issuer in ["https://okta.example", "https://partner.example"] {
        let stored = keys::entries(issuer, &okta().jwks().to_string(), NOW, None).expect("keys");
        assert_eq!(stored.left_out, [""; 0]);
        for (entry, value) in stored.entries {
            world.put(ConfigStore::Keys, entry, value);
        }
    }
    world.put_secret(INVOKER_KEY, key_file().to_string());
    world
}
