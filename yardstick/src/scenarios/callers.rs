//! Callers of other kinds than a bearer JWT: with proofs, shared secrets, API keys and opaque tokens. And a key that is
//! fetched.

use serde_json::json;
use tollgate::identity::api_key::ApiKey;
use tollgate_devstack::signing::Algorithm;

use crate::scenario::{Request, Response, Scenario, State, World};

use super::setting::{ISSUER, NOW_S, Setting, claims, enforce, expect, json_response, kid, put_key, request};

const POLICY: &str = include_str!("callers.toml");
const PATH: &str = "/v1/whoami";
const URL: &str = "https://api.example.com/v1/whoami";

/// The secret that is shared with an issuer: as long as HS256 needs.
const SECRET: &[u8; 32] = b"0123456789abcdef0123456789abcdef";

pub(super) fn all(setting: &Setting) -> anyhow::Result<Vec<Scenario>> {
    let world = world(setting)?;
    let mut scenarios = Vec::new();
    scenarios.extend(proofs(setting, &world)?);
    let mut shared = claims();
    shared.insert("iss".to_owned(), json!("https://shared.example.com"));
    let shared = setting.shared(SECRET, &shared)?;
    scenarios.extend(both(setting, &world, "hs256", &shared, "verified"));
    let key = ApiKey::from_random([7; 32]);
    scenarios.extend(both(setting, &world, "api-key", key.text().expose(), "stored"));
    scenarios.extend(both(
        setting,
        &world,
        "opaque",
        "opaque-token-of-some-length",
        "introspected",
    ));
    scenarios.push(fetched(setting, &world));
    Ok(scenarios)
}

fn world(setting: &Setting) -> anyhow::Result<World> {
    let mut world = setting.world.clone();
    enforce(&mut world, POLICY)?;
    let key = ApiKey::from_random([7; 32]);
    let record = json!({
        "id": key.id(), "issuer": "partners", "owner": "acme", "scopes": ["orders:read"], "created_at": NOW_S - 60,
    });
    world.state = vec![(key.entry(), record.to_string())];
    world
        .secrets
        .push(("opaque-client".to_owned(), "a secret of the gateway's own".to_owned()));
    world
        .secrets
        .push(("shared".to_owned(), String::from_utf8_lossy(SECRET).into_owned()));
    let answer = json!({ "active": true, "aud": "api://orders", "sub": "u1", "exp": NOW_S + 600 });
    let set = json!({ "keys": Algorithm::ALL.map(|algorithm| setting.jwk(algorithm, kid(algorithm))) });
    let outside: [(&str, Response); 2] = [
        ("opaque.example", json_response(&answer)),
        ("login.example.com", json_response(&set)),
    ];
    world
        .outside
        .extend(outside.map(|(host, response)| (host.to_owned(), response)));
    Ok(world)
}

/// A credential for the first time, and again in the same sandbox.
fn both(setting: &Setting, world: &World, name: &str, token: &str, first: &str) -> Vec<Scenario> {
    let counted = request(PATH, Some(token));
    let scenario = |what: &str, state, before: &[Request], source: &str| Scenario {
        world: world.clone(),
        ..setting.scenario(
            format!("callers/{name}/{what}"),
            before,
            state,
            &counted,
            expect(200).claims(source),
        )
    };
    let before = [counted.clone()];
    vec![
        scenario("first/fresh", State::Fresh, &[], first),
        scenario("remembered/reused", State::Reused, &before, "sandbox"),
    ]
}

/// A remembered token whose proof is verified each time.
fn proofs(setting: &Setting, world: &World) -> anyhow::Result<Vec<Scenario>> {
    let mut scenarios = Vec::new();
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let mut bound = claims();
        bound.insert("cnf".to_owned(), json!({ "jkt": setting.thumbprint(algorithm)? }));
        let token = setting.signed(Algorithm::EdDsa, &bound);
        let with_proof = |id: &str| {
            let mut request = request(PATH, Some(&token));
            for (name, value) in &mut request.headers {
                if name == "authorization" {
                    *value = format!("DPoP {token}");
                }
            }
            let proof = setting.proof(algorithm, (URL, &token), id);
            request.headers.push(("dpop".to_owned(), proof));
            request
        };
        let before = [with_proof("1")];
        let name = format!("callers/dpop-{}/remembered/reused", kid(algorithm));
        scenarios.push(Scenario {
            world: world.clone(),
            ..setting.scenario(
                name,
                &before,
                State::Reused,
                &with_proof("2"),
                expect(200).claims("sandbox"),
            )
        });
    }
    Ok(scenarios)
}

/// A token of a key that the store does not have.
fn fetched(setting: &Setting, world: &World) -> Scenario {
    let counted = request(PATH, Some(&setting.token(Algorithm::EdDsa)));
    let mut world = world.clone();
    // Another key under its name: an issuer that is stored, but not with the token's key.
    world.config.retain(|(store, ..)| store != "tollgate_keys");
    put_key(&mut world, ISSUER, "other", &setting.jwk(Algorithm::EdDsa, "other"));
    Scenario {
        world,
        ..setting.scenario(
            "callers/key-fetched/fresh",
            &[],
            State::Fresh,
            &counted,
            expect(200).claims("verified"),
        )
    }
}
