//! A policy's own examples, and what came of each.
//!
//! Promises: an example passes if what came of it is what it expects, word by word. A policy without examples passes
//! nothing.

use std::io::{self, Write};

use serde::Serialize;
use tollgate::{
    policy::source::{Source, example::Example},
    time::WallClock,
};

use crate::{question::Question, rehearsal::Rehearsal};

/// The widest column of names, in characters.
const NAME_CHARACTERS_MAX: usize = 60;

/// What came of all examples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// One row an example, in the order of the text.
    pub rows: Vec<Row>,
}

/// What came of one example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its name, or its request.
    pub name: String,
    /// What it expects.
    pub expected: String,
    /// What came of it, in the same words.
    pub came: String,
    /// Whether the two are one.
    pub passed: bool,
    /// Why it came to something else; empty if it passed.
    pub why: String,
}

impl Table {
    pub(crate) fn of(rehearsal: &Rehearsal, source: &Source, now: WallClock) -> Self {
        Self {
            rows: source
                .examples
                .iter()
                .map(|example| row(rehearsal, example, now))
                .collect(),
        }
    }

    /// Whether there are examples, and all of them passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        !self.rows.is_empty() && self.failed() == 0
    }

    fn failed(&self) -> usize {
        self.rows.iter().filter(|row| !row.passed).count()
    }

    /// Writes the table for people.
    ///
    /// # Errors
    /// If `out` can't be written to.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let wide = |text: fn(&Row) -> &str| {
            self.rows
                .iter()
                .map(|row| text(row).chars().count())
                .max()
                .unwrap_or_default()
        };
        let name = wide(|row| &row.name).min(NAME_CHARACTERS_MAX);
        let expected = wide(|row| &row.expected);
        for row in &self.rows {
            match row.passed {
                true => writeln!(out, "ok      {:name$}  {}", row.name, row.expected)?,
                false => {
                    writeln!(
                        out,
                        "FAILED  {:name$}  {:expected$}  came: {}",
                        row.name, row.expected, row.came
                    )?;
                    writeln!(out, "        {}", row.why)?;
                }
            }
        }
        match (self.rows.len(), self.failed()) {
            (0, _) => writeln!(
                out,
                "the policy has no [[examples]], so nothing is shown of it; docs/policy.md says how to write them"
            ),
            (1, 0) => writeln!(out, "the one example passed"),
            (all, 0) => writeln!(out, "all {all} examples passed"),
            (all, failed) => writeln!(out, "{failed} of {all} examples failed"),
        }
    }
}

fn row(rehearsal: &Rehearsal, example: &Example, now: WallClock) -> Row {
    let expected = example.expect.split_whitespace().collect::<Vec<_>>().join(" ");
    let asked =
        Question::of_example(example, now).and_then(|question| Ok((rehearsal.ask(&question)?.words(), question)));
    let (came, why) = match asked {
        Ok((came, _)) if came == expected => (came, String::new()),
        Ok((came, question)) => {
            let why = rehearsal
                .explain(&question)
                .map_or_else(|why| why, |explanation| explanation.reason());
            (came, why)
        }
        Err(why) => ("nothing".to_owned(), why),
    };
    Row {
        name: example.name.clone().unwrap_or_else(|| example.request.clone()),
        passed: came == expected,
        expected,
        came,
        why,
    }
}
