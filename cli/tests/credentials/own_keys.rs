//! Keys of the gateway's own, from the outside: made, written where only the owner reads, and told what to do with.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use serde_json::{Value, json};
use tollgate::{secret::Secret, upstream::signing_key::SigningKey};

use super::command::{Ended, Place};

const PROVIDER: &str = "projects/123456789/locations/global/workloadIdentityPools/pool-1/providers/provider-1";

/// A policy whose services go without keys, but for one.
fn place() -> Place {
    let place = Place::new(&[("okta", "https://example.okta.com")]);
    let services = "[services.orders]\nurl = \"https://orders-123456789.europe-west1.run.app\"\n\
                    invoker = \"edge@my-project.iam.gserviceaccount.com\"\n\
                    [services.bills]\nurl = \"https://bills.example.com\"\n\
                    audience = \"https://bills.example\"\n\
                    invoker = \"edge@my-project.iam.gserviceaccount.com\"\n\
                    [services.own]\nurl = \"https://own-1.us-east4.run.app\"\n\
                    invoker = \"own@other-project.iam.gserviceaccount.com\"\ninvoker_key = \"own-key\"\n";
    let gateway = format!(
        "[gateway]\nhosts = [\"api.example.com\"]\norigin = \"https://api.example.com\"\n\
         [gateway.workload_identity]\nprovider = \"{PROVIDER}\"\nkey = \"edge-key\"\nsubject = \"edge's\"\n"
    );
    let path = place.path().join("policy.toml");
    let policy = fs::read_to_string(&path).expect("a policy");
    let policy = policy.replace("[gateway]\nhosts = [\"api.example.com\"]\n", &gateway);
    fs::write(path, format!("{policy}{services}")).expect("a policy");
    place
}

fn key(path: &Path) -> (SigningKey, String) {
    let text = fs::read(path).expect("a private key");
    let jwk: Value = serde_json::from_slice(&text).expect("JSON");
    let d = jwk["d"].as_str().expect("the private part").to_owned();
    let key = SigningKey::from_secret(&Secret::new(text)).unwrap_or_else(|why| panic!("{why}"));
    (key, d)
}

fn assert_made(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
}

#[test]
fn a_key_for_google_is_made_and_the_commands_are_filled_in() {
    let place = place();
    let create = [
        "keys",
        "create",
        "--for",
        "workload-identity",
        "--policy",
        "policy.toml",
    ];
    let made = place.run(&create);
    assert_made(&made);
    let path = place.path().join("edge-key.private.json");
    let (key, d) = key(&path);
    assert_eq!(key.algorithm(), "ES256");
    assert_eq!(fs::metadata(&path).expect("it").permissions().mode() & 0o777, 0o600);
    assert!(
        !made.out.contains(&d) && !made.err.contains(&d),
        "the private key is printed"
    );

    let set = fs::read(place.path().join("edge-key.jwks.json")).expect("a set");
    let set: Value = serde_json::from_slice(&set).expect("JSON");
    assert_eq!(set, json!({ "keys": [key.public_jwk()] }));
    assert!(made.out.contains(&format!("{set:#}")), "{}", made.out);
    for line in [
        "POOL_PROJECT=\"$(gcloud projects describe 123456789 --format='value(projectId)')\"",
        "gcloud iam workload-identity-pools create pool-1 --project=\"$POOL_PROJECT\" --location=global",
        "gcloud iam workload-identity-pools providers create-oidc provider-1 --project=\"$POOL_PROJECT\" \\",
        "  --location=global --workload-identity-pool=pool-1 --issuer-uri=https://api.example.com \\",
        "  --attribute-mapping=google.subject=assertion.sub --jwk-json-path=edge-key.jwks.json",
        "gcloud iam service-accounts create edge --project=my-project",
        "  --role=roles/iam.serviceAccountOpenIdTokenCreator \\",
        "  --member='principal://iam.googleapis.com/projects/123456789/locations/global/workloadIdentityPools/pool-1/\
         subject/edge'\\''s'",
        "gcloud run services add-iam-policy-binding orders --project=my-project --region=europe-west1 \\",
        "gcloud run services add-iam-policy-binding SERVICE --project=my-project --region=REGION \\",
        "  --role=roles/run.invoker --member=serviceAccount:edge@my-project.iam.gserviceaccount.com",
        "gcloud run services update SERVICE --project=my-project --region=REGION \\",
        "  --add-custom-audiences=https://bills.example",
        "fastly secret-store-entry create --store-id=\"$SECRETS\" --name=edge-key --file=edge-key.private.json \\",
    ] {
        assert!(made.out.lines().any(|found| found == line), "{line}\n{}", made.out);
    }
    assert!(!made.out.contains("services update orders"), "{}", made.out);
    assert!(
        !made.out.contains("own@other-project"),
        "it goes by its key: {}",
        made.out
    );
}

/// What is printed is a script that a shell can read.
#[test]
fn the_commands_are_a_shells() {
    let place = place();
    let made = place.run(&[
        "keys",
        "create",
        "--for",
        "workload-identity",
        "--policy",
        "policy.toml",
    ]);
    assert_made(&made);
    let (_, commands) = made.out.split_once("\n}\n").expect("the set comes first");
    fs::write(place.path().join("commands"), commands).expect("a file");
    let checked = std::process::Command::new("sh")
        .args(["-n", "commands"])
        .current_dir(place.path())
        .output()
        .expect("a shell");
    assert!(checked.status.success(), "{commands}\n{checked:?}");
}

