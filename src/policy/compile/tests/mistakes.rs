//! One mistake at a time, and what is said of it.

use super::*;

/// Something that is added to a good policy, the place that is blamed, and words of what is said.
#[test]
fn each_mistake_is_told_at_its_place() {
    let route = |more: &str| format!("[[routes]]\npath = \"/x/{{id}}\"\nmethods = [\"GET\"]\n{more}");
    let allowed = |more: &str| route(&format!("to = \"orders\"\nallow = [{{ issuer = \"okta\", {more} }}]"));
    let public = |more: &str| route(&format!("to = \"orders\"\nallow = \"anyone\"\n{more}"));
    let fixed = |more: &str| route(&format!("allow = \"anyone\"\n{more}"));
    let example = |more: &str| format!("[[examples]]\nrequest = \"GET /healthz\"\nexpect = \"respond 200\"\n{more}");
    let service = |more: &str| format!("[services.more]\ninvoker = \"edge@p.iam.gserviceaccount.com\"\n{more}");
    for (added, place, words) in [
        (
            allowed("addresses = [\"10.0.0.1/8\"]"),
            "routes[2].allow[0].addresses[0]",
            "write `10.0.0.0/8`",
        ),
        (
            allowed("addresses = [\"home\"]"),
            "routes[2].allow[0].addresses[0]",
            "no network",
        ),
        (
            allowed("countries = [\"de\"]"),
            "routes[2].allow[0].countries[0]",
            "upper-case",
        ),
        (
            allowed("hours = { from = \"8\", to = \"18:00\" }"),
            "routes[2].allow[0].hours.from",
            "no time of day",
        ),
        (
            allowed("hours = { from = \"08:00\", to = \"25:00\" }"),
            "routes[2].allow[0].hours.to",
            "no time of day",
        ),
        (
            allowed("hours = { from = \"08:00\", to = \"08:00\" }"),
            "routes[2].allow[0].hours",
            "begins when it ends",
        ),
        (
            allowed("hours = { from = \"08:00\", to = \"24:00\", days = [\"Monday\"] }"),
            "routes[2].allow[0].hours.days[0]",
            "no day",
        ),
        (
            allowed("hours = { from = \"08:00\", to = \"18:00\", utc_offset = \"CET\" }"),
            "routes[2].allow[0].hours.utc_offset",
            "no distance",
        ),
        (
            allowed("claims = { tenant = { exists = false } }"),
            "routes[2].allow[0].claims.tenant",
            "not there",
        ),
        (
            allowed("claims = { tenant = { one_of = [] } }"),
            "routes[2].allow[0].claims.tenant",
            "not one test",
        ),
        (
            allowed("claims = { tenant = \"{name}\" }"),
            "routes[2].allow[0].claims.tenant",
            "no `{name}`",
        ),
        (
            allowed("claims = { \"a..b\" = 1 }"),
            "routes[2].allow[0].claims.a..b",
            "empty step",
        ),
        (
            route("to = \"orders\"\nallow = [{ issuer = \"otka\" }]"),
            "routes[2].allow[0].issuer",
            "write `okta`",
        ),
        (
            route("to = \"order\"\nallow = \"anyone\""),
            "routes[2].to",
            "write `orders`",
        ),
        (
            public("hosts = [\"other.example\"]"),
            "routes[2].hosts[0]",
            "does not answer",
        ),
        (
            public("when = { headers = { \"a b\" = \"x\" } }"),
            "routes[2].when.headers.a b",
            "header's name",
        ),
        (
            public("when = { query = { page = 1 } }"),
            "routes[2].when.query.page",
            "quotes",
        ),
        (
            public("relax = [\"dot-segment\"]"),
            "routes[2].relax[0]",
            "nothing that a route may relax",
        ),
        (
            public("relax = [\"encoded-slash\"]"),
            "routes[2].relax",
            "go around routes[0]",
        ),
        (public("rewrite = \"/y/{name}\""), "routes[2].rewrite", "no `{name}`"),
        (public("rewrite = \"/../y\""), "routes[2].rewrite", "canonical"),
        (
            public("request_headers = { set = { Host = \"x\" } }"),
            "routes[2].request_headers.set.Host",
            "own",
        ),
        (
            public("request_headers = { set = { x_forwarded_for = \"x\" } }"),
            "routes[2].request_headers.set.x_forwarded_for",
            "own",
        ),
        (
            public("request_headers = { set = { a = \"x\\ny\" } }"),
            "routes[2].request_headers.set.a",
            "value",
        ),
        (
            public("response_headers = { remove = [\"a b\"] }"),
            "routes[2].response_headers.remove[0]",
            "name",
        ),
        (
            fixed("redirect = { to = \"http://a.example/\" }"),
            "routes[2].redirect.to",
            "https",
        ),
        (
            fixed("redirect = { to = \"/y\", status = 200 }"),
            "routes[2].redirect.status",
            "no redirect",
        ),
        (
            fixed("respond = { status = 200 }\nrewrite = \"/y\""),
            "routes[2].rewrite",
            "nothing goes to a service",
        ),
        (
            fixed("respond = { status = 200 }\nredirect = { to = \"/y\" }"),
            "routes[2]",
            "more than one thing",
        ),
        (service(""), "services.more", "where it is reached"),
        (
            service(
                "regions = [{ name = \"a\", url = \"https://a.run.app\" }, { name = \"b\", url = \"https://b.run.app\" }]",
            ),
            "services.more",
            "audience",
        ),
        (
            service(
                "audience = \"a\"\nregions = [{ name = \"a\", url = \"https://a.run.app\" }, { name = \"b\", url = \"https://b.run.app\" }, \
                 { name = \"c\", url = \"https://c.run.app\" }, { name = \"d\", url = \"https://d.run.app\" }, \
                 { name = \"e\", url = \"https://e.run.app\" }]",
            ),
            "services.more.regions",
            "5 regions",
        ),
        (
            service(
                "audience = \"a\"\nregions = [{ name = \"a\", url = \"https://a.run.app\" }, { name = \"b\", url = \"https://a.run.app:443\" }]",
            ),
            "services.more.regions[1].url",
            "another region's already",
        ),
        (
            service("url = \"https://a.run.app\"\nregions = [{ name = \"b\", url = \"https://b.run.app\" }]"),
            "services.more.url",
            "both",
        ),
        (
            service("url = \"https://a.run.app\"\nrevisions.next = { percent = 5 }"),
            "services.more.revisions.next",
            "where it is reached",
        ),
        (
            service("url = \"https://a.run.app\"\nrevisions.next = { tag = \"Next\" }"),
            "services.more.revisions.next.tag",
            "traffic tag",
        ),
        (
            service(
                "url = \"https://a.run.app\"\nrevisions = { a = { tag = \"a\", percent = 60 }, b = { tag = \"b\", percent = 41 } }",
            ),
            "services.more.revisions",
            "101 percent",
        ),
        (
            service("url = \"https://a.run.app\"\nrevisions.next = { tag = \"next\", header = \"x-next\" }"),
            "services.more.revisions.next.header",
            "no header",
        ),
        (
            example("caller = { issuer = \"otka\" }"),
            "examples[0].caller.issuer",
            "write `okta`",
        ),
        (example("from = \"here\""), "examples[0].from", "no address"),
        (example("at_time = \"noon\""), "examples[0].at_time", "no time"),
        (
            "[[examples]]\nrequest = \"GET /\"\nexpect = \"allow\"".to_owned(),
            "examples[0].expect",
            "nothing that could come",
        ),
        (
            allowed("addresses = [\"::ffff:203.0.113.0/120\"]"),
            "routes[2].allow[0].addresses[0]",
            "IPv4",
        ),
        (
            allowed("claims = { tenant = { one_of = [\"{id}\"] } }"),
            "routes[2].allow[0].claims.tenant",
            "by itself",
        ),
        (
            service("url = \"https://a.run.app\"\nrevisions.next = { tag = \"next\", url = \"https://b.run.app\" }"),
            "services.more.revisions.next.url",
            "both",
        ),
        (
            service(
                "url = \"https://a.run.app\"\n[[routes]]\npath = \"/y/{id}\"\nallow = \"anyone\"\nto = \"more\"\nrelax = [\"backslash\"]\nrewrite = \"/{id}\"",
            ),
            "routes[2].rewrite",
            "relaxed",
        ),
        (allowed("roles = []"), "routes[2].allow[0].roles", "asks for nothing"),
        (
            allowed("addresses = []"),
            "routes[2].allow[0].addresses",
            "asks for nothing",
        ),
        (public("hosts = []"), "routes[2].hosts", "no request"),
        (
            service("url = \"http://127.0.0.1:8080\"\nrevisions.next = { tag = \"next\" }"),
            "services.more.revisions.next.tag",
            "https name",
        ),
        (
            format!("{}rewrite = \"/{{rest}}/end\"", public("").replace("{id}", "{rest...}")),
            "routes[2].rewrite",
            "stand last",
        ),
        (
            "[[routes]]\npath = \"/z/{rest...}\"\nallow = \"anyone\"\nto = \"orders\"\nrelax = [\"encoded-slash\"]\n\
             [[routes]]\npath = \"/z/private/{rest...}\"\nallow = \"anyone\"\nrespond = { status = 404 }"
                .to_owned(),
            "routes[2].relax",
            "go around routes[",
        ),
        (
            "[[examples]]\nrequest = \"GET /\"\nexpect = \"forward order\"".to_owned(),
            "examples[0].expect",
            "write `orders`",
        ),
        (
            "[[examples]]\nrequest = \"GET /\"\nexpect = \"forward orders@next\"".to_owned(),
            "examples[0].expect",
            "revisions.next",
        ),
        (
            "[[examples]]\nrequest = \"GET /\"\nexpect = \"respond 99\"".to_owned(),
            "examples[0].expect",
            "nothing that could come",
        ),
        (allowed("claims = {}"), "routes[2].allow[0].claims", "everybody"),
        (
            allowed("hours = { from = \"08:00\", to = \"18:00\", days = [] }"),
            "routes[2].allow[0].hours.days",
            "every day",
        ),
        (
            service(
                "regions = [{ name = \"a\", url = \"https://orders-1.europe-west1.run.app\" }, \
                 { name = \"b\", url = \"https://b.run.app\" }]\naudience = \"x\"\n[[routes]]\npath = \"/x/{id}\"\n\
                 methods = [\"GET\"]\nallow = \"anyone\"\nto = \"more\"\nrelax = [\"encoded-slash\"]",
            ),
            "routes[2].relax",
            "go around routes[0]",
        ),
    ] {
        let problems = compile_text(&format!("{GOOD}{added}\n")).expect_err(&added);
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), 1, "{added}: {told:#?}");
        assert_eq!(problems[0].place, place, "{added}: {told:#?}");
        assert!(told[0].contains(words), "{added}: {}", told[0]);
    }
}
