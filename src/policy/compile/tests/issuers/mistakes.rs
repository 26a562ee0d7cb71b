//! One mistake of an issuer at a time, and what is said of it.

use super::*;

/// The keys of an issuer, the place below it that is blamed, and words of what is said.
#[test]
fn each_mistake_of_an_issuer_is_told_at_its_place() {
    let tokens = |more: &str| format!("{TOKENS}{more}");
    let tenants = |more: &str| format!("issuer = \"https://e.example/{{tenant}}\"\naudience = [\"a\"]\n{more}");
    let asked = |more: &str| {
        let rest = "client = \"g\", secret = \"s\"";
        let all = "url = \"https://x.example/i\", client = \"g\", secret = \"s\"";
        match more.starts_with("url") {
            true => tokens(&format!("introspection = {{ {more} }}")),
            false if more.is_empty() => tokens(&format!("introspection = {{ url = \"x\", {rest} }}")),
            false => tokens(&format!("introspection = {{ {all} }}\n{more}")),
        }
    };
    let pubsub = |more: &str| format!("preset = \"google-pubsub\"\naudience = [\"a\"]\n{more}");
    let account = "emails = [\"a@p.iam.gserviceaccount.com\"]\n";
    let list = |count: usize| format!("{:?}", (0..count).map(|at| format!("t{at}")).collect::<Vec<_>>());
    for (keys, place, words) in [
        ("audience = [\"a\"]".to_owned(), ".issuer", "add the `iss`"),
        ("issuer = \"\"\naudience = [\"a\"]".to_owned(), ".issuer", "no name"),
        (
            "issuer = \"tollgate:x\"\naudience = [\"a\"]".to_owned(),
            ".issuer",
            "gateway's own",
        ),
        ("issuer = \"https://x.example\"".to_owned(), ".audience", "no audience"),
        (
            "issuer = \"https://x.example\"\naudience = [\"\"]".to_owned(),
            ".audience",
            "no audience",
        ),
        (
            format!("issuer = \"i\"\naudience = {}", list(65)),
            ".audience",
            "64 at most",
        ),
        (tokens("leeway = \"6m\""), ".leeway", "300 seconds"),
        (tokens("roles = \"a..b\""), ".roles", "empty step"),
        (tenants(""), ".issuer", "no tenants are named"),
        (tokens("tenants = [\"a\"]"), ".tenants", "no `{tenant}`"),
        (tenants("tenants = []"), ".tenants", "takes no token"),
        (tenants(&format!("tenants = {}", list(65))), ".tenants", "64 at most"),
        (tenants("tenants = [\"a\", \"*\"]"), ".tenants[1]", "stands alone"),
        (tenants("tenants = [\"a/b\"]"), ".tenants[0]", "can't be a tenant"),
        (tenants("tenants = [\"a\", \"a\"]"), ".tenants[1]", "twice"),
        (
            "issuer = \"https://e.example/{tenantid}\"\naudience = [\"a\"]".to_owned(),
            ".issuer",
            "the one `{tenant}`",
        ),
        (
            "issuer = \"https://{tenant}.example/{tenant}\"\ntenants = [\"a\"]\naudience = [\"a\"]".to_owned(),
            ".issuer",
            "the one `{tenant}`",
        ),
        (
            tenants("tenants = [\"a\"]\nkeys = { url = \"https://e.example/{tenant}/k\" }"),
            ".keys.url",
            "one URL",
        ),
        (tokens("types = []"), ".types", "takes no token"),
        (tokens("types = [\"jwt\"]"), ".types[0]", "write `JWT`"),
        (tokens("claims = {}"), ".claims", "no claim"),
        (tokens("claims = { a = \"{id}\" }"), ".claims.a", "no path"),
        (tokens("claims = { a = { exists = false } }"), ".claims.a", "not there"),
        (tokens("claims = { \"a..b\" = 1 }"), ".claims.a..b", "empty step"),
        (
            tokens(&format!(
                "claims = {{ {} }}",
                (0..17).map(|at| format!("c{at} = 1")).collect::<Vec<_>>().join(", ")
            )),
            ".claims",
            "16 at most",
        ),
        (
            tokens("keys = { url = \"http://x.example/jwks\" }"),
            ".keys.url",
            "not https",
        ),
        (tokens("keys = { url = \"jwks\" }"), ".keys.url", "not a URL"),
        (
            tokens(&format!(
                "keys = {{ url = \"https://x.example/{}\" }}",
                "a".repeat(1_024)
            )),
            ".keys.url",
            "1024 at most",
        ),
        (
            tokens("keys = { refresh = \"0s\" }"),
            ".keys.refresh",
            "1 second to a day",
        ),
        (
            tokens("keys = { refresh = \"2d\", max_age = \"7d\" }"),
            ".keys.refresh",
            "1 second to a day",
        ),
        (
            tokens("keys = { unknown = \"1d\" }"),
            ".keys.unknown",
            "1 second to an hour",
        ),
        (
            tokens("keys = { unknown = \"0s\" }"),
            ".keys.unknown",
            "1 second to an hour",
        ),
        (
            tokens("keys = { unknown = \"61m\" }"),
            ".keys.unknown",
            "1 second to an hour",
        ),
        (
            tokens("keys = { refresh = \"1h\", max_age = \"30m\" }"),
            ".keys.max_age",
            "`refresh` and a minute more, to 30 days",
        ),
        (
            tokens("keys = { refresh = \"1h\", max_age = \"1h\" }"),
            ".keys.max_age",
            "`refresh` and a minute more",
        ),
        (
            tokens("keys = { refresh = \"1d\" }"),
            ".keys.max_age",
            "`refresh` and a minute more",
        ),
        (tokens("secret = { name = \"a/b\" }"), ".secret.name", "secret's name"),
        (
            tokens("secret = { name = \"s\", algorithm = \"RS256\" }"),
            ".secret.algorithm",
            "`HS256`",
        ),
        (
            tokens("secret = { name = \"s\" }\nkeys = {}"),
            ".secret",
            "both `keys` and `secret`",
        ),
        (asked("secret = { name = \"hmac\" }"), ".introspection", "both `secret`"),
        (asked(""), ".introspection.url", "not a URL"),
        (
            asked("url = \"https://x.example/i\", client = \"\", secret = \"s\""),
            ".introspection.client",
            "client",
        ),
        (
            asked("url = \"https://x.example/i\", client = \"g\", secret = \"\""),
            ".introspection.secret",
            "secret's name",
        ),
        (
            asked("url = \"https://x.example/i\", client = \"g\", secret = \"s\", remember = \"61m\""),
            ".introspection.remember",
            "an hour at most",
        ),
        (asked("types = [\"JWT\"]"), ".types", "opaque token"),
        (
            "api_keys = true\naudience = [\"a\"]".to_owned(),
            ".audience",
            "API keys have",
        ),
        ("api_keys = true\nissuer = \"i\"".to_owned(), ".issuer", "API keys have"),
        (
            "api_keys = true\nbound = \"dpop\"".to_owned(),
            ".bound",
            "API keys have",
        ),
        ("api_keys = true\nroles = \"r\"".to_owned(), ".roles", "API keys have"),
        (
            "api_keys = true\nkeys = {}".to_owned(),
            ".api_keys",
            "both `keys` and `api_keys`",
        ),
        (
            "api_keys = true\npreset = \"firebase\"".to_owned(),
            ".api_keys",
            "both `preset`",
        ),
        (tokens("bound = \"tls\""), ".bound", "`certificate`"),
        (tokens("dpop_nonce = \"\""), ".dpop_nonce", "secret's name"),
        (
            tokens("bound = \"certificate\"\ndpop_nonce = \"n\""),
            ".dpop_nonce",
            "no proof",
        ),
        (tokens("emails = [\"a@b.example\"]"), ".emails", "no meaning here"),
        (
            "preset = \"google-pubsup\"".to_owned(),
            ".preset",
            "write `google-pubsub`",
        ),
        (
            "preset = \"auth0\"".to_owned(),
            ".preset",
            "use one of: google-service-account",
        ),
        (pubsub(""), ".emails", "which are meant"),
        (pubsub("emails = []"), ".emails", "names nobody"),
        (
            pubsub("emails = [\"me@example.com\"]"),
            ".emails[0]",
            "no service account",
        ),
        (
            format!("preset = \"google-pubsub\"\n{account}"),
            ".audience",
            "no audience",
        ),
        (
            pubsub(&format!("{account}project = \"p\"")),
            ".project",
            "presets that have it: firebase",
        ),
        (
            pubsub(&format!("{account}issuer = \"https://x.example\"")),
            ".issuer",
            "remove `issuer` or `preset`",
        ),
        (
            pubsub(&format!("{account}tenants = [\"a\"]")),
            ".tenants",
            "no `{tenant}`",
        ),
        (
            pubsub(&format!("{account}secret = {{ name = \"s\" }}")),
            ".secret",
            "both `preset` and `secret`",
        ),
        (
            "preset = \"google-workspace\"\naudience = [\"a\"]\nhosted_domains = [\"@example.com\"]".to_owned(),
            ".hosted_domains[0]",
            "no domain",
        ),
        (
            "preset = \"google-iap\"\naudience = [\"https://a.example\"]".to_owned(),
            ".audience[0]",
            "no audience of",
        ),
        ("preset = \"firebase\"".to_owned(), ".project", "which are meant"),
        (
            "preset = \"firebase\"\nproject = \"a/b\"".to_owned(),
            ".project",
            "can't be a project",
        ),
    ] {
        let problems = compile_text(&format!("{GOOD}[issuers.x]\n{keys}\n")).expect_err(&keys);
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), 1, "{keys}: {told:#?}");
        assert_eq!(problems[0].place, format!("issuers.x{place}"), "{keys}: {told:#?}");
        assert!(told[0].contains(words), "{keys}: {}", told[0]);
    }
}

