//! docs/credentials.md, as far as it is run: its sections with their parts of the policy, tokens, requests and answers.
//!
//! A code block says by its info string what it is:
//!
//! | block | is |
//! | --- | --- |
//! | `toml policy` | a part of the one policy |
//! | `json NAME issuer` | what the token `$NAME` says; all but a section's first only what they say otherwise |
//! | `json record` | what is stored of an API key |
//! | `sh`, with curl | a request, whose answer is the `http` block that comes next |
//! | `sh unrun`, with curl | a request that can't be run here |
//!
//! Refuses: a request in any other block, one without answer, and an answer that can't be read.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};
use serde_json::{Map, Value};

use super::super::support::http::Answer;

#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) policy: String,
    pub(super) sections: Vec<Section>,
}

#[derive(Debug, Default)]
pub(super) struct Section {
    pub(super) title: String,
    pub(super) tokens: Vec<Said>,
    pub(super) records: Vec<Value>,
    pub(super) calls: Vec<Call>,
    pub(super) unrun: Vec<String>,
    waiting: Option<String>,
}

/// What a token says.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) variable: String,
    pub(super) issuer: String,
    pub(super) claims: Map<String, Value>,
}

/// A request and what is shown of its answer.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) command: String,
    pub(super) expected: Answer,
}

impl Document {
    pub(super) fn read(markdown: &str) -> Self {
        let mut document = Self::default();
        let (mut text, mut info) = (String::new(), String::new());
        for event in Parser::new(markdown) {
            match event {
                Event::Start(Tag::Heading { .. }) => text.clear(),
                Event::Start(Tag::CodeBlock(kind)) => {
                    text.clear();
                    info = match kind {
                        CodeBlockKind::Fenced(info) => info.into_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                }
                Event::Text(more) | Event::Code(more) => text.push_str(&more),
                Event::End(TagEnd::Heading(HeadingLevel::H2)) => document.begin(&text),
                Event::End(TagEnd::CodeBlock) => document.block(&info, &text),
                _ => {}
            }
        }
        document.begin("the end");
        document.sections.pop();
        document
    }

    fn begin(&mut self, title: &str) {
        if let Some(Section {
            waiting: Some(call), ..
        }) = self.sections.last()
        {
            panic!("no answer is shown to:\n{call}");
        }
        self.sections.push(Section {
            title: title.to_owned(),
            ..Section::default()
        });
    }

    fn block(&mut self, info: &str, text: &str) {
        let section = self.sections.last_mut().expect("a code block before all sections");
        let is_request = text.contains("curl ");
        let words: Vec<&str> = info.split_whitespace().collect();
        match (words.as_slice(), is_request) {
            (["toml", "policy"], false) => self.policy.push_str(text),
            (["json", "record"], false) => section.records.push(json(text)),
            (["json", variable, issuer], false) => section.said(variable, issuer, text),
            (["sh", "unrun"], true) => section.unrun.push(text.to_owned()),
            (["sh"], true) => section.ask(text),
            (["http"], false) if section.waiting.is_some() => section.answered(text),
            (_, true) => panic!("a request in a block that is not run (`{info}`):\n{text}"),
            (_, false) => assert!(section.waiting.is_none(), "another block before the answer:\n{text}"),
        }
    }
}

impl Section {
    /// RFC 7396: what a further token says is a patch of the first's, and `null` is nothing.
    fn said(&mut self, variable: &str, issuer: &str, text: &str) {
        let Value::Object(patch) = json(text) else {
            panic!("{}: claims are an object", self.title)
        };
        let mut claims = self
            .tokens
            .first()
            .map(|first| first.claims.clone())
            .unwrap_or_default();
        claims.extend(patch);
        claims.retain(|_, value| !value.is_null());
        self.tokens.push(Said {
            variable: variable.to_owned(),
            issuer: issuer.to_owned(),
            claims,
        });
    }

    fn ask(&mut self, command: &str) {
        assert!(
            command.starts_with("curl -i "),
            "one request a block, with `curl -i`:\n{command}"
        );
        let before = self.waiting.replace(command.to_owned());
        assert_eq!(before, None, "no answer is shown");
    }

    fn answered(&mut self, text: &str) {
        let command = self.waiting.take().expect("a request");
        let expected = answer(text).unwrap_or_else(|why| panic!("{why}:\n{text}"));
        self.calls.push(Call { command, expected });
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|why| panic!("{why}:\n{text}"))
}

/// Reads an answer as `curl -i` prints it.
pub(super) fn answer(text: &str) -> Result<Answer, String> {
    let text = text.replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1.1 ")?.split(' ').next()?.parse().ok());
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let headers: Option<Vec<_>> = lines.map(header).collect();
    Ok(Answer {
        status: status.ok_or("there is no status line")?,
        headers: headers.ok_or("a header is none")?,
        body: body.trim().as_bytes().to_vec(),
    })
}
