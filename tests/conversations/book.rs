//! Whole conversations written down, and compared with what is on file.
//!
//! A [`Book`] is one file of `tests/conversations/`, one section a row: the request, the answer or the message to the
//! service and its response, and the log entry. What differs from run to run (tokens, their digests, the policy's
//! version) is named in angle brackets. `TOLLGATE_WRITE_BOOKS=1 cargo test --test conversations` writes the files
//! anew; read the difference before you keep it.

use std::{collections::BTreeMap, env, fmt::Write as _, fs, path::PathBuf};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tollgate::{identity::verify::token_digest, secret::Secret, upstream::assertion};

use crate::world::{
    Exchange, World,
    message::{Request, values},
    record::{Event, Sent},
    sample,
};

/// One file of conversations.
pub(crate) struct Book {
    name: &'static str,
    text: String,
}

impl Book {
    pub(crate) fn open(name: &'static str) -> Self {
        Self {
            name,
            text: String::new(),
        }
    }

    /// Has a conversation and writes it down. `expected` is the status and the code, or else the decision.
    pub(crate) fn row(&mut self, name: &str, expected: &str, world: &World, request: &Request) -> Value {
        self.exchange(name, expected, world, request).log
    }

    /// The same, for who wants to see all that was asked of the world.
    pub(crate) fn exchange(&mut self, name: &str, expected: &str, world: &World, request: &Request) -> Exchange {
        let exchange = world.exchange(request);
        let (delivered, log) = (&exchange.delivered, &exchange.log);
        let what = &log["tollgate"];
        let outcome = what["code"].as_str().or(what["decision"].as_str()).unwrap_or_default();
        assert_eq!(
            format!("{} {outcome}", delivered.status),
            expected,
            "{name}: {}",
            exchange.line
        );
        assert_eq!(log["httpRequest"]["status"], delivered.status, "{name}");
        if delivered.status >= 500 {
            let problems = what["problems"].as_array().cloned().unwrap_or_default();
            let outside = format!("{:?} {}", delivered.headers, delivered.text());
            for problem in problems.iter().filter_map(Value::as_str) {
                assert!(!outside.contains(problem), "{name}: the answer tells `{problem}`");
            }
            assert!(!outside.contains(crate::world::INSIDE), "{name}: {outside}");
        }

        let mut text = format!("=== {name}\n> {} {}\n", request.method, request.target);
        write_message(&mut text, '>', &request.headers, &request.body);
        for event in &exchange.events {
            match event {
                Event::Forward(sent) => write_sent(&mut text, sent),
                Event::Pause(ms) => drop(writeln!(text, "  pause of {ms} ms")),
                _ => {}
            }
        }
        let _ = writeln!(text, "< {}", delivered.status);
        write_message(&mut text, '<', &delivered.headers, &delivered.body);
        let _ = writeln!(text, "{:#}\n", sorted(log));
        self.text.push_str(&named(text, world, request, log));
        exchange
    }

    /// Compares with what is on file.
    pub(crate) fn close(self) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/conversations/{}.txt", self.name));
        if env::var_os("TOLLGATE_WRITE_BOOKS").is_some() {
            fs::write(&path, &self.text).unwrap();
            return;
        }
        let on_file = fs::read_to_string(&path).unwrap_or_default();
        let (kept, had) = (sections(&on_file), sections(&self.text));
        for (name, section) in &had {
            let kept = kept.get(name).copied().unwrap_or_default();
            assert_eq!(*section, kept, "{}: `{name}` is not as on file", self.name);
        }
        let missing: Vec<_> = kept.keys().filter(|name| !had.contains_key(*name)).collect();
        assert!(missing.is_empty(), "{}: on file but not had: {missing:?}", self.name);
        assert_eq!(on_file, self.text, "{}: the order differs", self.name);
    }
}

fn sections(text: &str) -> BTreeMap<&str, &str> {
    let sections = text.split("=== ").filter(|section| !section.is_empty());
    sections
        .map(|section| section.split_once('\n').unwrap_or((section, "")))
        .collect()
}

fn write_sent(text: &mut String, sent: &Sent) {
    let (endpoint, timeouts) = (&sent.destination.endpoint, &sent.destination.timeouts);
    let _ = writeln!(
        text,
        "  service {} at {}, {} ms to connect, {} ms to answer, {} ms between bytes",
        sent.destination.name,
        endpoint.origin(),
        timeouts.connect_ms,
        timeouts.first_byte_ms,
        timeouts.between_bytes_ms
    );
    let _ = writeln!(text, "  > {} {}", sent.method, sent.target);
    write_message(text, '>', &sent.headers, &sent.body);
    assert_eq!(
        values(&sent.headers, "host"),
        [endpoint.host_header()],
        "the host is the service's own"
    );
}

fn write_message(text: &mut String, mark: char, headers: &[(String, String)], body: &[u8]) {
    let indent = if text.lines().last().is_some_and(|line| line.starts_with(' ')) {
        "  "
    } else {
        ""
    };
    for (name, value) in headers {
        match name.as_str() {
            assertion::HEADER => {
                let (header, claims) = decoded(value);
                let _ = writeln!(text, "{indent}{mark} {name}: <signed {header} {claims}>");
            }
            _ => {
                let _ = writeln!(text, "{indent}{mark} {name}: {value}");
            }
        }
    }
    if !body.is_empty() {
        let json = serde_json::from_slice(body).map(|json| sorted(&json).to_string());
        let shown = json.unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned());
        let _ = writeln!(text, "{indent}{mark}\n{indent}{mark} {shown}");
    }
}

/// An assertion's header and its claims, without its signature; what differs from run to run is named.
pub(crate) fn decoded(assertion: &str) -> (Value, Value) {
    let parts: Vec<&str> = assertion.split('.').collect();
    let [header, claims, _] = parts.as_slice() else {
        panic!("{assertion} is no compact JWS");
    };
    let read = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    let (header, mut claims) = (read(header), read(claims));
    assert_eq!(claims["jti"].as_str().unwrap().len(), 43);
    claims["jti"] = json!("<id>");
    (sorted(&header), sorted(&claims))
}

/// The text with names in place of what differs from run to run.
fn named(mut text: String, world: &World, request: &Request, log: &Value) -> String {
    for given in &world.google.borrow().given {
        text = text.replace(given, "<google token>");
    }
    for value in values(&request.headers, "authorization") {
        if let Some(token) = value.strip_prefix("Bearer ").filter(|token| token.len() > 40) {
            let digest = token_digest(&Secret::new(token.to_owned()));
            text = text.replace(token, "<token>");
            text = text.replace(digest.get(..16).unwrap_or(&digest), "<digest of the token>");
        }
    }
    if let Some(version) = log["tollgate"]["policy"].as_str().filter(|version| version.len() == 16) {
        text = text.replace(version, "<policy>");
    }
    // Where nothing could be read of it, only a problem names the policy.
    text.replace(sample::version(), "<policy>")
}

/// The same value with its members in order, whatever order the JSON library keeps.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let in_order: BTreeMap<_, _> = members
                .iter()
                .map(|(name, value)| (name.clone(), sorted(value)))
                .collect();
            Value::Object(in_order.into_iter().collect())
        }
        other => other.clone(),
    }
}
