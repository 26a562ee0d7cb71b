//! An explanation as text, for people.
//!
//! Promises: the steps stand in the gateway's own order, what was not reached does not stand there, and what a
//! caller chose can't look like a line of the explanation.

use std::{
    borrow::Cow,
    fmt::{self, Display, Formatter},
};

use crate::explanation::{Answer, Caller, Explanation, Leaving, Routes};

impl Display for Explanation {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let request = &self.request;
        writeln!(out, "{} {}", visible(&request.method), visible(&request.url))?;
        let from = request.from.as_deref().unwrap_or("an unknown address");
        let country = request
            .country
            .as_ref()
            .map(|country| format!(" ({country})"))
            .unwrap_or_default();
        writeln!(out, "  from {from}{country} at {}", request.at)?;
        if let Some(routes) = &self.routes {
            write_routes(out, routes)?;
        }
        if self.caller.is_some() || self.sent.is_some() || self.note.is_some() {
            writeln!(out, "\ncaller")?;
        }
        if let Some(caller) = &self.caller {
            write_caller(out, caller)?;
        }
        if let Some(sent) = &self.sent {
            writeln!(out, "  {}", visible(&sent.words()))?;
        }
        if let Some(note) = &self.note {
            writeln!(out, "  note: {}", visible(note))?;
        }
        if !self.rules.is_empty() {
            writeln!(out, "\nrules, of which one must be met")?;
        }
        for rule in &self.rules {
            let (mark, told) = rule.unmet.as_deref().map_or((">", "met"), |unmet| ("-", unmet));
            writeln!(out, "  {mark} {}\n      {}", rule.rule, visible(told))?;
        }
        writeln!(out, "\ndecision\n  {}", self.decision.came)?;
        if let Some(detail) = &self.decision.detail {
            writeln!(out, "  {} {detail}", self.decision.status)?;
        }
        for problem in &self.decision.problems {
            writeln!(out, "  for the log: {problem}")?;
        }
        if let Some(leaving) = &self.leaving {
            write_leaving(out, leaving)?;
        }
        write_answer(out, &self.answer)
    }
}

/// A text that a caller chose, without what would move the cursor or begin a line: it must not look like a line of ours.
fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let escaped = text.chars().map(|character| match character.is_control() {
        true => character.escape_default().to_string(),
        false => character.to_string(),
    });
    Cow::Owned(escaped.collect())
}

fn write_routes(out: &mut Formatter<'_>, routes: &Routes) -> fmt::Result {
    writeln!(out, "\nroutes, in order of precedence")?;
    let wide = routes
        .looked
        .iter()
        .map(|looked| looked.route.chars().count())
        .max()
        .unwrap_or_default();
    for looked in &routes.looked {
        let mark = if looked.found { '>' } else { '-' };
        writeln!(out, "  {mark} {:wide$}  {}", looked.route, looked.why)?;
    }
    match routes.left_out {
        0 => Ok(()),
        left_out => writeln!(out, "  and {left_out} more, which are further from this request"),
    }
}

fn write_caller(out: &mut Formatter<'_>, caller: &Caller) -> fmt::Result {
    let mut told = vec![format!("issuer {}", caller.issuer)];
    told.extend(caller.subject.iter().map(|subject| format!("subject {subject}")));
    told.extend(caller.client.iter().map(|client| format!("client {client}")));
    for (name, list) in [
        ("scopes", &caller.scopes),
        ("roles", &caller.roles),
        ("groups", &caller.groups),
    ] {
        if !list.is_empty() {
            told.push(format!("{name} {}", list.join(" ")));
        }
    }
    told.extend(
        caller
            .claims
            .iter()
            .map(|(name, values)| format!("claim {name} = {values}")),
    );
    writeln!(out, "  {}", visible(&told.join(", ")))
}

fn write_leaving(out: &mut Formatter<'_>, leaving: &Leaving) -> fmt::Result {
    writeln!(out, "\nleaves for {}", leaving.service)?;
    if let Some((revision, why)) = &leaving.revision {
        writeln!(out, "  revision {revision}: {why}")?;
    }
    if let Some(region) = &leaving.region {
        writeln!(out, "  region {region}")?;
    }
    writeln!(out, "  {} {}", visible(&leaving.method), visible(&leaving.url))?;
    if let Some(then) = &leaving.then {
        writeln!(out, "  then: {then}")?;
    }
    for (name, value) in &leaving.set {
        writeln!(out, "  set      {name}: {value}")?;
    }
    for (name, value) in &leaving.kept {
        writeln!(out, "  kept     {}: {}", visible(name), visible(value))?;
    }
    for name in &leaving.removed {
        writeln!(out, "  removed  {}", visible(name))?;
    }
    Ok(())
}

fn write_answer(out: &mut Formatter<'_>, answer: &Answer) -> fmt::Result {
    match answer {
        Answer::Edge { status, headers, body } => {
            writeln!(out, "\nanswer of the edge\n  {status}")?;
            for (name, value) in headers {
                writeln!(out, "  {name}: {value}")?;
            }
            match body.is_empty() {
                true => Ok(()),
                false => writeln!(out, "\n  {body}"),
            }
        }
        Answer::Service { set, removed } => {
            writeln!(out, "\nanswer of the service, with")?;
            for (name, value) in set {
                writeln!(out, "  set      {name}: {value}")?;
            }
            removed.iter().try_for_each(|name| writeln!(out, "  removed  {name}"))
        }
    }
}
