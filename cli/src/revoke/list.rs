//! `tollgate revoke --list`: what is revoked. Who it is about can't be listed: entries are named by digests.

use std::io::Write;

use serde_json::json;

use super::register::Register;
use crate::{
    format::{Format, printable},
    moment,
};

/// Writes what is revoked.
///
/// # Errors
/// If an entry can't be read, or `out` not be written.
pub(super) fn list(register: &Register, format: Format, out: &mut impl Write) -> anyhow::Result<()> {
    let (tokens, subjects) = register.records()?;
    if format == Format::Json {
        let tokens: Vec<_> = tokens
            .iter()
            .map(|(entry, record)| json!({ "entry": entry, "until": record.until }))
            .collect();
        let subjects: Vec<_> = subjects
            .iter()
            .map(|(entry, record)| json!({ "entry": entry, "since": record.since, "until": record.until }))
            .collect();
        let list = json!({ "issuers": register.knob.issuers, "tokens": tokens, "subjects": subjects });
        return Ok(writeln!(out, "{list:#}")?);
    }
    for (issuer, since) in &register.knob.issuers {
        let (issuer, since) = (printable(issuer), moment::shown(since.0));
        writeln!(out, "issuer   {issuer}: all tokens that were issued before {since}")?;
    }
    for (entry, record) in &subjects {
        let entry = printable(entry);
        let (since, until) = (moment::shown(record.since.0), moment::shown(record.until.0));
        writeln!(
            out,
            "subject  {entry}: tokens that were issued before {since}, until {until}"
        )?;
    }
    for (entry, record) in &tokens {
        let (entry, until) = (printable(entry), moment::shown(record.until.0));
        writeln!(out, "token    {entry}: until {until}")?;
    }
    if register.knob.issuers.is_empty() && subjects.is_empty() && tokens.is_empty() {
        writeln!(out, "nothing is revoked")?;
    }
    Ok(())
}
