//! `tollgate apikey create`: a key that is shown once.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use anyhow::{Context as _, bail};
use clap::Args;
use getrandom::{SysRng, rand_core::TryRng as _};
use tollgate::{
    identity::api_key::{ApiKey, Limit, Record},
    policy::issuer::{Issuer, Vouching},
    time::UnixSeconds,
};

use crate::{
    diagnostics::compiled_or_shown,
    format::printable,
    moment,
    stores::{self, Entries, STATE, Stores},
};

/// The longest owner, in characters.
const OWNER_CHARS_MAX: usize = 200;

/// Make an API key and show it, this once
///
/// The key is the only line on standard output. If it can't be written there, no key is made. It is stored by its hash alone: whoever loses it needs a new one.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tollgate apikey create policy.toml --issuer partners --owner 'Acme, nightly import' --scopes orders:read,orders:write
  For a year, with limits that are kept for later, 100 requests a minute and 10,000 a day:
    tollgate apikey create policy.toml --issuer partners --owner acme --expires 365d --limit 100/1m --limit 10000/1d
  Into a password store, never through the terminal:
    tollgate apikey create policy.toml --issuer partners --owner acme | pass insert --multiline tollgate/acme")]
pub(super) struct Create {
    /// The policy
    policy: PathBuf,
    /// The issuer that the key stands for, by the policy's name of it
    #[arg(long, value_name = "NAME")]
    issuer: String,
    /// Whose key it is, in your words; shown by `tollgate apikey list`
    #[arg(long, value_name = "TEXT", value_parser = owner)]
    owner: String,
    /// The scopes that the key has, with commas between; 64 at most
    #[arg(long, value_name = "SCOPES", value_delimiter = ',', value_parser = scope)]
    scopes: Vec<String>,
    /// How long the key may be used, as in `90d`, or `never` for a key without end
    #[arg(long, value_name = "DURATION", default_value = "90d", value_parser = expiry)]
    expires: Expiry,
    /// How many requests a window of time may have, as in `100/1m`; may be given more than once. NOT ENFORCED YET: it is
    /// stored with the key and nothing counts, so a key is not limited by it today
    #[arg(long = "limit", value_name = "REQUESTS/WINDOW", value_parser = limit)]
    limits: Vec<Limit>,
    /// The folder with the stores' contents; made if it is not there
    #[arg(long, value_name = "DIR", default_value = stores::FOLDER)]
    stores: PathBuf,
}

/// How long a key lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expiry {
    After(u64),
    Never,
}

impl Create {
    pub(super) fn run(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let (_, site) = compiled_or_shown(&self.policy)?;
        let name = &self.issuer;
        let issuer = site.settings().issuers.get(name);
        takes_api_keys(
            name,
            issuer.with_context(|| format!("the policy has no [issuers.{name}]"))?,
        )?;
        let mut random = [0; 32];
        SysRng.try_fill_bytes(&mut random)?;
        let (key, record) = self.made(random, UnixSeconds(moment::unix_s()))?;
        let stored = stored(&record)?;
        let locked = Stores::at(&self.stores).lock()?;
        let mut state: Entries = locked.stores().read(STATE)?;
        state.insert(key.entry(), stored);
        locked.write(STATE, &state)?;
        let Err(why) = self.show(&key, &record, out) else {
            return Ok(());
        };
        // Nobody has the key. The cause is told in words: a reader that is gone is no good end here.
        state.remove(&key.entry());
        match locked.write(STATE, &state) {
            Ok(()) => bail!("the key can't be shown, and its record was taken back: {why:#}"),
            Err(stays) => bail!(
                "the key can't be shown: {why:#}; its record could not be taken back: {stays:#}; end it by `tollgate apikey \
                 revoke {}`",
                record.id
            ),
        }
    }

