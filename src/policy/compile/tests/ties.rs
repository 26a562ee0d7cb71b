//! Which routes compete, and which lead around others.

use super::*;

/// Routes that go different ways by host, method or condition do not compete.
#[test]
fn routes_tie_only_where_nothing_tells_them_apart() {
    let policy = |one: &str, other: &str| {
        format!(
            "gateway.hosts = [\"a.example\", \"b.example\", \"*.c.example\"]\n\
             [[routes]]\nallow = \"anyone\"\nrespond = {{ status = 200 }}\n{one}\n\
             [[routes]]\nallow = \"anyone\"\nrespond = {{ status = 200 }}\n{other}\n"
        )
    };
    for (one, other, tie) in [
        ("path = \"/a\"", "path = \"/a\"", true),
        ("path = \"/{x}\"", "path = \"/{y}\"", true),
        ("path = \"/{x}\"", "path = \"/{y...}\"", false),
        ("path = \"/a\"", "path = \"/a\"\nmethods = [\"GET\"]", false),
        (
            "path = \"/a\"\nmethods = [\"HEAD\"]",
            "path = \"/a\"\nmethods = [\"GET\"]",
            true,
        ),
        (
            "path = \"/a\"\nmethods = [\"PUT\"]",
            "path = \"/a\"\nmethods = [\"GET\"]",
            false,
        ),
        ("path = \"/a\"\nhosts = [\"a.example\"]", "path = \"/a\"", false),
        (
            "path = \"/a\"\nhosts = [\"a.example\"]",
            "path = \"/a\"\nhosts = [\"b.example\"]",
            false,
        ),
        (
            "path = \"/a\"\nhosts = [\"a.example\", \"b.example\"]",
            "path = \"/a\"\nhosts = [\"b.example\"]",
            true,
        ),
        (
            "path = \"/a\"\nhosts = [\"x.c.example\"]",
            "path = \"/a\"\nhosts = [\"*.c.example\"]",
            false,
        ),
        ("path = \"/a\"\nwhen.headers = { v = \"1\" }", "path = \"/a\"", false),
        (
            "path = \"/a\"\nwhen.headers = { v = \"1\" }",
            "path = \"/a\"\nwhen.headers = { v = \"2\" }",
            false,
        ),
        (
            "path = \"/a\"\nwhen.headers = { v = \"1\" }",
            "path = \"/a\"\nwhen.headers = { V = \"1\" }",
            true,
        ),
        (
            "path = \"/a\"\nwhen.headers = { v = \"1\" }",
            "path = \"/a\"\nwhen.query = { v = \"2\" }",
            true,
        ),
    ] {
        let problems = compile_text(&policy(one, other)).err().unwrap_or_default();
        let tied = problems
            .iter()
            .any(|problem| problem.what.contains("neither goes first"));
        assert_eq!(
            (problems.len(), tied),
            (usize::from(tie), tie),
            "{one} | {other}: {problems:?}"
        );
    }
}

/// What a relaxed route takes, and a catch-all behind it can't get: nothing leads around that.
#[test]
fn a_catch_all_behind_a_relaxed_route_is_no_rule_to_go_around() {
    let policy = format!(
        "{GOOD}[[routes]]\npath = \"/files/{{rest...}}\"\nallow = \"anyone\"\nto = \"orders\"\nrelax = [\"encoded-slash\"]\n"
    );
    assert!(compile_text(&policy).is_ok(), "{:?}", compile_text(&policy));
}

/// How closely a route names a host differs from host to host: where the relaxed route names one by `*.`, a route for that
/// very host goes first, and what only the relaxed one takes leads around it.
#[test]
fn a_relaxed_route_that_names_one_host_closely_is_not_first_on_all() {
    let hosts = "hosts = [\"API.example.com\", \"a.example\", \"*.b.example\"]";
    let policy = format!(
        "{}[[routes]]\nhosts = [\"a.example\", \"*.b.example\"]\npath = \"/files/{{rest...}}\"\nallow = \"anyone\"\n\
         to = \"orders\"\nrelax = [\"double-slash\"]\n\
         [[routes]]\nhosts = [\"x.b.example\"]\npath = \"/{{a}}/{{b}}\"\nallow = [{{ issuer = \"okta\" }}]\nto = \"orders\"\n",
        GOOD.replace("hosts = [\"API.example.com\"]", hosts)
    );
    let problems = compile_text(&policy).unwrap_err();
    let places: Vec<_> = problems.iter().map(|problem| problem.place.as_str()).collect();
    assert_eq!(places, ["routes[2].relax"], "{problems:?}");
}
