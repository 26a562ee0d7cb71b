//! All verdicts beside one another, and whether they agree.
//!
//! Promises: what the gateway takes every peer takes. What the gateway refuses every peer refuses, but for those that
//! the row calls laxer, and those take it: a peer that has become stricter is told of too.

use tollgate::rejection::TokenRefusal;

use crate::{
    peers::{PEERS, Verdict},
    spoiled::Row,
};

/// One row with what everybody said.
#[derive(Debug)]
pub struct Compared<'r> {
    row: &'r Row,
    ours: Result<(), TokenRefusal>,
    theirs: Vec<Verdict>,
}

impl<'r> Compared<'r> {
    /// The gateway's verdict, and the peers' in the order of [`PEERS`].
    #[must_use]
    pub fn new(row: &'r Row, ours: Result<(), TokenRefusal>, theirs: Vec<Verdict>) -> Self {
        Self { row, ours, theirs }
    }

    /// Whether any peer takes what the gateway refuses.
    #[must_use]
    pub fn is_stricter(&self) -> bool {
        self.ours.is_err() && self.theirs.iter().any(|verdict| verdict.refusal.is_none())
    }

    /// What is not as the row says, one a line.
    #[must_use]
    pub fn differences(&self) -> Vec<String> {
        let name = self.row.name;
        let mut differences = Vec::new();
        if self.ours != self.row.ours {
            let (ours, due) = (worded(self.ours), worded(self.row.ours));
            differences.push(format!("{name}: the gateway says {ours}, the table {due}"));
        }
        for verdict in &self.theirs {
            let peer = verdict.peer.as_str();
            let takes = self.ours.is_ok() || self.row.laxer.contains(&peer);
            match &verdict.refusal {
                Some(why) if self.ours.is_ok() => {
                    differences.push(format!("{name}: {peer} refuses what the gateway takes ({why})"));
                }
                Some(why) if takes => {
                    differences.push(format!(
                        "{name}: {peer} is not laxer any more, strike it from the row ({why})"
                    ));
                }
                None if !takes => {
                    differences.push(format!("{name}: {peer} takes what the gateway refuses; is it laxer?"));
                }
                _ => {}
            }
        }
        differences
    }

    /// The row's cells: name, the gateway's verdict, the peers'.
    fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.row.name.to_owned(), worded(self.ours)];
        cells.extend(self.theirs.iter().map(|verdict| match (&verdict.refusal, self.ours) {
            (None, Err(_)) => "TAKES".to_owned(),
            (None, Ok(())) => "takes".to_owned(),
            (Some(_), _) => "refuses".to_owned(),
        }));
        cells
    }
}

/// All rows as a table for a terminal.
#[must_use]
pub fn table(rows: &[Compared<'_>]) -> String {
    let mut heads = vec!["token".to_owned(), "gateway".to_owned()];
    heads.extend(PEERS.map(str::to_owned));
    let cells: Vec<Vec<String>> = std::iter::once(heads).chain(rows.iter().map(Compared::cells)).collect();
    let width = |column: usize| {
        let widths = cells
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..2 + PEERS.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let padded = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    cells.iter().map(line).collect()
}

fn worded(verdict: Result<(), TokenRefusal>) -> String {
    match verdict {
        Ok(()) => "takes".to_owned(),
        Err(refusal) => format!("{refusal:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        forge::{By, Forge},
        peers::{JOSE, JWCRYPTO, PYJWT},
    };

    #[test]
    fn every_difference_is_told() {
        let refused = Err(TokenRefusal::Malformed);
        let question = Forge::new().unwrap().question(By::Es256, String::new());
        for (name, due, laxer, ours, takes, expected) in [
            ("all take", Ok(()), &[][..], Ok(()), [true, true, true], None),
            ("all refuse", refused, &[], refused, [false, false, false], None),
            (
                "laxer, as is known",
                refused,
                &[JOSE],
                refused,
                [true, false, false],
                None,
            ),
            (
                "one stricter",
                Ok(()),
                &[],
                Ok(()),
                [true, false, true],
                Some("PyJWT refuses"),
            ),
            (
                "one laxer",
                refused,
                &[],
                refused,
                [false, false, true],
                Some("jwcrypto takes"),
            ),
            (
                "no longer laxer",
                refused,
                &[PYJWT],
                refused,
                [false, false, false],
                Some("PyJWT is not laxer"),
            ),
            (
                "ours is another",
                Ok(()),
                &[],
                refused,
                [false, false, false],
                Some("the gateway says Malformed, the table takes"),
            ),
        ] {
            let row = Row {
                name,
                question: question.clone(),
                ours: due,
                laxer,
            };
            let theirs = [JOSE, PYJWT, JWCRYPTO].iter().zip(takes).map(|(&peer, takes)| Verdict {
                peer: peer.to_owned(),
                refusal: (!takes).then(|| "because".to_owned()),
            });
            let differences = Compared::new(&row, ours, theirs.collect()).differences();
            let found = differences
                .iter()
                .all(|line| expected.is_some_and(|expected| line.contains(expected)));
            assert!(
                found && differences.len() == usize::from(expected.is_some()),
                "{name}: {differences:?}"
            );
        }
    }
}
