//! `tollgate revoke`: tokens that are refused before they expire.

mod covered;
mod list;
mod register;
mod undo;

use std::{collections::BTreeMap, io::Write, path::PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::{ArgGroup, Args};
use tollgate::{
    host::SurrogateKey,
    identity::{
        remembered::{issuer_key, subject_key},
        revocation::{Knob, REVOKED_ENTRY},
    },
    policy::issuer::{Issuer, LEEWAY_S_MAX, Vouching},
    time::UnixSeconds,
};

use crate::{
    diagnostics::compiled_or_shown,
    format::{Format, printable},
    moment,
    stores::{self, Entries, KNOBS, Locked, STATE, Stores},
};
use covered::Covered;
use register::{Register, Revocation, Target};

/// The longest that an entry is kept, in seconds: a year. Tokens that live longer are not for revoking one by one.
const KEPT_S_MAX: u64 = 31_536_000;

/// Revoke one token, a subject's tokens, or all tokens of an issuer, before they expire
///
/// A token is named by its `jti`, a subject by its `sub`. What names them is stored as a digest, with the issuer's `iss`: it
/// counts for every issuer of the policy with that `iss`. Tokens that are issued from --since on are good, so a subject can
/// log in anew; those that do not say when they were issued are refused. An entry is dropped when --for is over, and five
/// minutes for clocks that differ: by then the tokens must have expired. Of two revocations the later holds; --undo takes
/// one back.
///
/// A gateway refuses the tokens within 30 seconds of the entries being in its stores, whatever it remembers of them.
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("what").required(true).args(["token_id", "subject", "all", "list"])),
    after_help = "Examples:
  A token that was seen where it must not be:
    tollgate revoke policy.toml --issuer okta --token-id AT.x8sFh2
  A colleague's laptop is gone; tokens until now are refused, those of a new login are good:
    tollgate revoke policy.toml --issuer okta --subject 00u1ab2cd --for 12h
  The issuer was broken into at eight:
    tollgate revoke policy.toml --issuer okta --all --since 2026-11-21T08:00:00Z
  That was the wrong colleague:
    tollgate revoke policy.toml --issuer okta --subject 00u1ab2cd --undo
  What is revoked:
    tollgate revoke --list
API keys are revoked by `tollgate apikey revoke`."
)]
pub(crate) struct Revoke {
    /// The policy
    #[arg(required_unless_present = "list")]
    policy: Option<PathBuf>,
    /// The issuer, by the policy's name of it
    #[arg(long, value_name = "NAME", required_unless_present = "list")]
    issuer: Option<String>,
    /// The `jti` of the token
    #[arg(long, value_name = "JTI", value_parser = named, allow_hyphen_values = true)]
    token_id: Option<String>,
    /// The `sub` of the tokens
    #[arg(long, value_name = "SUB", value_parser = named, allow_hyphen_values = true)]
    subject: Option<String>,
    /// All tokens of the issuer
    #[arg(long)]
    all: bool,
    /// Show what is revoked
    #[arg(long, conflicts_with_all = ["policy", "issuer"])]
    list: bool,
    /// Take the revocation back: remove the entry of the token or the subject, or the time of the issuer
    #[arg(long, conflicts_with_all = ["since", "span_s", "until", "list"])]
    undo: bool,
    /// Tokens that were issued before, in UTC, as in 2026-11-21T08:00:00Z. Unless said otherwise now and the issuer's leeway
    /// after, because its clock may be ahead; at most five minutes from now
    #[arg(long, value_name = "TIME", value_parser = moment::time_s, conflicts_with_all = ["token_id", "list"])]
    since: Option<u64>,
    /// How long to keep it: at least as long as the issuer's tokens live, at most 365d
    #[arg(long = "for", value_name = "DURATION", default_value = "30d", value_parser = moment::duration_s,
          conflicts_with_all = ["all", "list"])]
    span_s: u64,
    /// Until when to keep it, in UTC, instead of --for: a token's `exp`, say
    #[arg(long, value_name = "TIME", value_parser = moment::time_s, conflicts_with_all = ["span_s", "all", "list"])]
    until: Option<u64>,
    /// The folder with the stores' contents; made if it is not there
    #[arg(long, value_name = "DIR", default_value = stores::FOLDER)]
    stores: PathBuf,
    /// How the list is written
    #[arg(long, value_enum, default_value_t = Format::Human, requires = "list")]
    format: Format,
}

impl Revoke {
    pub(crate) fn run(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let (Some(policy), Some(issuer)) = (&self.policy, &self.issuer) else {
            let stores = Stores::at(&self.stores);
            let register = Register::read(&stores.read(KNOBS)?, stores.read(STATE)?)?;
            return list::list(&register, self.format, out);
        };
        let (_, site) = compiled_or_shown(policy)?;
        let issuers = &site.settings().issuers;
        self.fits(issuer, issuers)?;
        let covered = Covered::of(issuer, issuers)?;
        let now = UnixSeconds(moment::unix_s());
        if self.undo {
            let locked = Stores::at(&self.stores).lock()?;
            return undo::undo(&locked, &covered, &self.target(), now, out);
        }
        let (revocation, said) = self.revocation(&covered, now)?;
        let locked = Stores::at(&self.stores).lock()?;
        let dropped = add(&locked, covered.iss, &revocation, now)?;
        writeln!(out, "revoked {said}")?;
        covered.note(out)?;
        if let Some(since) = revocation.since() {
            covered.note_of(since, now, out)?;
        }
        written(&locked, dropped, out)?;
        let purges = covered.names.iter().filter_map(|name| remembered(name, &revocation));
        let (keys, remembered): (Vec<_>, Vec<_>) = purges.unzip();
        if let Some(remembered) = remembered.first() {
            let purges: Vec<_> = keys.iter().map(|key| format!("fastly purge --key={}", key.0)).collect();
            writeln!(
                out,
                "it counts without a purge; to clear what POPs remember of {remembered}: {}",
                purges.join("; ")
            )?;
        }
        Ok(())
    }

