//! Random policies over a small vocabulary, so that routes meet, and random requests to them.

use proptest::{collection::vec, option, prelude::*, sample::select};
use tollgate::policy::{compile::compile_text, site::Site};
use tollgate_offline::Question;

use crate::NOW;

/// The header by which an answer tells the route that it is of.
pub(crate) const ROUTE: &str = "x-route";

/// Every route takes what may be taken, so that such paths are routed and not refused.
const RELAX: &str = "relax = [\"double-slash\", \"encoded-slash\", \"path-parameter\"]";

/// A route as text, but for its number.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    hosts: &'static str,
    path: String,
    methods: &'static str,
    when: &'static str,
    action: &'static str,
}

impl Written {
    fn text(&self, number: usize) -> String {
        let Self {
            hosts,
            path,
            methods,
            when,
            action,
        } = self;
        format!(
            "[[routes]]\npath = \"{path}\"\n{hosts}\n{methods}\n{when}\n{action}\nallow = \"anyone\"\n{RELAX}\n\
             response_headers = {{ set = {{ {ROUTE} = \"{number}\" }} }}\n"
        )
    }
}

/// Paths of literals, names, and perhaps a name for the rest.
fn path() -> impl Strategy<Value = String> {
    let literal = || select(vec!["a", "b", "a b"]).prop_map(str::to_owned);
    let segment = prop_oneof![3 => literal(), 1 => Just("{}".to_owned())];
    let end = prop_oneof![4 => Just(None), 1 => Just(Some("{rest...}")), 1 => Just(Some(""))];
    (vec(segment, 0..4), end).prop_map(|(segments, end)| {
        let named = segments.iter().enumerate().map(|(at, segment)| match segment.as_str() {
            "{}" => format!("/{{n{at}}}"),
            literal => format!("/{literal}"),
        });
        let path: String = named.collect();
        match end {
            Some(end) => format!("{path}/{end}"),
            None if path.is_empty() => "/".to_owned(),
            None => path,
        }
    })
}

fn route() -> impl Strategy<Value = Written> {
    let hosts = select(vec![
        "",
        "",
        "hosts = [\"one.example\"]",
        "hosts = [\"two.example\", \"*.t.example\"]",
        "hosts = [\"*.t.example\"]",
        "hosts = [\"a.t.example\"]",
    ]);
    let methods = select(vec![
        "",
        "",
        "methods = [\"GET\"]",
        "methods = [\"POST\"]",
        "methods = [\"PUT\", \"GET\"]",
    ]);
    let when = select(vec![
        "",
        "",
        "",
        "when = { headers = { x-v = \"1\" } }",
        "when = { headers = { x-v = { one_of = [\"2\", \"3\"] } } }",
        "when = { query = { q = { exists = true } } }",
        "when = { headers = { x-v = \"1\" }, query = { q = \"1\" } }",
    ]);
    let action = select(vec![
        "respond = { status = 200 }",
        "respond = { status = 200, body = \"some text that takes room\" }",
        "to = \"s0\"",
        "to = \"s1\"\nrequest_headers = { set = { x-a = \"b\" } }",
        "redirect = { to = \"/elsewhere\" }",
    ]);
    (hosts, path(), methods, when, action).prop_map(|(hosts, path, methods, when, action)| Written {
        hosts,
        path,
        methods,
        when,
        action,
    })
}

/// Routes of a policy; some may compete.
pub(crate) fn routes(most: usize) -> impl Strategy<Value = Vec<Written>> {
    vec(route(), 1..most)
}

/// The policy of as many of these routes as do not compete.
pub(crate) fn site(mut routes: Vec<Written>) -> Site {
    loop {
        let numbered = routes.iter().enumerate().map(|(number, route)| route.text(number));
        let numbered: String = numbered.collect();
        // A service that no route goes to is not laid out on pages.
        let services: String = ["s0", "s1"]
            .into_iter()
            .filter(|name| numbered.contains(&format!("to = \"{name}\"")))
            .map(|name| {
                format!(
                    "[services.{name}]\nurl = \"https://{name}.run.app\"\ninvoker = \"e@p.iam.gserviceaccount.com\"\n"
                )
            })
            .collect();
        let hosts = "gateway.hosts = [\"one.example\", \"two.example\", \"*.t.example\"]\n";
        match compile_text(&format!("{hosts}{services}{numbered}")) {
            Ok(site) => return site,
            Err(problems) => {
                let competes = |at: &usize| problems.iter().any(|problem| problem.place == format!("routes[{at}]"));
                let before = routes.len();
                let kept: Vec<Written> = (0..)
                    .zip(&routes)
                    .filter(|(at, _)| !competes(at))
                    .map(|(_, route)| route.clone())
                    .collect();
                assert!(kept.len() < before, "{problems:?}\n{numbered}");
                routes = kept;
            }
        }
    }
}

/// A request that the routes may take.
pub(crate) fn question() -> impl Strategy<Value = Question> {
    let host = select(vec![
        "one.example",
        "two.example",
        "a.t.example",
        "b.t.example",
        "a.b.t.example",
        "t.example",
    ]);
    let segment = select(vec!["a", "a", "b", "b", "d", "a%20b", "a%2Fb", "a;b", ""]);
    let method = select(vec!["GET", "HEAD", "POST", "PUT", "DELETE"]);
    let version = option::of(select(vec!["1", "2", "4"]));
    let query = select(vec!["", "", "?q=1", "?q=2", "?r=1"]);
    (method, host, vec(segment, 0..4), any::<bool>(), version, query).prop_map(
        |(method, host, segments, slash, version, query)| {
            let path = segments.iter().map(|segment| format!("/{segment}")).collect::<String>();
            let slash = if slash || path.is_empty() { "/" } else { "" };
            let headers = version.map(|version| ("x-v".to_owned(), version.to_owned()));
            Question {
                headers: headers.into_iter().collect(),
                ..Question::new(&format!("{method} https://{host}{path}{slash}{query}"), NOW).unwrap()
            }
        },
    )
}
