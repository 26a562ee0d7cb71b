//! The tables of `docs/canonical.md`, read: what is sent, and what becomes of it.

use tollgate::request::Relaxation;

const DOCUMENT: &str = include_str!("../../docs/canonical.md");

/// What becomes of a target or a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is let through in this form.
    Sent(String),
    /// It is refused for this reason.
    Refused(String),
    /// The server below refuses it.
    NoHttp,
}

/// One row.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) case: String,
    pub(crate) sent: Vec<u8>,
    pub(crate) natively: Fate,
    pub(crate) on_fastly: Fate,
    pub(crate) relaxed_with: Option<Relaxation>,
}

/// The table of targets.
pub(crate) fn targets() -> Vec<Row> {
    rows("targets")
}

/// The table of `Host` values.
pub(crate) fn hosts() -> Vec<Row> {
    rows("hosts")
}

fn rows(table: &str) -> Vec<Row> {
    let start = format!("<!-- table: {table} -->\n");
    let (_, rest) = DOCUMENT.split_once(&start).expect("the table's start");
    let (lines, _) = rest.split_once("<!-- end -->").expect("the table's end");
    let lines = lines.lines().filter(|line| line.starts_with('|'));
    lines.skip(2).map(row).collect()
}

fn row(line: &str) -> Row {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let ["", case, sent, natively, on_fastly, others @ ..] = cells.as_slice() else {
        panic!("too few cells: {line}");
    };
    let relaxed_with = match others {
        ["", ""] | [""] => None,
        [word, ""] => Some(Relaxation::from_word(word).unwrap_or_else(|| panic!("no relaxation: {line}"))),
        _ => panic!("too many cells: {line}"),
    };
    let natively = fate(natively);
    Row {
        case: (*case).to_owned(),
        sent: bytes(sent.trim_matches('`')),
        on_fastly: if *on_fastly == "same" {
            natively.clone()
        } else {
            fate(on_fastly)
        },
        natively,
        relaxed_with,
    }
}

fn fate(cell: &str) -> Fate {
    if let Some(reason) = cell.strip_prefix("400 ") {
        return Fate::Refused(reason.to_owned());
    }
    if cell == "no HTTP" {
        return Fate::NoHttp;
    }
    let form = cell.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
    Fate::Sent(form.unwrap_or_else(|| panic!("no fate: {cell}")).to_owned())
}

/// The bytes that a text stands for, where `\xHH` is one byte.
fn bytes(text: &str) -> Vec<u8> {
    let mut pieces = text.split("\\x");
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at(2);
        bytes.push(u8::from_str_radix(digits, 16).expect("two hexadecimal digits"));
        bytes.extend_from_slice(rest.as_bytes());
    }
    bytes
}
