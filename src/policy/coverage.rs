//! Who may reach what: a site as a table of its routes, for people who answer for it.
//!
//! Promises: every route is a row, in order of precedence, and nothing that restricts it is left out.

use serde::Serialize;

use crate::policy::{
    hours::{DAYS, Hours},
    issuer::{ANY_TENANT, Bound, Issuer, Vouching},
    rule::Rule,
    site::{
        Settings, Site,
        route::{Action, Allow, Place, Route},
    },
    wanted::Test,
};

/// One route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Hosts; all of the gateway's where there are none.
    pub hosts: Vec<String>,
    /// The path template.
    pub path: String,
    /// Methods; all where there are none.
    pub methods: Vec<String>,
    /// What else a request must have, each in words.
    pub when: Vec<String>,
    /// Forms of paths that it takes and others refuse.
    pub relax: Vec<&'static str>,
    /// Where a credential may stand, each in words; nothing where that is `Authorization` alone.
    pub credential: Vec<String>,
    /// Who may: each alternative in words. `anyone` for a public route.
    pub who: Vec<String>,
    /// Where it goes, or what is answered.
    pub does: String,
}

/// The table of a site.
#[must_use]
pub fn rows(site: &Site) -> Vec<Row> {
    let settings = site.settings();
    site.parts().routes.iter().map(|route| row(route, settings)).collect()
}

/// Issuers and services that no route uses.
#[must_use]
pub fn unused(site: &Site) -> Vec<String> {
    let routes = &site.parts().routes;
    let rules = || {
        routes.iter().flat_map(|route| match &route.allow {
            Allow::Anyone => &[][..],
            Allow::OneOf(rules) => rules.as_slice(),
        })
    };
    let goes_to = |name: &str| {
        let to = |route: &Route| matches!(&route.action, Action::Forward(forward) if forward.service == name);
        routes.iter().any(to)
    };
    let issuers = site.settings().issuers.keys();
    let issuers = issuers.filter(|name| rules().all(|rule| !rule.issuers.contains(name)));
    let services = site.parts().services.keys().filter(|name| !goes_to(name));
    let issuers = issuers.map(|name| format!("no route admits callers of [issuers.{name}]"));
    issuers
        .chain(services.map(|name| format!("no route goes to [services.{name}]")))
        .collect()
}

fn row(route: &Route, settings: &Settings) -> Row {
    let issuer = |name: &String| match settings.issuers.get(name).and_then(vouched) {
        Some(how) => format!("{name} ({how})"),
        None => name.clone(),
    };
    let tests = |kind: &str, tests: &[Test]| -> Vec<String> {
        tests
            .iter()
            .map(|test| format!("{kind} {} {}", test.name, test.wanted.words()))
            .collect()
    };
    let mut when = tests("header", &route.when.headers);
    when.extend(tests("query", &route.when.query));
    Row {
        hosts: route.hosts.iter().map(|host| host.text()).collect(),
        path: route.path.text().to_owned(),
        methods: route.methods.clone(),
        when,
        relax: route.relax.iter().map(|relaxation| relaxation.word()).collect(),
        credential: route.credentials.iter().map(place).collect(),
        who: match &route.allow {
            Allow::Anyone => vec!["anyone".to_owned()],
            Allow::OneOf(rules) => rules.iter().map(|rule| words_of(rule, issuer)).collect(),
        },
        does: does(&route.action),
    }
}

/// A place of credentials in words.
fn place(place: &Place) -> String {
    match place {
        Place::Authorization => "authorization".to_owned(),
        Place::Header(name) => format!("header {name}"),
        Place::Cookie(name) => format!("cookie {name}"),
    }
}