    fn show(&self, key: &ApiKey, record: &Record, out: &mut impl Write) -> anyhow::Result<()> {
        let until = match record.expires_at {
            Some(at) => format!("until {}", moment::shown(at.0)),
            None => "without end".to_owned(),
        };
        writeln!(
            io::stderr(),
            "API key {} of {} for issuer {}, good {until}. It is shown this once and stored by its hash alone; \
             `tollgate apikey revoke {}` ends it.",
            record.id,
            printable(&record.owner),
            self.issuer,
            record.id
        )?;
        if !record.limits.is_empty() {
            writeln!(
                io::stderr(),
                "note: its limits are stored with it, and nothing enforces them yet"
            )?;
        }
        // The one place where a key is seen.
        writeln!(out, "{}", key.text().expose())?;
        out.flush()?;
        Ok(())
    }

    fn made(&self, random: [u8; 32], now: UnixSeconds) -> anyhow::Result<(ApiKey, Record)> {
        let key = ApiKey::from_random(random);
        let expires_at = match self.expires {
            Expiry::After(seconds) => {
                let end_s = now.0.checked_add(seconds).context("--expires is too far away")?;
                Some(UnixSeconds(end_s))
            }
            Expiry::Never => None,
        };
        let record = Record {
            id: key.id(),
            issuer: self.issuer.clone(),
            owner: self.owner.clone(),
            scopes: self.scopes.clone(),
            created_at: now,
            expires_at,
            limits: self.limits.clone(),
            revoked_at: None,
        };
        Ok((key, record))
    }
}

/// The text of a record. Only what the gateway would read is stored.
fn stored(record: &Record) -> anyhow::Result<String> {
    let text = serde_json::to_string(record)?;
    match Record::read(text.as_bytes()) {
        Ok(_) => Ok(text),
        Err(why) => {
            bail!("the key's record would be of no use: {why}; give fewer or shorter --scopes, or fewer --limit")
        }
    }
}

/// A key for an issuer of tokens would never be looked up.
fn takes_api_keys(name: &str, issuer: &Issuer) -> anyhow::Result<()> {
    match issuer.vouching {
        Vouching::ApiKeys => Ok(()),
        Vouching::Keys(_) | Vouching::Secret(_) | Vouching::Introspection(_) => {
            bail!("[issuers.{name}] is an issuer of tokens and takes no API keys; name one that has `api_keys = true`")
        }
    }
}

fn owner(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().any(char::is_control) || text.chars().count() > OWNER_CHARS_MAX {
        return Err(format!(
            "say whose key it is, in 1 to {OWNER_CHARS_MAX} characters on one line"
        ));
    }
    Ok(text.to_owned())
}

/// A scope token (RFC 6749 section 3.3).
fn scope(text: &str) -> Result<String, String> {
    let text = text.trim();
    let allowed = |character: char| character.is_ascii_graphic() && !matches!(character, '"' | '\\');
    match !text.is_empty() && text.chars().all(allowed) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "`{text}` is no scope; write scopes with commas between, as in `orders:read,orders:write`"
        )),
    }
}

fn expiry(text: &str) -> Result<Expiry, String> {
    match text {
        "never" => Ok(Expiry::Never),
        _ => match moment::duration_s(text)? {
            0 => Err("a key of no duration could never be used".to_owned()),
            seconds => Ok(Expiry::After(seconds)),
        },
    }
}

fn limit(text: &str) -> Result<Limit, String> {
    let mend = || format!("`{text}` is no limit; write requests and window, as in `100/1m` or `10000/1d`");
    let read = || -> Option<Limit> {
        let (requests, window) = text.split_once('/')?;
        Some(Limit {
            requests: requests.parse().ok()?,
            window_s: moment::duration_s(window).ok()?.try_into().ok()?,
        })
    };
    let limit = read().ok_or_else(mend)?;
    match limit.requests > 0 && limit.window_s > 0 {
        true => Ok(limit),
        false => Err(mend()),
    }
}

#[cfg(test)]
mod tests;
