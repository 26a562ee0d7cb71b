//! The same work in larger and larger worlds: what must stay flat, and what may grow with what one request brings.

use serde_json::{Map, Value, json};
use tollgate_devstack::signing::Algorithm;

use crate::scenario::{Request, Scenario, State};

use super::setting::{ISSUER, Setting, claims, enforce, expect, put_index, put_key, request};

/// How many routes a policy has, and how many services they go to.
const ROUTES: [usize; 4] = [10, 100, 1_000, 10_000];
const SERVICES: usize = 10;
const ISSUERS: [usize; 4] = [1, 5, 20, 50];
const KEYS: [usize; 4] = [2, 20, 100, 500];
/// The claims of a token as JSON, in bytes. A token is a third longer, and the gateway takes no token above 8,192 bytes.
const CLAIMS_BYTES: [usize; 5] = [512, 1_024, 2_048, 4_096, 5_500];
const HEADERS: [usize; 4] = [5, 15, 30, 60];

pub(super) fn all(setting: &Setting) -> anyhow::Result<Vec<Scenario>> {
    let mut scenarios = Vec::new();
    for count in ROUTES {
        scenarios.extend(routes(setting, count)?);
    }
    for count in ISSUERS {
        scenarios.push(issuers(setting, count)?);
    }
    for count in KEYS {
        scenarios.push(keys(setting, count));
    }
    for bytes in CLAIMS_BYTES {
        scenarios.extend(claims_of(setting, bytes));
    }
    scenarios.extend(HEADERS.map(|count| headers(setting, count)));
    Ok(scenarios)
}

/// A public answer under a policy with that many routes, the matching one in the middle. The others go to a few services
/// and ask for scopes, as those of a company would.
fn routes(setting: &Setting, count: usize) -> anyhow::Result<[Scenario; 2]> {
    let counted = request(&format!("/v1/resource-{:05}/7", count / 2), None);
    let mut world = setting.world.clone();
    enforce(&mut world, &policy_of(count))?;
    let scenario = |word: &str, state: State, before: Vec<Request>| Scenario {
        world: world.clone(),
        ..setting.scenario(format!("routes/{count}/{word}"), &before, state, &counted, expect(200))
    };
    Ok([
        scenario("fresh", State::Fresh, vec![]),
        scenario("reused", State::Reused, vec![counted.clone()]),
    ])
}

fn policy_of(count: usize) -> String {
    let mut policy = format!(
        "[gateway]\nhosts = [\"api.example.com\"]\n[issuers.login]\nissuer = \"{ISSUER}\"\naudience = [\"api://orders\"]\n"
    );
    for service in 0..SERVICES {
        policy.push_str(&format!(
            "[services.s{service}]\nurl = \"https://s{service}-1.europe-west1.run.app\"\ninvoker = \"edge@my-project.iam.gserviceaccount.com\"\n"
        ));
    }
    for at in 0..count {
        let service = at % SERVICES;
        let does = match at == count / 2 {
            true => "allow = \"anyone\"\nrespond = { status = 200, body = \"ok\" }".to_owned(),
            false => {
                format!("allow = [{{ issuer = \"login\", scopes = [\"s{service}:read\"] }}]\nto = \"s{service}\"")
            }
        };
        policy.push_str(&format!(
            "[[routes]]\npath = \"/v1/resource-{at:05}/{{id}}\"\nmethods = [\"GET\"]\n{does}\n"
        ));
    }
    policy
}

/// Claims in the POP's cache, a fresh sandbox, and that many issuers.
fn issuers(setting: &Setting, count: usize) -> anyhow::Result<Scenario> {
    let other =
        |at: usize| format!("[issuers.i{at}]\nissuer = \"https://i{at}.example.com\"\naudience = [\"api://orders\"]\n");
    let others: String = (1..count).map(other).collect();
    let policy = format!(
        "[gateway]\nhosts = [\"api.example.com\"]\n[issuers.login]\nissuer = \"{ISSUER}\"\naudience = [\"api://orders\"]\n\
         {others}[[routes]]\npath = \"/v1/whoami\"\nallow = [{{ issuer = \"login\" }}]\nrespond = {{ status = 200 }}\n"
    );
    let mut scenario = known_in_pop(
        setting,
        format!("issuers/{count}/fresh"),
        &setting.token(Algorithm::Rs256),
    );
    enforce(&mut scenario.world, &policy)?;
    Ok(scenario)
}

