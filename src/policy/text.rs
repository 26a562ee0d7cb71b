//! A policy's text, read into the types that mirror it.
//!
//! Promises: all that is wrong with the form of a text is found in one reading, each at its place: what is not TOML, keys
//! that are unknown or missing, values of a wrong kind. All else is read, piece by piece, so that its meaning can be
//! judged at the same time; what was left out is named, so that nothing is said twice. A text with problems must not be
//! put in force, since a faulty member may be one that restricts.

mod lost;
mod piece;
mod place;
mod syntax;
mod walk;
mod wording;

use std::{collections::BTreeSet, ops::Range};

use crate::policy::{problem::Problem, source::Source, text::walk::Walk};

/// A policy's text, read as far as it can be.
#[derive(Debug)]
pub struct PolicyText {
    /// What could be read. Without problems, all of it.
    pub source: Source,
    /// What is wrong with the form, in the order of the text.
    pub problems: Vec<Problem>,
    /// The places that were left out, such as `services.orders` or `routes[2].to`, since they could not be read.
    pub unread: BTreeSet<String>,
    text: String,
    readable: String,
}

/// Reads a policy's text.
#[must_use]
pub fn read(text: &str) -> PolicyText {
    let readable = syntax::readable(text);
    let tree = syntax::tree(&readable.text);
    let mut walk = Walk {
        text,
        unread: lost::places(text, &tree, &readable),
        problems: readable.problems,
    };
    let source = piece::source(&mut walk, &tree);
    let Walk {
        mut problems, unread, ..
    } = walk;
    problems.sort_by_key(position);
    PolicyText {
        source,
        problems,
        unread,
        text: text.to_owned(),
        readable: readable.text,
    }
}

impl PolicyText {
    /// Where the value at a place is in the text; the nearest place above it where there is none.
    #[must_use]
    pub fn place_span(&self, place: &str) -> Option<Range<usize>> {
        place::span(&self.text, &syntax::tree(&self.readable), place)
    }

    /// Gives problems their spans and the order of the text. A problem without a span that is at, above or below a place
    /// that was left out is dropped: it may only be there because something was left out, which is reported already.
    #[must_use]
    pub fn locate(&self, problems: Vec<Problem>) -> Vec<Problem> {
        let tree = syntax::tree(&self.readable);
        let mut located: Vec<Problem> = problems
            .into_iter()
            .filter(|problem| problem.span.is_some() || !self.follows(&problem.place))
            .map(|mut problem| {
                problem.span = problem.span.or_else(|| place::span(&self.text, &tree, &problem.place));
                problem
            })
            .collect();
        located.sort_by_key(position);
        located
    }

    fn follows(&self, place: &str) -> bool {
        let from = self.unread.range(place.to_owned()..);
        let below = |unread: &String| {
            unread
                .strip_prefix(place)
                .is_some_and(|rest| rest.starts_with(['.', '[']))
        };
        self.unread.contains(place)
            || place::above(place).any(|above| self.unread.contains(above))
            || (!place.is_empty() && from.take_while(|unread| unread.starts_with(place)).any(below))
    }
}

/// What is not in the text, such as a table that is missing, comes first.
fn position(problem: &Problem) -> usize {
    problem.span.as_ref().map_or(0, |span| span.start)
}

#[cfg(test)]
mod tests;
