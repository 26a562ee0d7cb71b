//! The variables of each section of docs/credentials.md: tokens that say what the document says, made by who plays their
//! issuers, and what else a section's requests need.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tollgate::identity::api_key::ApiKey;
use tollgate::policy::issuer::HmacAlgorithm;
use tollgate_devstack::dpop::Client;
use tollgate_devstack::signing::Algorithm;
use tollgate_devstack::tokens::{Issuer, TokenBuilder};
use tollgate_devstack::world::{World, unix_s};

use super::super::support::gateway::Gateway as _;
use super::super::support::http::{Ask, HOST};
use super::document::{Document, Said, Section};

/// The issuer whose tokens are opaque.
const OPAQUE: &str = "legacy";

/// The issuer that signs with ES256 alone, as IAP does.
const IAP: &str = "iap";

const LIFE_S: u64 = 300;

fn key() -> ApiKey {
    ApiKey::from_random([7; 32])
}

fn revoked_key() -> ApiKey {
    ApiKey::from_random([8; 32])
}

/// The entries of the KV store: the record that the document shows, for a key that is good and for one that was revoked.
pub(super) fn records(document: &Document) -> BTreeMap<String, String> {
    let shown: Vec<&Value> = document.sections.iter().flat_map(|section| &section.records).collect();
    let [shown] = shown.as_slice() else {
        panic!("one record of an API key is shown: {shown:?}")
    };
    let record = |key: &ApiKey, revoked_at: Option<u64>| {
        let mut record = (*shown).clone();
        record["id"] = key.id().into();
        record["created_at"] = unix_s().saturating_sub(2 * 86_400).into();
        record["expires_at"] = unix_s().saturating_add(86_400).into();
        if let Some(revoked_at) = revoked_at {
            record["revoked_at"] = revoked_at.into();
        }
        (key.entry(), record.to_string())
    };
    let yesterday = unix_s().saturating_sub(86_400);
    BTreeMap::from([record(&key(), None), record(&revoked_key(), Some(yesterday))])
}

/// All variables of a section by their names.
pub(super) async fn variables(world: &World, section: &Section) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::from([("GATEWAY".to_owned(), world.gateway.url())]);
    let mut set = |name: &str, value: String| {
        let before = variables.insert(name.to_owned(), value);
        assert_eq!(before, None, "{}: ${name} comes twice", section.title);
    };
    let client = Client::new(Algorithm::Es256).expect("a client");
    for said in &section.tokens {
        set(&said.variable, token(world, said, &client));
    }
    match (section.title.as_str(), section.tokens.first()) {
        ("Partners with a shared secret", Some(first)) => {
            let issuer = world.issuer(&first.issuer).expect("it");
            let forged = signed(issuer, first, &client).hmac_under(HmacAlgorithm::Hs512, "another secret");
            set("FORGED", forged.build().expect("a token"));
        }
        ("Opaque tokens", Some(first)) => {
            let revoked = token(world, first, &client);
            assert!(world.issuer(&first.issuer).expect("it").revoke_opaque(&revoked));
            set("REVOKED", revoked);
        }
        ("Tokens bound to a key (DPoP)", Some(first)) => {
            let token = token(world, first, &client);
            let nonce = nonce(world, &client, &token).await;
            let url = format!("{}/v1/payments", world.gateway.url());
            let proof = |token: &str, nonce| client.proof("POST", &url, Some(token), nonce).expect("a proof");
            // The section's own token, which every proof is for.
            set("PROOF", proof(&token, None));
            set("PROOF_WITH_NONCE", proof(&token, Some(&nonce)));
            variables.insert(first.variable.clone(), token);
        }
        ("API keys", None) => {
            let good = key().text().expose().clone();
            let typo = good.replacen("BwcH", "BwcI", 1);
            assert_ne!(good, typo);
            set("KEY", good);
            set("TYPO", typo);
            set("REVOKED", revoked_key().text().expose().clone());
        }
        _ => {}
    }
    variables
}

/// The values that no log may have.
pub(super) fn secrets(variables: &BTreeMap<String, String>) -> impl Iterator<Item = &str> {
    let values = variables.iter().filter(|(name, _)| *name != "GATEWAY");
    values.map(|(_, value)| value.as_str())
}

fn token(world: &World, said: &Said, client: &Client) -> String {
    let issuer = world.issuer(&said.issuer).expect("an issuer of the policy");
    if said.issuer == OPAQUE {
        return issuer.opaque_token(claims(said, client));
    }
    signed(issuer, said, client).build().expect("a token")
}

fn signed<'i>(issuer: &'i Issuer, said: &Said, client: &Client) -> TokenBuilder<'i> {
    let token = match said.issuer.as_str() {
        IAP => issuer.token().algorithm(Algorithm::Es256),
        _ => issuer.token(),
    };
    token.raw_claims(Value::Object(claims(said, client)).to_string())
}

/// What the document says that the token says, from now and for five minutes unless it says otherwise.
fn claims(said: &Said, client: &Client) -> Map<String, Value> {
    let mut claims = said.claims.clone();
    if claims.get("cnf").is_some_and(|cnf| cnf["jkt"] == "$JKT") {
        claims.insert("cnf".to_owned(), json!({ "jkt": client.jkt() }));
    }
    for (name, at) in [("iat", unix_s()), ("exp", unix_s().saturating_add(LIFE_S))] {
        claims.entry(name).or_insert(at.into());
    }
    claims
}

/// The nonce that the gateway tells a client without.
async fn nonce(world: &World, client: &Client, token: &str) -> String {
    let url = format!("https://{HOST}/v1/payments");
    let proof = client.proof("POST", &url, Some(token), None).expect("a proof");
    let ask = Ask::new("POST", "/v1/payments").header("Authorization", format!("DPoP {token}"));
    let answer = world.ask(ask.header("DPoP", proof).header("Content-Length", "0")).await;
    answer.header("dpop-nonce").expect("a nonce").to_owned()
}
