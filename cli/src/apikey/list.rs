//! `tollgate apikey list`: which API keys there are. A key itself is nowhere to be listed.

use std::{io::Write, path::PathBuf};

use clap::Args;
use serde_json::json;
use tollgate::{identity::api_key::Record, time::UnixSeconds};

use super::records;
use crate::{
    format::{Format, printable},
    moment,
    stores::{self, STATE, Stores},
};

/// List the API keys that were made: whose they are, what they may, and whether they are in force
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tollgate apikey list
  tollgate apikey list --issuer partners --format json")]
pub(super) struct List {
    /// Only keys for this issuer, by the policy's name of it
    #[arg(long, value_name = "NAME")]
    issuer: Option<String>,
    /// The folder with the stores' contents
    #[arg(long, value_name = "DIR", default_value = stores::FOLDER)]
    stores: PathBuf,
    /// How the list is written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

const HEADINGS: [&str; 6] = ["ID", "OWNER", "ISSUER", "SCOPES", "EXPIRES", "STATE"];

impl List {
    pub(super) fn run(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let now = UnixSeconds(moment::unix_s());
        let mut records: Vec<Record> = records(&Stores::at(&self.stores).read(STATE)?)?.into_values().collect();
        records.retain(|record| self.issuer.as_ref().is_none_or(|issuer| record.issuer == *issuer));
        records.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        match self.format {
            Format::Human => table(&records, now, out),
            Format::Json => {
                let keys: Vec<_> = records
                    .iter()
                    .map(|record| json!({ "state": state(record, now), "record": record }))
                    .collect();
                Ok(writeln!(out, "{:#}", json!({ "keys": keys }))?)
            }
        }
    }
}

fn table(records: &[Record], now: UnixSeconds, out: &mut impl Write) -> anyhow::Result<()> {
    if records.is_empty() {
        writeln!(out, "there are no API keys; `tollgate apikey create` makes one")?;
        return Ok(());
    }
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(records.iter().map(|record| row(record, now)));
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..HEADINGS.len()).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

fn row(record: &Record, now: UnixSeconds) -> [String; 6] {
    let scopes = match record.scopes.is_empty() {
        true => "-".to_owned(),
        false => record.scopes.join(","),
    };
    [
        printable(&record.id),
        printable(&record.owner),
        printable(&record.issuer),
        printable(&scopes),
        record
            .expires_at
            .map_or_else(|| "never".to_owned(), |at| moment::shown(at.0)),
        state(record, now).to_owned(),
    ]
}

fn state(record: &Record, now: UnixSeconds) -> &'static str {
    match (record.revoked_at, record.expires_at) {
        (Some(_), _) => "revoked",
        (None, Some(at)) if at <= now => "expired",
        (None, _) => "active",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str, expires_at_s: Option<u64>, revoked_at_s: Option<u64>) -> Record {
        Record {
            id: id.to_owned(),
            issuer: "partners".to_owned(),
            owner: format!("owner of {id}"),
            scopes: vec!["a".to_owned(), "b".to_owned()],
            created_at: UnixSeconds(0),
            expires_at: expires_at_s.map(UnixSeconds),
            limits: Vec::new(),
            revoked_at: revoked_at_s.map(UnixSeconds),
        }
    }

    #[test]
    fn the_table_says_what_is_in_force() {
        let mut records = vec![
            record("one", Some(101), None),
            record("three", Some(100), None),
            record("four", None, Some(50)),
        ];
        records.push(Record {
            scopes: Vec::new(),
            owner: "\u{202e}evif\n".to_owned(),
            ..record("five", None, None)
        });
        let mut out = Vec::new();
        table(&records, UnixSeconds(100), &mut out).unwrap();
        let expected = "\
ID     OWNER           ISSUER    SCOPES  EXPIRES               STATE
one    owner of one    partners  a,b     1970-01-01T00:01:41Z  active
three  owner of three  partners  a,b     1970-01-01T00:01:40Z  expired
four   owner of four   partners  a,b     never                 revoked
five   \\u{202e}evif\\n  partners  -       never                 active
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