/// Who knows a secret for one thing could make the other.
#[test]
fn a_secret_has_one_purpose() {
    let hmac = |name: &str, more: &str| {
        format!(
            "[issuers.{name}]\nissuer = \"https://{name}.example\"\naudience = [\"a\"]\nsecret = {{ name = \"s\" }}\n{more}\n"
        )
    };
    let asked = |secret: &str| {
        format!(
            "[issuers.asked]\nissuer = \"https://asked.example\"\naudience = [\"a\"]\n\
             introspection = {{ url = \"https://asked.example/i\", client = \"g\", secret = \"{secret}\" }}\n"
        )
    };
    let nonce = |name: &str| {
        format!("[issuers.{name}]\nissuer = \"https://{name}.example\"\naudience = [\"a\"]\ndpop_nonce = \"s\"\n")
    };
    let service = |more: &str| {
        format!(
            "[services.more]\nurl = \"https://more.example\"\ninvoker = \"edge@p.iam.gserviceaccount.com\"\n{more}\n"
        )
    };
    let of_invoker = "edge.p.iam.gserviceaccount.com";
    for (name, added, places) in [
        ("two issuers", hmac("b", "") + &hmac("c", ""), vec![]),
        ("two nonces", nonce("b") + &nonce("c"), vec![]),
        ("two services", service(""), vec![]),
        (
            "others",
            hmac("b", "dpop_nonce = \"n\"") + &asked("i") + &service("invoker_key = \"k\""),
            vec![],
        ),
        (
            "one issuer",
            hmac("b", "dpop_nonce = \"s\""),
            vec!["issuers.b.dpop_nonce"],
        ),
        (
            "three issuers",
            asked("s") + &hmac("b", "") + &nonce("c"),
            vec!["issuers.b.secret.name", "issuers.c.dpop_nonce"],
        ),
        (
            "a service",
            hmac("b", "") + &service("invoker_key = \"s\""),
            vec!["services.more.invoker_key"],
        ),
        ("a service without", asked(of_invoker), vec!["services.orders.invoker"]),
    ] {
        let problems = compile_text(&format!("{GOOD}{added}")).err().unwrap_or_default();
        let mut told: Vec<_> = problems.iter().map(|problem| problem.place.as_str()).collect();
        told.sort_unstable();
        assert_eq!(told, places, "{name}: {problems:#?}");
        assert!(
            problems
                .iter()
                .all(|problem| problem.to_string().contains("could make")),
            "{name}"
        );
    }
}