    /// An issuer that the policy does not have would be passed over, and an API key may outlive what ends by itself.
    fn fits(&self, name: &str, issuers: &BTreeMap<String, Issuer>) -> anyhow::Result<()> {
        let Some(issuer) = issuers.get(name) else {
            let names: Vec<_> = issuers.keys().map(String::as_str).collect();
            bail!(
                "the policy has no [issuers.{name}]; its issuers are: {}",
                names.join(", ")
            );
        };
        ensure!(
            self.all || issuer.vouching != Vouching::ApiKeys,
            "[issuers.{name}] is for API keys, which may outlive a revocation that ends: use `tollgate apikey revoke ID` for \
             each, or --all for every key that was made until now"
        );
        Ok(())
    }

    /// Whose revocation is to be taken back.
    fn target(&self) -> Target<'_> {
        match (&self.token_id, &self.subject) {
            (Some(jti), _) => Target::Token(jti),
            (_, Some(sub)) => Target::Subject(sub),
            (None, None) => Target::All,
        }
    }

    /// What is to be revoked, and in words.
    fn revocation(&self, covered: &Covered<'_>, now: UnixSeconds) -> anyhow::Result<(Revocation, String)> {
        let issuer = covered.name;
        // The issuer's clock may be ahead, and then so is the `iat` of the tokens that it has issued.
        let since = self.since.map_or(now.plus_s(covered.leeway_s), UnixSeconds);
        ensure!(
            since <= now.plus_s(LEEWAY_S_MAX),
            "--since is more than {LEEWAY_S_MAX} seconds in the future; tokens that are not issued yet would be refused"
        );
        let until_s = match self.until {
            Some(until_s) => until_s,
            None => now.0.checked_add(self.span_s).context("--for is too long")?,
        };
        ensure!(
            until_s > now.0,
            "that would be over at once; give a later --until or a longer --for"
        );
        ensure!(
            until_s <= now.plus_s(KEPT_S_MAX).0,
            "that would be kept for more than a year; give an earlier --until or a shorter --for, or revoke with --all"
        );
        // A token that has expired may pass for as long as clocks may differ.
        let until = UnixSeconds(until_s).plus_s(LEEWAY_S_MAX);
        let (since_said, until_said) = (moment::shown(since.0), moment::shown(until.0));
        Ok(match (&self.token_id, &self.subject) {
            (Some(jti), _) => (
                Revocation::Token {
                    jti: jti.clone(),
                    until,
                },
                format!("the token `{}` of {issuer}, until {until_said}", printable(jti)),
            ),
            (_, Some(sub)) => (
                Revocation::Subject {
                    sub: sub.clone(),
                    since,
                    until,
                },
                format!(
                    "tokens of `{}` that {issuer} issued before {since_said}, until {until_said}",
                    printable(sub)
                ),
            ),
            (None, None) => (
                Revocation::All { since },
                format!("all tokens that {issuer} issued before {since_said}"),
            ),
        })
    }
}

/// Adds one to the stores, by the issuer's `iss`, and gives how many others were dropped.
fn add(locked: &Locked, iss: &str, revocation: &Revocation, now: UnixSeconds) -> anyhow::Result<usize> {
    change(locked, now, |register| register.add(iss, revocation))
}

/// Changes the stores, and gives how many entries were dropped besides.
fn change(
    locked: &Locked,
    now: UnixSeconds,
    change: impl FnOnce(&mut Register) -> anyhow::Result<()>,
) -> anyhow::Result<usize> {
    let mut knobs: Entries = locked.stores().read(KNOBS)?;
    let mut register = Register::read(&knobs, locked.stores().read(STATE)?)?;
    change(&mut register)?;
    let dropped = register.settle(now)?;
    let knob = serde_json::to_string(&register.knob)?;
    // What the gateway would not read must not take the place of what it does.
    Knob::read(&knob).map_err(anyhow::Error::msg)?;
    knobs.insert(REVOKED_ENTRY.to_owned(), knob);
    // The KV store first: once the knob sends the gateway there, the entry is to be found.
    locked.write(STATE, &register.state)?;
    locked.write(KNOBS, &knobs)?;
    Ok(dropped)
}

/// Says what was written.
fn written(locked: &Locked, dropped: usize, out: &mut impl Write) -> anyhow::Result<()> {
    if dropped > 0 {
        writeln!(out, "dropped {dropped} entries of tokens that have expired anyway")?;
    }
    let path = |file| locked.stores().path(file);
    writeln!(out, "wrote {} and {}", path(STATE).display(), path(KNOBS).display())?;
    Ok(())
}

/// What the POPs' caches keep of those tokens, by surrogate key of the policy's name of the issuer, and in words. There is no key of a single token.
fn remembered(issuer: &str, revocation: &Revocation) -> Option<(SurrogateKey, &'static str)> {
    match revocation {
        Revocation::Token { .. } => None,
        Revocation::Subject { sub, .. } => Some((subject_key(issuer, sub), "the subject")),
        Revocation::All { .. } => Some((issuer_key(issuer), "the issuer's tokens")),
    }
}

/// An empty name is a slip in a script, and would revoke nothing.
fn named(text: &str) -> Result<String, String> {
    match text.is_empty() {
        true => Err("it is empty".to_owned()),
        false => Ok(text.to_owned()),
    }
}