/// Claims in the POP's cache, a fresh sandbox, and that many keys of one issuer in the store (`tollgate` itself stores 64
/// of one at most). Each is an entry, so this should cost the same whatever the number.
fn keys(setting: &Setting, count: usize) -> Scenario {
    let kids: Vec<String> = (0..count).map(|at| format!("key-{at:03}")).collect();
    let used = format!("key-{:03}", count / 2);
    let token = setting.signed_as(Algorithm::Rs256, &used, &claims());
    let mut scenario = known_in_pop(setting, format!("keys/{count}/fresh"), &token);
    for kid in &kids {
        put_key(&mut scenario.world, ISSUER, kid, &setting.jwk(Algorithm::Rs256, kid));
    }
    put_index(&mut scenario.world, ISSUER, &kids);
    scenario
}

fn known_in_pop(setting: &Setting, name: String, token: &str) -> Scenario {
    let whoami = request("/v1/whoami", Some(token));
    setting.scenario(
        name,
        std::slice::from_ref(&whoami),
        State::Fresh,
        &whoami,
        expect(200).claims("pop"),
    )
}

/// A token with claims of that size: verified, from the POP's cache, and from the sandbox's memory.
fn claims_of(setting: &Setting, bytes: usize) -> [Scenario; 3] {
    let token = setting.signed(Algorithm::EdDsa, &claims_of_size(bytes));
    let whoami = request("/v1/whoami", Some(&token));
    let other = request("/v1/whoami", Some(&setting.token(Algorithm::EdDsa)));
    let name = |word: &str| format!("claims/{bytes}/{word}");
    [
        setting.scenario(
            name("verified"),
            &[other],
            State::Reused,
            &whoami,
            expect(200).claims("verified"),
        ),
        known_in_pop(setting, name("pop"), &token),
        setting.scenario(
            name("sandbox"),
            std::slice::from_ref(&whoami),
            State::Reused,
            &whoami,
            expect(200).claims("sandbox"),
        ),
    ]
}

/// The usual claims with as many groups as make this size; for less, without those that nobody needs.
fn claims_of_size(bytes: usize) -> Map<String, Value> {
    let mut claims = claims();
    let size = |claims: &Map<String, Value>| Value::Object(claims.clone()).to_string().len();
    for unneeded in ["roles", "name", "org_id", "email", "email_verified"] {
        if size(&claims) > bytes {
            claims.remove(unneeded);
        }
    }
    let mut groups = Vec::new();
    while size(&claims) < bytes {
        groups.push(json!(format!("group-{:04}", groups.len())));
        claims.insert("groups".to_owned(), Value::Array(groups.clone()));
    }
    claims
}

/// A forwarded request with that many headers, everything remembered.
fn headers(setting: &Setting, count: usize) -> Scenario {
    let mut order = request("/v1/orders/7", Some(&setting.token(Algorithm::Rs256)));
    // `Host` and `Authorization` must stay.
    order.headers.rotate_right(1);
    order.headers.truncate(count);
    for at in order.headers.len()..count {
        order
            .headers
            .push((format!("x-header-{at:02}"), "a value of some thirty bytes".to_owned()));
    }
    setting.scenario(
        format!("headers/{count}/reused"),
        std::slice::from_ref(&order),
        State::Reused,
        &order,
        expect(200).claims("sandbox").google_token("sandbox"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_have_the_size_that_is_asked_for() {
        for bytes in CLAIMS_BYTES {
            let size = Value::Object(claims_of_size(bytes)).to_string().len();
            assert!((bytes..bytes + 24).contains(&size), "{bytes}: {size}");
        }
    }
}
