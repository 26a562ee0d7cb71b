//! Each kind of mistake, where it is reported; and that nothing is said twice.

use super::*;

const GOOD: &str = "\
[gateway]
hosts = [\"api.example.com\"]

[issuers.okta]
issuer = \"https://example.okta.com\"
audience = [\"api://orders\"]

[services.orders]
url = \"https://orders.example.run.app\"
invoker = \"edge@my-project.iam.gserviceaccount.com\"
timeouts = { connect = \"1s\", first_byte = \"5s\" }

[[routes]]
path = \"/v1/orders\"
allow = [{ issuer = \"okta\", scopes = [\"orders:read\"] }]
to = \"orders\"

[[examples]]
request = \"GET /v1/orders\"
expect = \"refuse no-token\"
";

/// The places of the problems, with their lines.
fn found(text: &str) -> Vec<(String, usize)> {
    let read = read(text);
    let line = |problem: &Problem| line(text, problem.span.clone().unwrap().start);
    read.problems
        .iter()
        .map(|problem| (problem.place.clone(), line(problem)))
        .collect()
}

/// The line of a byte, from 1.
fn line(text: &str, at: usize) -> usize {
    text.split_at(at).0.matches('\n').count() + 1
}

/// The problem that comes of one line of the good policy written otherwise, and its line there.
fn changed(from: &str, to: &str) -> (String, String) {
    assert!(GOOD.contains(from), "{from}");
    let text = GOOD.replacen(from, to, 1);
    let read = read(&text);
    let [problem] = read.problems.as_slice() else {
        panic!("{to}: {:#?}", read.problems);
    };
    (
        problem.to_string(),
        text.get(problem.span.clone().unwrap()).unwrap().to_owned(),
    )
}

#[test]
fn a_good_policy_has_no_problems() {
    for text in [GOOD, include_str!("../../../examples/demo.toml")] {
        let read = read(text);
        assert_eq!((read.problems, read.unread), (Vec::new(), BTreeSet::new()));
        assert!(!read.source.routes.is_empty() && !read.source.services.is_empty());
    }
}

#[test]
fn dotted_keys_and_inline_tables_are_read_the_same() {
    let text = "gateway.hosts = [\"a.example\"]\nissuers = { okta = { issuer = \"i\", audience = [\"a\"] } }\n\
        services.orders.invoker = \"e@p\"\nservices.orders.timeouts.connect = \"2s\"\nroutes = [{ path = \"/\", to = \"orders\" }]\n";
    let read = read(text);
    assert_eq!(read.problems, []);
    assert_eq!(read.source.gateway.hosts, ["a.example"]);
    assert_eq!(
        read.source.issuers["okta"].audience.as_deref(),
        Some(&["a".to_owned()][..])
    );
    assert_eq!(read.source.services["orders"].timeouts.connect.unwrap().0, 2000);
    assert_eq!(read.source.routes[0].to.as_deref(), Some("orders"));
    assert_eq!(
        found("gateway.hosts = [\"a.example\"]\ngateway.hots = 1\nservices.orders.timeouts.connect = 5\n"),
        [
            ("gateway.hots".to_owned(), 2),
            ("services.orders.invoker".to_owned(), 3),
            ("services.orders.timeouts.connect".to_owned(), 3),
        ]
    );
}

#[test]
fn every_kind_of_mistake_is_underlined_and_says_the_mend() {
    let rows = [
        (
            "[gateway]",
            "[gatway]",
            "gatway: there is no key `gatway` here; did you mean `gateway`? What can stand here: ",
            "gatway",
        ),
        (
            "hosts =",
            "host =",
            "gateway.host: there is no key `host` here; did you mean `hosts`? ",
            "host",
        ),
        (
            "scopes =",
            "skopes =",
            "routes[0].allow[0].skopes: there is no key `skopes` here; did you mean `scopes`? ",
            "skopes",
        ),
        (
            "to = \"orders\"",
            "colour = 1",
            "routes[0].colour: there is no key `colour` here; what can stand here: `allow`, ",
            "colour",
        ),
        (
            "\"5s\"",
            "5",
            "services.orders.timeouts.first_byte: this is a whole number; wanted is a duration in quotes; write it as in `first_byte = \"5s\"`",
            "5",
        ),
        (
            "\"5s\"",
            "\"5 parsecs\"",
            "services.orders.timeouts.first_byte: `5 parsecs` is no duration",
            "\"5 parsecs\"",
        ),
        (
            "\"5s\"",
            "\"20m\"",
            "services.orders.timeouts.first_byte: `20m` does not fit here; give 1 ms to 10 minutes",
            "\"20m\"",
        ),
        (
            "[\"api://orders\"]",
            "\"api://orders\"",
            "issuers.okta.audience: this is a text; wanted is a list of texts; write it as in `audience = [\"api://orders\"]`",
            "\"api://orders\"",
        ),
        (
            "[\"api.example.com\"]",
            "[1]",
            "gateway.hosts[0]: this is a whole number; wanted is a text; ",
            "1",
        ),
        (
            "path = \"/v1/orders\"\n",
            "",
            "routes[0].path: `path` is missing; add it, as in `path = \"/v1/orders/{id}\"`. The path template.",
            "[[routes]]",
        ),
        (
            "issuer = \"okta\", ",
            "",
            "routes[0].allow[0].issuer: `issuer` is missing; ",
            "{ scopes = [\"orders:read\"] }",
        ),
        (
            "\"okta\"",
            "{}",
            "routes[0].allow[0].issuer: this is a table; wanted is a text or a list of texts; ",
            "{}",
        ),
        (
            "[[routes]]",
            "[routes]",
            "routes: this is a table; wanted is a list of tables; ",
            "[routes]",
        ),
        ("[[examples]]", "[[examples]", "this is not TOML: ", ""),
        (
            "\"refuse no-token\"",
            "2026-01-01",
            "examples[0].expect: this is a date or time without quotes; wanted is a text",
            "2026-01-01",
        ),
        (
            "[gateway]",
            "[gateway]\nproject = \"a\"\nproject = \"b\"",
            "this is here a second time; ",
            "project",
        ),
        (
            "to = \"orders\"",
            "to = orders",
            "this is neither a text nor a number; put a text in double quotes",
            "orders",
        ),
        (
            "scopes = [\"orders:read\"] }]",
            "scopes = [\"orders:read\"] }",
            "this is opened and not closed; ",
            "[{ issuer = \"okta\", scopes = [\"orders:read\"] }",
        ),
    ];
    for (from, to, said, underlined) in rows {
        let (problem, text) = changed(from, to);
        assert!(problem.starts_with(said), "{to}: {problem}");
        assert_eq!(text, underlined, "{to}: {problem}");
    }
}

#[test]
fn a_place_leads_to_the_text_or_to_what_is_above_it() {
    let read = read(GOOD);
    let shown = |place: &str| GOOD.get(read.place_span(place).unwrap()).unwrap();
    assert_eq!(shown("gateway.hosts[0]"), "\"api.example.com\"");
    assert_eq!(shown("routes[0]"), "[[routes]]");
    assert_eq!(shown("routes[0].allow[0].scopes"), "[\"orders:read\"]");
    assert_eq!(
        shown("routes[0].allow[0].roles"),
        "{ issuer = \"okta\", scopes = [\"orders:read\"] }"
    );
    assert_eq!(shown("services.orders.audience"), "[services.orders]");
    assert_eq!(shown("routes[7]"), "[[routes]]");
    assert_eq!(read.place_span("nothing"), None);
}

#[test]
fn what_follows_from_what_was_left_out_is_not_said() {
    let text = GOOD
        .replace("to = \"orders\"", "too = \"orders\"")
        .replace("[services.orders]", "[services.orders]\nurl = 5");
    let read = read(&text.replacen("url = \"https", "audience = \"https", 1));
    let problem = |place: &str| Problem {
        place: place.to_owned(),
        what: String::new(),
        mend: String::new(),
        span: None,
    };
    let said = [
        "routes[0]",
        "routes",
        "routes[0].to",
        "services.orders.url",
        "services.orders.invoker",
        "gateway.hosts",
    ];
    let kept = read.locate(said.map(problem).to_vec());
    let kept: Vec<&str> = kept.iter().map(|problem| problem.place.as_str()).collect();
    assert_eq!(kept, ["gateway.hosts", "services.orders.invoker"]);
}

#[test]
fn twenty_mistakes_are_twenty_problems_each_on_its_line() {
    let text = include_str!("tests/twenty.toml");
    let marked: Vec<usize> = (1..)
        .zip(text.lines())
        .filter(|(_, line)| line.contains("# !"))
        .map(|(at, _)| at)
        .collect();
    assert_eq!(marked.len(), 20);
    let found = found(text);
    let lines: Vec<usize> = found.iter().map(|(_, line)| *line).collect();
    assert_eq!(lines, marked, "{found:#?}");
}

/// The places of routes are those of the text, also after one that was left out.
#[test]
fn ten_thousand_routes_are_read_and_keep_their_places() {
    let mut text = GOOD
        .replace("[[routes]]\n", "[[routes]]\ncolour = 1\n")
        .replace("path = ", "paht = ");
    for at in 1..10_000 {
        text.push_str(&format!(
            "[[routes]]\npath = \"/v1/orders/{at}/{{id}}\"\nmethods = [\"GET\"]\n\
             allow = [{{ issuer = \"okta\", scopes = [\"orders:read\"] }}]\nto = \"orders\"\n"
        ));
    }
    let read = read(&text);
    assert_eq!(read.problems.len(), 2);
    assert_eq!(read.source.routes.len(), 9_999);
    assert_eq!(read.source.routes[0].at, 1);
    assert!(read.unread.contains("routes[0]"));
}

/// Whatever is taken out of a text, reading it ends, and every problem is inside it.
#[test]
fn a_text_can_be_cut_anywhere() {
    let whole = include_str!("tests/twenty.toml");
    for at in (0..whole.len()).filter(|at| whole.is_char_boundary(*at)) {
        let (before, after) = whole.split_at(at);
        let without = format!("{before}{}", after.get(1..).unwrap());
        for text in [before, after, &without] {
            for problem in read(text).problems {
                assert!(text.get(problem.span.clone().unwrap()).is_some(), "{at}: {problem}");
            }
        }
    }
}

#[test]
fn a_faulty_line_is_read_around() {
    for (line, places) in [
        ("to", vec!["", "routes[0].colour"]),
        ("to = ", vec!["", "routes[0].colour"]),
        ("allow = [\"a\"", vec!["", "routes[0].colour"]),
        ("respond = { status = 200", vec!["", "routes[0].colour"]),
        ("respond = { status = 200 body = \"x\" }", vec!["", "routes[0].colour"]),
        ("to = \"a\" \"b\"", vec!["", "routes[0].colour"]),
        ("[[routes]\npath = \"/a\"", vec![""]),
        ("= 5", vec!["", "routes[0].colour"]),
    ] {
        let text = format!("[[routes]]\npath = \"/\"\n{line}\ncolour = 1\n[services.a]\ninvoker = 5\n");
        let mut expected = places;
        expected.push("services.a.invoker");
        let found: Vec<String> = found(&text).into_iter().map(|(place, _)| place).collect();
        assert_eq!(found, expected, "{line}: {:#?}", read(&text).problems);
    }
}
