//! Problems of a policy, shown: to people with the text underlined, to programs as JSON.
//!
//! Promises: the two show the same problems in the same order, at the same lines. Colours are for terminals only, and
//! not where `NO_COLOR` says no. Nothing is judged here.

use std::{
    env, fs,
    io::{self, IsTerminal as _, Write},
    ops::Range,
    path::Path,
};

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};
use anyhow::Context as _;
use serde_json::{Value, json};
use tollgate::policy::{compile::compile_text, problem::Problem, site::Site};

/// The problems as a compiler shows them: what is wrong, where, the text underlined, and how to mend it.
pub(crate) fn human(file: &str, text: &str, problems: &[Problem]) -> String {
    let lines = Lines::of(text);
    let shown = problems.iter().map(|problem| shown(file, &lines, problem));
    shown.collect::<Vec<_>>().join("\n\n")
}

/// How many problems there are, as the last word of a command that found them.
pub(crate) fn count(file: &str, problems: &[Problem]) -> anyhow::Error {
    match problems.len() {
        1 => anyhow::anyhow!("1 problem in {file}"),
        several => anyhow::anyhow!("{several} problems in {file}"),
    }
}

/// Compiles the policy in a file, or shows all that is wrong with it on standard error.
pub(crate) fn compiled_or_shown(path: &Path) -> anyhow::Result<(String, Site)> {
    let file = path.display().to_string();
    let text = fs::read_to_string(path).with_context(|| format!("can't read {file}"))?;
    match compile_text(&text) {
        Ok(site) => Ok((text, site)),
        Err(problems) => {
            writeln!(io::stderr(), "{}\n", human(&file, &text, &problems))?;
            Err(count(&file, &problems))
        }
    }
}

fn shown(file: &str, all: &Lines<'_>, problem: &Problem) -> String {
    let text = all.text;
    let title = Level::ERROR.primary_title(headline(problem));
    let mend = (!problem.mend.is_empty()).then(|| Level::HELP.message(problem.mend.as_str()));
    let group = match &problem.span {
        Some(span) => {
            // Only the lines that it is about: a long policy is not to be laid out anew for each problem.
            let lines = line_start(text, span.start)..line_end(text, span.end);
            let source = text.get(lines.clone()).unwrap_or_default();
            let inner = span.start - lines.start..span.end - lines.start;
            let snippet = Snippet::source(source)
                .path(file)
                .line_start(all.position(lines.start).0);
            title.element(snippet.annotation(AnnotationKind::Primary.span(inner)))
        }
        None => title.element(Origin::path(file)),
    };
    let renderer = if is_coloured() {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer.render(&[group.elements(mend)])
}

/// The place goes along, since a line alone does not say which of forty routes it is in.
fn headline(problem: &Problem) -> String {
    if problem.place.is_empty() {
        problem.what.clone()
    } else {
        format!("{}: {}", problem.place, problem.what)
    }
}

fn is_coloured() -> bool {
    io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The problems for programs. Lines and columns count from 1, columns in characters; the end is the first column after.
pub(crate) fn machine(file: &str, text: &str, problems: &[Problem]) -> Value {
    let lines = Lines::of(text);
    let problems: Vec<Value> = problems.iter().map(|problem| one(&lines, problem)).collect();
    json!({ "file": file, "ok": problems.is_empty(), "problems": problems })
}

fn one(lines: &Lines<'_>, problem: &Problem) -> Value {
    let ends = |span: &Range<usize>| (lines.position(span.start), lines.position(span.end));
    let ends = problem.span.as_ref().map(ends);
    json!({
        "place": problem.place,
        "line": ends.map(|(start, _)| start.0),
        "column": ends.map(|(start, _)| start.1),
        "end_line": ends.map(|(_, end)| end.0),
        "end_column": ends.map(|(_, end)| end.1),
        "what": problem.what,
        "mend": problem.mend,
    })
}

/// Where the lines of a text begin, found once: a long policy may have many problems.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let after_ends = text.match_indices('\n').map(|(end, _)| end + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(after_ends).collect(),
        }
    }

    /// Line and column of a byte, from 1.
    fn position(&self, at: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= at);
        let start = line.checked_sub(1).and_then(|before| self.starts.get(before));
        let before = self.text.get(start.copied().unwrap_or_default()..at);
        (line, before.unwrap_or_default().chars().count() + 1)
    }
}

fn line_start(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    before.rfind('\n').map_or(0, |end| end + 1)
}

fn line_end(text: &str, at: usize) -> usize {
    let after = text.get(at..).unwrap_or_default();
    let end = after.find('\n').map_or(text.len(), |end| at + end);
    // A carriage return before it is no part of what was written.
    match text.get(at..end) {
        Some(line) => at + line.trim_end_matches('\r').len(),
        None => end,
    }
}
