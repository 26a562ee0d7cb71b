//! TOML, read as far as it goes.
//!
//! Promises: every fault of syntax is reported, not only the first, and what is around a faulty line is still read. A
//! line that is no TOML is taken out (its bytes become spaces, so that all others keep their places) and the text is
//! read again.

use std::ops::Range;

use toml::de::{DeTable, Error};

use crate::policy::problem::Problem;

/// How often a text is read again. Whoever has more broken lines than this mends these first.
const ROUNDS_MAX: usize = 64;

/// What of a text is TOML.
pub(super) struct Readable {
    /// The text without the lines that were taken out; all else is where it was.
    pub(super) text: String,
    /// The faults of syntax.
    pub(super) problems: Vec<Problem>,
    /// The lines that were taken out.
    pub(super) lost: Vec<Range<usize>>,
}

pub(super) fn readable(text: &str) -> Readable {
    let mut remaining = text.to_owned();
    let mut problems: Vec<Problem> = Vec::new();
    let mut lost: Vec<Range<usize>> = Vec::new();
    loop {
        let (_, errors) = DeTable::parse_recoverable(&remaining);
        let mut found: Vec<(Range<usize>, &Error)> = errors
            .iter()
            .map(|error| (shown(text, error.span().unwrap_or(0..0)), error))
            .collect();
        found.sort_by_key(|(span, _)| span.start);
        // What follows a broken line may be broken by it, so only the first is sure to be one.
        let first = found.iter().find_map(|(span, error)| {
            let line = line(text, span.start);
            let span = if is_unclosed_text(error) {
                from_quote(text, &line)
            } else {
                span.clone()
            };
            let (problem, lines) = match left_open(text, error, &line) {
                Some(open) => (unclosed(text, &open), open),
                None => (problem(error, span), left_out(text, error, line)?),
            };
            (!lost.contains(&lines)).then_some((problem, lines))
        });
        match first {
            Some((problem, lines)) if lost.len() < ROUNDS_MAX => {
                problems.push(problem);
                blank(&mut remaining, &lines);
                lost.push(lines);
            }
            _ => {
                problems.extend(found.into_iter().map(|(span, error)| problem(error, span)));
                return Readable {
                    text: remaining,
                    problems,
                    lost,
                };
            }
        }
    }
}

/// The lines that a fault spoils. A key that is there twice is read around well; and without its header, what follows
/// would join another table.
fn left_out(text: &str, error: &Error, line: Range<usize>) -> Option<Range<usize>> {
    if is_duplicate(error) {
        return None;
    }
    if !is_header(text.get(line.clone())?) {
        return Some(line);
    }
    let mut end = line.end;
    while let Some(next) = text.get(end + 1..).filter(|rest| !rest.is_empty() && !is_header(rest)) {
        end += 1 + next.find('\n').unwrap_or(next.len());
    }
    Some(line.start..end)
}

/// Whether a text begins with a table's header.
pub(super) fn is_header(text: &str) -> bool {
    text.trim_start_matches([' ', '\t']).starts_with('[')
}

fn is_statement(line: &str) -> bool {
    let key = line.split_once('=').map(|(key, _)| key.trim());
    let in_key = |byte: u8| byte.is_ascii_alphanumeric() || b"_-. \"'".contains(&byte);
    let header = is_header(line) && !line.contains(['"', '{', ',']);
    header || key.is_some_and(|key| !key.is_empty() && key.bytes().all(in_key))
}

/// The lines of a list or table that is not closed, where the fault is first noticed at the statement after it.
fn left_open(text: &str, error: &Error, at: &Range<usize>) -> Option<Range<usize>> {
    let inside = ["array", "inline table", "key-value pairs"];
    let inside = inside.iter().any(|name| error.message().contains(name));
    if !inside || !is_statement(text.get(at.clone())?) {
        return None;
    }
    let end = at.start.checked_sub(1)?;
    let mut start = line(text, end).start;
    while !is_statement(text.get(line(text, start))?) {
        start = line(text, start.checked_sub(1)?).start;
    }
    let opens = text.get(start..end)?;
    let more = |open, close| opens.matches(open).count() > opens.matches(close).count();
    (!is_header(opens) && (more('[', ']') || more('{', '}'))).then_some(start..end)
}

fn unclosed(text: &str, lines: &Range<usize>) -> Problem {
    let first = line(text, lines.start);
    let shown = text.get(first.clone()).unwrap_or_default();
    let value = shown.find(['[', '{']).map_or(first.start, |at| first.start + at);
    Problem {
        place: String::new(),
        what: "this is opened and not closed".to_owned(),
        mend: "close it with `]` for a list, `}` for a table, or with quotes for a text".to_owned(),
        span: Some(value..first.start + shown.trim_end().len()),
    }
}

fn blank(text: &mut String, lines: &Range<usize>) {
    let spaces = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
    if let Some(lost) = text.get(lines.clone()) {
        let blank: String = lost.bytes().map(spaces).collect();
        text.replace_range(lines.clone(), &blank);
    }
}

fn is_unclosed_text(error: &Error) -> bool {
    error.message().starts_with("invalid basic string") || error.message().starts_with("invalid literal string")
}

/// From the last quote of a line to its end: the fault is noticed at the end only.
fn from_quote(text: &str, line: &Range<usize>) -> Range<usize> {
    let shown = text.get(line.clone()).unwrap_or_default();
    let quote = shown.rfind(['"', '\'']).unwrap_or(0);
    line.start + quote..line.start + shown.trim_end().len().max(quote)
}

fn is_duplicate(error: &Error) -> bool {
    error.message().starts_with("duplicate key")
}

fn problem(error: &Error, span: Range<usize>) -> Problem {
    let (what, expected) = error
        .message()
        .split_once(", expected ")
        .unwrap_or((error.message(), ""));
    let (what, mend) = match what {
        "duplicate key" => (
            "this is here a second time".to_owned(),
            "keep one of the two; a table that comes several times is written `[[…]]`".to_owned(),
        ),
        "string values must be quoted" => (
            "this is neither a text nor a number".to_owned(),
            "put a text in double quotes".to_owned(),
        ),
        _ if is_unclosed_text(error) => (
            "this text is not closed".to_owned(),
            "end it on the same line, with the quote that it begins with".to_owned(),
        ),
        what if expected.is_empty() => (
            format!("this is not TOML: {what}"),
            "texts are in quotes, lists in `[ ]` and tables in `{ }`, with commas between".to_owned(),
        ),
        what => (
            format!("this is not TOML: {what}"),
            format!("what can stand here: {expected}"),
        ),
    };
    Problem {
        place: String::new(),
        what,
        mend,
        span: Some(span),
    }
}

/// The tree of a text, as far as it is TOML.
pub(super) fn tree(readable: &str) -> DeTable<'_> {
    DeTable::parse_recoverable(readable).0.into_inner()
}

/// The line around a byte, without its end.
pub(super) fn line(text: &str, at: usize) -> Range<usize> {
    let start = text
        .get(..at)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |end| end + 1);
    let end = text
        .get(at..)
        .and_then(|after| after.find('\n'))
        .map_or(text.len(), |end| at + end);
    start..end
}

/// The end of a line belongs to the line, and the fault is before it.
fn shown(text: &str, span: Range<usize>) -> Range<usize> {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start = start.saturating_sub(1);
    }
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}
