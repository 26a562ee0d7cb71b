//! A table of tokens, each of which differs in one thing from a good one, with what must become of it.
//!
//! Promises: a row is a name, one change to a good token, and the outcome; nothing here knows how the gateway comes to it.
//! `tests/tokens.rs` sends the table through the gateway in memory, `tests/edge/tokens_table.rs` through the real one.

pub(crate) mod bench;
pub(crate) mod builder;
mod edit;
mod rows;

pub(crate) use rows::rows;

use bench::Bench;

/// Makes the token of a row.
pub(crate) type Make = fn(&Bench) -> String;

/// What must become of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// The request goes to the service.
    Passes,
    /// The request is refused with this code.
    Code(&'static str),
}

/// One token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// Its name, which no other row has.
    pub(crate) name: &'static str,
    pub(crate) token: Make,
    pub(crate) expected: Expected,
}

/// What becomes of several tokens that are spoiled in one way.
pub(crate) struct Group {
    expected: Expected,
    tokens: &'static [(&'static str, Make)],
}

const fn passes(tokens: &'static [(&'static str, Make)]) -> Group {
    Group {
        expected: Expected::Passes,
        tokens,
    }
}

const fn refused(code: &'static str, tokens: &'static [(&'static str, Make)]) -> Group {
    Group {
        expected: Expected::Code(code),
        tokens,
    }
}

impl Row {
    /// The status and the code that the client gets; no code where the service answers.
    pub(crate) fn outcome(&self) -> (u16, &'static str) {
        match self.expected {
            Expected::Passes => (200, ""),
            Expected::Code(code @ ("scope-missing" | "issuer-not-allowed")) => (403, code),
            Expected::Code(code @ "request-ambiguous") => (400, code),
            Expected::Code(code) => (401, code),
        }
    }
}
