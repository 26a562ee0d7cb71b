//! What a policy becomes on this machine: regions, revisions, and a gateway that signs who it is.

use serde_json::{Value, json};
use tollgate::policy::site::service::RevisionAt;
use tollgate::secret::Secret;
use tollgate::upstream::signing_key::SigningKey;

use super::*;

const POLICY: &str = r#"
[gateway]
hosts  = ["api.example.com"]
origin = "https://api.example.com"

[gateway.workload_identity]
provider = "projects/1/locations/global/workloadIdentityPools/tollgate/providers/edge"
key      = "workload-identity"
subject  = "edge-of-tollgate"

[gateway.assertions]
keys = ["assertion-2", "assertion-1"]

[services.orders]
invoker   = "orders@p.iam.gserviceaccount.com"
audience  = "https://orders.example.com"
regions   = [
    { name = "europe-west1", url = "https://orders-1.europe-west1.run.app" },
    { name = "us-east1", url = "https://orders-1.us-east1.run.app" },
]
revisions = { next = { tag = "next", percent = 5 } }

[services.reports]
url         = "https://reports-1.europe-west1.run.app"
invoker     = "reports@p.iam.gserviceaccount.com"
invoker_key = "reports-key"

[[routes]]
path  = "/{rest...}"
allow = "anyone"
to    = "orders"
"#;

fn read() -> (Source, Site) {
    read_policy(POLICY).expect("a policy")
}

fn here<'w>(
    brought: &'w BTreeMap<String, String>,
    running: &'w BTreeMap<String, LocalService>,
    google: &'w str,
) -> Here<'w> {
    Here {
        brought,
        running,
        google: Some(google),
        played: None,
    }
}

#[tokio::test]
async fn each_region_and_revision_is_a_service_of_its_own() {
    let (source, site) = read();
    let mut options = WorldOptions::new(POLICY);
    let own = SampleService::start("mine").await.expect("a service");
    options.services.insert("orders/us-east1".to_owned(), own.url());
    check_names(&options, &site).expect("names that the policy has");
    let google = Google::start().await.expect("Google");
    let services = start_services(&options, &site, Some(&google)).await.expect("services");
    let names: Vec<&str> = services.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["orders/europe-west1", "orders/us-east1", "orders@next", "reports"]
    );
    assert!(services["orders/us-east1"].sample.is_none(), "it was brought");

    let site = localised(source, &site, &here(&options.services, &services, &google.url())).expect("a site");
    let front_end = |name: &str| services[name].cloud_run.as_ref().expect("a front end").url();
    let orders = &site.parts().services["orders"];
    let regions: Vec<_> = orders.regions.iter().map(|region| region.endpoint.origin()).collect();
    assert_eq!(
        regions,
        [front_end("orders/europe-west1"), front_end("orders/us-east1")]
    );
    let RevisionAt::Endpoint(next) = &orders.revision("next").expect("it").at else {
        panic!("a tag has no URL here");
    };
    assert_eq!(next.origin(), front_end("orders@next"));
    assert_eq!(orders.audience, "https://orders.example.com");
    assert_eq!(
        site.parts().services["reports"].audience,
        "https://reports-1.europe-west1.run.app"
    );

    let stopped = services["orders/europe-west1"].cloud_run.as_ref().expect("a front end");
    stopped.stop().await;
    reqwest::get(stopped.url()).await.expect_err("nobody listens");
    let other = reqwest::get(front_end("orders/us-east1")).await.expect("an answer");
    assert_eq!(other.status(), 403);
    stopped.resume().await.expect("resume");
    assert_eq!(reqwest::get(stopped.url()).await.expect("an answer").status(), 403);

    options.services.insert("orders".to_owned(), own.url());
    let why = check_names(&options, &site).expect_err("it is in regions").to_string();
    assert_eq!(
        why,
        "a URL is given for `orders`, but the policy's services are: orders/europe-west1, orders/us-east1, \
         orders@next, reports"
    );
}