#[test]
fn no_file_is_written_over_and_a_set_keeps_its_keys() {
    let place = place();
    let create = [
        "keys",
        "create",
        "--for",
        "workload-identity",
        "--policy",
        "policy.toml",
    ];
    assert_made(&place.run(&create));
    let files = ["edge-key.private.json", "edge-key.jwks.json"].map(|name| place.path().join(name));
    let before = files.clone().map(|file| fs::read(file).expect("a file"));
    let again = place.run(&create);
    assert_eq!(again.code, Some(1), "{}", again.out);
    assert!(
        again.err.contains("edge-key.private.json is there already"),
        "{}",
        again.err
    );
    assert_eq!(files.clone().map(|file| fs::read(file).expect("a file")), before);

    let second = ["--name", "second", "--jwks", "edge-key.jwks.json"];
    let made = place.run(&[&create[..], &second].concat());
    assert_made(&made);
    let kids = [place.path().join("second.private.json"), files[0].clone()].map(|file| key(&file).0.kid().to_owned());
    let set: Value = serde_json::from_slice(&fs::read(&files[1]).expect("a set")).expect("JSON");
    let published = set["keys"]
        .as_array()
        .expect("keys")
        .iter()
        .map(|key| key["kid"].as_str().expect("a kid"));
    assert_eq!(published.collect::<Vec<_>>(), kids);
    assert!(made.out.contains("#   key = \"second\""), "{}", made.out);
    assert!(made.out.contains("providers update-oidc provider-1"), "{}", made.out);
    for done in ["create-oidc", "service-accounts", "run services"] {
        assert!(
            !made.out.contains(done),
            "{done} was done for the first key: {}",
            made.out
        );
    }
}

#[test]
fn a_set_with_a_private_key_is_refused_and_nothing_is_made() {
    let place = place();
    let private = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"x","x":"x","d":"SECRET"}]}"#;
    for (name, text, why) in [
        ("private", private, "has a private key"),
        ("no set", "{\"SECRET\":1}", "is no JSON Web Key Set"),
    ] {
        fs::write(place.path().join("old.json"), text).expect("a file");
        let ended = place.run(&["keys", "create", "--for", "workload-identity", "--jwks", "old.json"]);
        assert_eq!(ended.code, Some(1), "{name}");
        assert!(
            ended.err.contains(why) && !ended.err.contains("SECRET"),
            "{name}: {}",
            ended.err
        );
        assert_eq!(
            fs::read_to_string(place.path().join("old.json")).expect("it"),
            text,
            "{name}"
        );
        assert!(!place.path().join("workload-identity.private.json").exists(), "{name}");
    }
}

#[test]
fn without_a_policy_there_are_words_to_fill_in() {
    let place = place();
    let made = place.run(&[
        "keys",
        "create",
        "--for",
        "workload-identity",
        "--out",
        "elsewhere.json",
    ]);
    assert_made(&made);
    assert_eq!(key(&place.path().join("elsewhere.json")).0.algorithm(), "ES256");
    for words in [
        "POOL_PROJECT=PROJECT_ID",
        "--issuer-uri=https://GATEWAY_HOST",
        "projects/PROJECT_NUMBER/locations/global/workloadIdentityPools/tollgate/subject/tollgate",
        "#   [gateway.workload_identity]",
        "--name=workload-identity --file=elsewhere.json",
    ] {
        assert!(made.out.contains(words), "{words}\n{}", made.out);
    }
}

#[test]
fn keys_of_assertions_are_of_either_kind_and_the_gateway_publishes_them() {
    for (alg, algorithm) in [("es256", "ES256"), ("eddsa", "EdDSA")] {
        let place = place();
        let made = place.run(&[
            "keys",
            "create",
            "--for",
            "assertions",
            "--alg",
            alg,
            "--policy",
            "policy.toml",
        ]);
        assert_made(&made);
        let (key, d) = key(&place.path().join("assertions.private.json"));
        assert_eq!(key.algorithm(), algorithm);
        assert!(!made.out.contains(&d), "the private key is printed");
        assert!(
            !made.out.contains("gcloud") && made.out.contains(key.kid()),
            "{}",
            made.out
        );
        assert!(made.out.contains("#   keys = [\"assertions\"]"), "{}", made.out);
        assert!(!place.path().join("assertions.jwks.json").exists());
    }
}

#[test]
fn what_can_not_be_is_refused() {
    let place = place();
    for (name, arguments, why) in [
        (
            "EdDSA for Google",
            "--for workload-identity --alg eddsa",
            "Google takes no EdDSA",
        ),
        (
            "a set of assertions",
            "--for assertions --jwks x.json",
            "leave --jwks out",
        ),
        (
            "a path for a name",
            "--for assertions --name ../x",
            "is no name of a secret",
        ),
        (
            "one file for both halves",
            "--for workload-identity --out x.json --jwks x.json",
            "are one file",
        ),
        (
            "one file by two paths",
            "--for workload-identity --out x.json --jwks ./x.json",
            "are one file",
        ),
        ("no purpose", "--name x", "--for"),
        ("no policy", "--for assertions --policy nowhere.toml", "nowhere.toml"),
        (
            "no folder",
            "--for assertions --out nowhere/x.json",
            "can't make nowhere/x.json",
        ),
    ] {
        let arguments: Vec<&str> = ["keys", "create"].into_iter().chain(arguments.split(' ')).collect();
        let ended = place.run(&arguments);
        assert_ne!(ended.code, Some(0), "{name}: {}", ended.out);
        assert!(ended.err.contains(why), "{name}: {}", ended.err);
    }
    let left = fs::read_dir(place.path()).expect("the folder").count();
    assert_eq!(left, 1, "only the policy is there");
}