/// What is special of an issuer's credentials; none for tokens that are signed with keys and bound to nothing.
fn vouched(issuer: &Issuer) -> Option<String> {
    let kind = match issuer.vouching {
        Vouching::Keys(_) => None,
        Vouching::Secret(_) => Some("shared secret"),
        Vouching::Introspection(_) => Some("opaque tokens"),
        Vouching::ApiKeys => Some("API keys"),
    };
    let any = issuer.tenants.iter().any(|tenant| tenant == ANY_TENANT);
    let bound = issuer.bound.map(|bound| match bound {
        Bound::Dpop => "bound by DPoP",
        Bound::Certificate => "bound to a certificate",
        Bound::Either => "bound by DPoP or to a certificate",
    });
    let words = [kind, any.then_some("any tenant"), bound];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// A rule in words.
#[must_use]
pub fn words(rule: &Rule) -> String {
    words_of(rule, String::clone)
}

fn words_of(rule: &Rule, issuer: impl Fn(&String) -> String) -> String {
    let issuers: Vec<String> = rule.issuers.iter().map(issuer).collect();
    let list = |word: &str, items: &[String], between: &str| {
        (!items.is_empty()).then(|| format!("{word} {}", items.join(between)))
    };
    let addresses: Vec<String> = rule.addresses.iter().map(ToString::to_string).collect();
    let claims = rule.claims.iter();
    let claims: Vec<String> = claims
        .map(|test| format!("claim {} {}", test.name, test.wanted.words()))
        .collect();
    let parts = [
        list("issuer", &issuers, " or "),
        list("scope", &rule.scopes, " and "),
        list("role", &rule.roles, " or "),
        list("group", &rule.groups, " or "),
        (!claims.is_empty()).then(|| claims.join(", ")),
        list("client", &rule.clients, " or "),
        list("from", &addresses, " or "),
        list("in", &rule.countries, " or "),
        rule.hours.map(hours),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Hours in words, as in `from 08:00 to 18:00 UTC+01:00 on mon, tue`.
#[must_use]
pub fn hours(hours: Hours) -> String {
    let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let days: Vec<&str> = (0_u32..)
        .zip(DAYS)
        .filter(|(number, _)| hours.days & 1_u8.wrapping_shl(*number) != 0)
        .map(|(_, day)| day)
        .collect();
    let on = if days.len() == DAYS.len() {
        String::new()
    } else {
        format!(" on {}", days.join(", "))
    };
    let sign = if hours.offset_min < 0 { '-' } else { '+' };
    let offset = clock(hours.offset_min.unsigned_abs());
    format!(
        "from {} to {} UTC{sign}{offset}{on}",
        clock(hours.from_min),
        clock(hours.to_min)
    )
}

fn does(action: &Action) -> String {
    match action {
        Action::Forward(forward) => match &forward.rewrite {
            Some(rewrite) => format!("forward {} as {}", forward.service, rewrite.text()),
            None => format!("forward {}", forward.service),
        },
        Action::Respond(respond) => format!("respond {}", respond.status),
        Action::Redirect(redirect) => {
            let origin = redirect.origin.as_deref().unwrap_or_default();
            format!("redirect {} {origin}{}", redirect.status, redirect.path.text())
        }
        Action::AssertionKeys => "respond with the assertion keys".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::compile::compile_text;

    #[test]
    fn a_row_leaves_out_nothing_that_restricts() {
        let site = compile_text(
            r#"
            [gateway]
            hosts = ["a.example"]
            [issuers.okta]
            issuer = "https://okta.example"
            audience = ["a"]
            [issuers.spare]
            issuer = "https://spare.example"
            audience = ["a"]
            [services.s]
            url = "https://s.run.app"
            invoker = "edge@p.iam.gserviceaccount.com"
            [[routes]]
            hosts = ["a.example"]
            path = "/{tenant}/files/{rest...}"
            methods = ["GET", "PUT"]
            when = { headers = { X-Beta = "on" }, query = { v = { prefix = "2" } } }
            relax = ["encoded-slash"]
            to = "s"
            [[routes.allow]]
            issuer = "okta"
            scopes = ["read", "write"]
            roles = ["admin", "owner"]
            groups = ["staff"]
            clients = ["app"]
            claims = { tenant = "{tenant}", tier = { one_of = [1, 2] } }
            addresses = ["203.0.113.0/24"]
            countries = ["DE"]
            hours = { from = "22:00", to = "06:00", days = ["fri"], utc_offset = "-03:30" }
            "#,
        )
        .unwrap_or_else(|problems| panic!("{problems:?}"));
        let row = rows(&site).remove(0);
        assert_eq!(row.when, ["header x-beta = `on`", "query v begins with `2`"]);
        assert_eq!(row.relax, ["encoded-slash"]);
        assert_eq!(
            row.who,
            [
                "issuer okta, scope read and write, role admin or owner, group staff, claim tenant = {tenant} of the path, \
              claim tier one of 1, 2, client app, from 203.0.113.0/24, in DE, from 22:00 to 06:00 UTC-03:30 on fri"
            ]
        );
        assert_eq!(row.does, "forward s");
        assert_eq!(unused(&site), ["no route admits callers of [issuers.spare]"]);
    }
    #[test]
    fn a_row_says_where_credentials_stand_and_how_they_are_verified() {
        let site = compile_text(
            r#"
            gateway.hosts = ["a.example"]
            issuers.plain = { issuer = "https://a.example", audience = ["a"] }
            issuers.hmac = { issuer = "https://b.example", audience = ["a"], secret = { name = "s" } }
            issuers.keys = { api_keys = true }
            issuers.proven = { issuer = "https://c.example", audience = ["a"], bound = "dpop" }
            issuers.mesh = { issuer = "https://d.example", audience = ["a"], bound = "certificate" }
            issuers.entra = { issuer = "https://e.example/{tenant}", audience = ["a"], tenants = ["*"], bound = "either" }
            [issuers.opaque]
            issuer = "https://f.example"
            audience = ["a"]
            introspection = { url = "https://f.example/i", client = "g", secret = "i" }
            [[routes]]
            path = "/"
            credential = [{ header = "X-API-Key" }, { cookie = "Session" }, "authorization"]
            allow = [{ issuer = ["plain", "hmac", "keys", "proven", "mesh", "entra", "opaque"] }]
            respond = { status = 200 }
            "#,
        )
        .unwrap_or_else(|problems| panic!("{problems:?}"));
        let row = rows(&site).remove(0);
        assert_eq!(row.credential, ["header x-api-key", "cookie Session", "authorization"]);
        assert_eq!(
            row.who,
            [
                "issuer plain or hmac (shared secret) or keys (API keys) or proven (bound by DPoP) or mesh (bound to a \
              certificate) or entra (any tenant, bound by DPoP or to a certificate) or opaque (opaque tokens)"
            ]
        );
    }
}
