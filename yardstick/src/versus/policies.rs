//! The same routes in both languages: as the gateway's policy, and as the plain handler's.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde_json::{Value, json};

/// The `iss` of valid tokens.
pub const ISSUER: &str = "https://example.okta.com/oauth2/default";
/// Their `aud`.
pub const AUDIENCE: &str = "api://orders";
/// The scope that the forwarded route asks for.
pub const SCOPE: &str = "orders:read";
/// The path that is answered at the edge, for any caller.
pub const WHOAMI: &str = "/v1/whoami";
/// The path that is forwarded.
pub const ORDER: &str = "/v1/orders/7";
/// The path that is answered to anyone.
pub const PUBLIC: &str = "/healthz";

/// How many characters one value of a config store may have.
const VALUE_CHARACTERS_MAX: usize = 8_000;

/// The gateway's policy with that many routes, three of which are used. `remember` is how long claims are remembered.
#[must_use]
pub fn gateway(origin: &str, routes: usize, remember: &str) -> String {
    let mut policy = format!(
        r#"[gateway]
hosts    = ["127.0.0.1"]
remember = "{remember}"

[issuers.okta]
issuer   = "{ISSUER}"
audience = ["{AUDIENCE}"]

[services.orders]
url      = "{origin}"
audience = "https://orders.example"
invoker  = "edge@my-project.iam.gserviceaccount.com"

[[routes]]
path    = "{PUBLIC}"
allow   = "anyone"
respond = {{ status = 200, body = "ok" }}

[[routes]]
path    = "{WHOAMI}"
methods = ["GET"]
allow   = [{{ issuer = "okta" }}]
respond = {{ status = 200, body = "ok" }}

[[routes]]
path    = "/v1/orders/{{id}}"
methods = ["GET"]
allow   = [{{ issuer = "okta", scopes = ["{SCOPE}"] }}]
to      = "orders"
"#
    );
    for number in 3..routes {
        policy.push_str(&format!(
            "\n[[routes]]\npath = \"/v1/area-{number}/{{id}}\"\nmethods = [\"GET\"]\n\
             allow = [{{ issuer = \"okta\", scopes = [\"{SCOPE}\"] }}]\nto = \"orders\"\n"
        ));
    }
    policy
}

/// The plain handler's config store, with that many routes, two of which are used.
///
/// # Errors
/// If one route alone does not fit a value.
pub fn plain(origin: &str, jwks: &Value, routes: usize) -> anyhow::Result<BTreeMap<String, String>> {
    let mut all = vec![
        plain_route(WHOAMI, "", "edge"),
        plain_route("/v1/orders/{id}", SCOPE, "origin"),
    ];
    all.extend((2..routes).map(|number| plain_route(&format!("/v1/area-{number}/{{id}}"), SCOPE, "origin")));
    let mut store: BTreeMap<String, String> = BTreeMap::new();
    for (number, page) in pages(&all)?.into_iter().enumerate() {
        let name = if number == 0 {
            "policy".to_owned()
        } else {
            format!("policy.{number}")
        };
        store.insert(name, page);
    }
    store.insert("jwks".to_owned(), jwks.to_string());
    store.insert("origin".to_owned(), origin.to_owned());
    Ok(store)
}

fn plain_route(path: &str, scope: &str, target: &str) -> Value {
    json!({ "method": "GET", "path": path, "scope": scope, "issuer": ISSUER, "audience": AUDIENCE, "target": target })
}

/// JSON arrays that hold these values in order, each short enough for one value of a config store.
fn pages(values: &[Value]) -> anyhow::Result<Vec<String>> {
    let mut pages = Vec::new();
    let mut page = String::new();
    for value in values.iter().map(Value::to_string) {
        // With one bracket and one comma, or two brackets.
        let length = page.len() + value.len() + 2;
        if !page.is_empty() && length > VALUE_CHARACTERS_MAX {
            pages.push(format!("{page}]"));
            page.clear();
        }
        (value.len() + 2 <= VALUE_CHARACTERS_MAX)
            .then_some(())
            .context("a route does not fit one value of a config store")?;
        page.push(if page.is_empty() { '[' } else { ',' });
        page.push_str(&value);
    }
    if !page.is_empty() {
        pages.push(format!("{page}]"));
    }
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateways_policy_compiles_and_has_its_routes() {
        let text = gateway("http://127.0.0.1:8080", 10, "0s");
        let (_, site) = tollgate_devstack::world::read_policy(&text).expect("a policy");
        assert_eq!(site.parts().routes.len(), 10);
        assert_eq!(site.settings().remember_s, 0);
    }

    #[test]
    fn a_thousand_routes_stand_in_pages_that_fit() {
        let store = plain("http://127.0.0.1:8080", &json!({ "keys": [] }), 1_000).expect("a store");
        assert!(store.values().all(|value| value.len() <= VALUE_CHARACTERS_MAX));
        let routes: usize = store
            .iter()
            .filter(|(name, _)| name.starts_with("policy"))
            .map(|(_, page)| serde_json::from_str::<Vec<Value>>(page).expect("an array").len())
            .sum();
        assert_eq!(routes, 1_000);
        assert!(store.contains_key("policy") && store.contains_key("policy.1"));
    }

    #[test]
    fn ten_routes_are_one_page() {
        let store = plain("http://127.0.0.1:8080", &json!({ "keys": [] }), 10).expect("a store");
        let names: Vec<_> = store.keys().map(String::as_str).collect();
        assert_eq!(names, ["jwks", "origin", "policy"]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        pages(&[json!("x".repeat(VALUE_CHARACTERS_MAX))]).expect_err("too long");
        assert_eq!(pages(&[]).expect("none"), Vec::<String>::new());
    }
}
