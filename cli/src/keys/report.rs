//! What `tollgate keys sync` did, for people and for programs.
//!
//! Promises: what issuers wrote can't move a terminal's cursor: control and format characters are shown by their code.

use std::io::Write;

use serde::Serialize;
use serde_json::json;

use super::merge::Change;
use crate::{format::printable, moment};

/// What was done.
#[derive(Debug)]
pub(crate) struct Report {
    /// The file that holds the keys.
    pub(crate) stores: String,
    /// Whether nothing was written.
    pub(crate) dry_run: bool,
    /// How long a key must have been missing before it is removed, in seconds.
    pub(crate) grace_s: u64,
    /// Each issuer.
    pub(crate) issuers: Vec<IssuerReport>,
}

/// What was done to one issuer's keys.
#[derive(Debug, Serialize)]
pub(crate) struct IssuerReport {
    name: String,
    issuer: String,
    ok: bool,
    url: Option<String>,
    error: Option<String>,
    #[serde(flatten)]
    change: Option<Change>,
}

impl IssuerReport {
    /// What came of one issuer.
    pub(crate) fn new(name: &str, issuer: &str, url: Option<String>, changed: Result<Change, String>) -> Self {
        let (change, error) = match changed {
            Ok(change) => (Some(change), None),
            Err(why) => (None, Some(why)),
        };
        Self {
            name: name.to_owned(),
            issuer: issuer.to_owned(),
            ok: error.is_none(),
            url,
            error,
            change,
        }
    }

    fn human(&self, grace_s: u64, out: &mut impl Write) -> anyhow::Result<()> {
        let name = &self.name;
        if let Some(why) = &self.error {
            let why = printable(why);
            writeln!(out, "{name}: failed, and its stored keys stay as they are: {why}")?;
        }
        let Some(change) = &self.change else {
            return Ok(());
        };
        let url = printable(self.url.as_deref().unwrap_or_default());
        writeln!(out, "{name}: keys {}, from {url}", change.keys())?;
        for (mark, kids, note) in [
            ('+', &change.new, ""),
            ('=', &change.kept, ""),
            ('~', &change.changed, "  another key under the same id"),
            ('-', &change.removed, "  removed; tokens that it signed are refused"),
        ] {
            for kid in kids {
                writeln!(out, "  {mark} {}{note}", printable(kid))?;
            }
        }
        for (kid, since_s) in &change.missing {
            let (since, until) = (moment::shown(*since_s), moment::shown(since_s.saturating_add(grace_s)));
            writeln!(
                out,
                "  ! {}  missing from the issuer's set since {since}; kept for now, removed by a sync after {until}",
                printable(kid)
            )?;
        }
        for why in &change.left_out {
            writeln!(out, "  left out: {}", printable(why))?;
        }
        Ok(())
    }
}

impl Report {
    /// Whether every issuer's keys were stored.
    pub(crate) fn ok(&self) -> bool {
        self.issuers.iter().all(|issuer| issuer.ok)
    }

    /// Whether there is anything to write.
    pub(crate) fn has_changes(&self) -> bool {
        self.issuers.iter().any(|issuer| issuer.ok)
    }

    /// For people.
    pub(crate) fn human(&self, out: &mut impl Write) -> anyhow::Result<()> {
        for issuer in &self.issuers {
            issuer.human(self.grace_s, out)?;
        }
        match (self.issuers.is_empty(), self.dry_run, self.has_changes()) {
            (true, ..) => writeln!(out, "no issuer of the policy publishes keys; there is nothing to fetch")?,
            (_, true, _) => writeln!(out, "nothing was written: --dry-run")?,
            (_, _, true) => writeln!(out, "wrote {}", self.stores)?,
            (_, _, false) => writeln!(out, "nothing was written")?,
        }
        Ok(())
    }

    /// For programs: one JSON object.
    pub(crate) fn json(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let report = json!({
            "ok": self.ok(),
            "dry_run": self.dry_run,
            "written": !self.dry_run && self.has_changes(),
            "file": self.stores,
            "grace_s": self.grace_s,
            "issuers": self.issuers,
        });
        Ok(writeln!(out, "{report:#}")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_issuers_write_does_not_move_the_cursor() {
        let reports = ["a\u{1b}[2K\u{202e}b\n"].map(|kid| IssuerReport {
            change: Some(Change {
                new: vec![kid.to_owned()],
                left_out: vec![kid.to_owned()],
                ..Change::default()
            }),
            ..IssuerReport::new("okta", "i", Some("u".to_owned()), Err(kid.to_owned()))
        });
        let report = Report {
            stores: "f".to_owned(),
            dry_run: true,
            grace_s: 1,
            issuers: reports.into(),
        };
        let mut out = Vec::new();
        report.human(&mut out).unwrap();
        let shown = String::from_utf8(out).unwrap();
        assert_eq!(shown.matches("a\\u{1b}[2K\\u{202e}b\\n\n").count(), 3, "{shown}");
        assert!(!shown.contains(['\u{1b}', '\u{202e}']));
    }
}