#[tokio::test]
async fn google_takes_what_the_gateway_signs_and_every_front_end_what_google_gives() {
    let (source, site) = read();
    let options = WorldOptions::new(POLICY);
    let google = Google::start().await.expect("Google");
    let secrets = secrets(&options, &site, Some(&google)).expect("secrets");
    let names: Vec<&str> = secrets.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["assertion-1", "assertion-2", "reports-key", "workload-identity"]
    );
    let key = |name: &str| SigningKey::from_secret(&Secret::new(secrets[name].clone())).expect("a key");
    assert_eq!(
        (key("assertion-2").algorithm(), key("assertion-2").kid()),
        ("EdDSA", "assertion-2")
    );
    assert_eq!(key("workload-identity").algorithm(), "ES256");

    let services = start_services(&options, &site, Some(&google)).await.expect("services");
    let site = localised(source, &site, &here(&options.services, &services, &google.url())).expect("a site");
    let identity = site.settings().workload_identity.as_ref().expect("an identity");
    assert_eq!(identity.sts.origin(), google.url());
    assert_eq!(identity.iam_credentials.origin(), google.url());

    let claims = json!({
        "iss": identity.issuer, "sub": identity.subject, "aud": format!("https://iam.googleapis.com/{}", identity.provider),
        "iat": unix_s(), "exp": unix_s() + 300,
    });
    let assertion = key("workload-identity").sign(&claims);
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("audience", &format!("//iam.googleapis.com/{}", identity.provider)),
        ("scope", "https://www.googleapis.com/auth/cloud-platform"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ("subject_token", assertion.expose()),
    ];
    let client = reqwest::Client::new();
    let exchanged = client.post(format!("{}/v1/token", google.url())).form(&form);
    let exchanged: Value = exchanged.send().await.expect("an answer").json().await.expect("JSON");
    let access_token = exchanged["access_token"].as_str().expect("a token");
    let generate = async |service: &str| {
        let service = &site.parts().services[service];
        let url = format!(
            "{}/v1/projects/-/serviceAccounts/{}:generateIdToken",
            google.url(),
            service.invoker
        );
        let body = json!({ "audience": service.audience, "includeEmail": true });
        let answer = client
            .post(url)
            .bearer_auth(access_token)
            .json(&body)
            .send()
            .await
            .expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json::<Value>().await.expect("JSON"))
    };
    let (status, generated) = generate("orders").await;
    assert_eq!(status, 200, "{generated}");
    assert_eq!(generate("reports").await.0, 403, "its invoker has a key");
    for place in ["orders/europe-west1", "orders/us-east1", "orders@next"] {
        let url = services[place].cloud_run.as_ref().expect("a front end").url();
        let answer = client
            .get(url)
            .bearer_auth(generated["token"].as_str().expect("a token"));
        let told: Value = answer.send().await.expect("an answer").json().await.expect("JSON");
        assert_eq!((&told["service"], &told["method"]), (&json!(place), &json!("GET")));
    }
}

#[tokio::test]
async fn a_key_that_is_brought_is_the_one_that_google_knows() {
    let (_, site) = read();
    let google = Google::start().await.expect("Google");
    let refused = |options: &WorldOptions, google: Option<&Google>| {
        let refused = secrets(options, &site, google).expect_err("a secret that is no use");
        format!("{refused:#}")
    };
    let mut options = WorldOptions::new(POLICY);
    let bring = |options: &mut WorldOptions, algorithm| {
        let key = crate::signing::SigningKey::generate(algorithm, "mine").expect("a key");
        let jwk = key.private_jwk().expect("a JWK").to_string().into_bytes();
        options.secrets.insert("workload-identity".to_owned(), jwk.clone());
        jwk
    };
    let jwk = bring(&mut options, crate::signing::Algorithm::Es256);
    check_names(&options, &site).expect("the policy uses it");
    let found = secrets(&options, &site, Some(&google)).expect("secrets");
    assert_eq!(found["workload-identity"], jwk);

    bring(&mut options, crate::signing::Algorithm::EdDsa);
    assert_eq!(
        refused(&options, Some(&google)),
        "the secret `workload-identity`: Google takes no EdDSA signatures for workload identity; make an ES256 key with \
         `tollgate keys create`"
    );
    options
        .secrets
        .insert("workload-identity".to_owned(), b"hello".to_vec());
    assert_eq!(
        refused(&options, Some(&google)),
        "the secret `workload-identity` can't be used: it is no private JWK (line 1, column 1)"
    );
    options.secrets.clear();
    options.google = Some("http://127.0.0.1:9".to_owned());
    assert_eq!(
        refused(&options, None),
        "the service orders needs the gateway's own key; with --google, bring it with --secret workload-identity=KEY.json"
    );
    options.secrets.insert("workload-identities".to_owned(), Vec::new());
    assert_eq!(
        check_names(&options, &site).expect_err("a slip of the pen").to_string(),
        "a secret is given as `workload-identities`, but the policy uses only: assertion-1, assertion-2, reports-key, \
         workload-identity"
    );
}
