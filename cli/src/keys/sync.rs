//! `tollgate keys sync`: each issuer's keys, found by discovery, checked, and stored beside those that are there.
//!
//! Promises: issuers are independent: what is wrong with one leaves its stored keys as they are, and the others are
//! stored. All changes are written at once, when all issuers have answered. Nobody is kept from writing while issuers are
//! asked; keys that another command stored meanwhile are not replaced by older ones.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use tollgate::{
    identity::keys::{self, index_entry},
    policy::{
        issuer::{Issuer, KeySource, Vouching},
        site::Site,
    },
};

use super::{
    discovery::{self, Start},
    fetch::{self, Fetched},
    merge::{Change, Judged, Missing, Removal, merge, published},
    report::{IssuerReport, Report},
};
use crate::{
    diagnostics::compiled_or_shown,
    format::Format,
    moment,
    stores::{self, Entries, KEYS, KEYS_SYNC, Stores},
};

/// Fetch the keys of the policy's issuers, check them, and store them
///
/// A key set is where the policy says, or where the issuer's own discovery document says: OpenID Connect Discovery, else
/// RFC 8414. Only https is asked, and http on this machine. Of each key only what verifying needs is stored; certificates
/// are left out, and so are keys that can't be used, each with the reason.
///
/// A key that an issuer no longer lists is kept at first, with a warning, for tokens signed with it may be in use. It is
/// removed by the first sync that still misses it when --grace has passed. One that the set has in a form which must not be
/// used, with private parts for instance, is removed at once. A set without any key that can be used changes
/// nothing. What is wrong with one issuer does not keep the others from being stored.
///
/// Ends with 0 if all went well, with 1 if any issuer failed, with 2 if it was called wrongly.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tollgate keys sync policy.toml
  See what would change, for one issuer:
    tollgate keys sync policy.toml --issuer okta --dry-run
  A key has leaked and the issuer has withdrawn it; stop trusting it now:
    tollgate keys sync policy.toml --issuer okta --allow-removal
  Run the gateway with what was stored:
    tollgate serve --policy policy.toml --stores ./tollgate-stores

Marks: + new, = as before, ~ another key under the same id, ! missing from the issuer's set and kept for now, - removed")]
pub(crate) struct Sync {
    /// The policy
    policy: PathBuf,
    /// The folder with the stores' contents; made if it is not there
    #[arg(long, value_name = "DIR", default_value = stores::FOLDER)]
    stores: PathBuf,
    /// Only this issuer, by the policy's name of it; may be given more than once
    #[arg(long = "issuer", value_name = "NAME")]
    issuers: Vec<String>,
    /// Say what would change, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Remove keys that are missing from their issuer's set at once
    #[arg(long)]
    allow_removal: bool,
    /// How long a key must have been missing before it is removed
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = moment::duration_s, conflicts_with = "allow_removal")]
    grace: u64,
    /// How the report is written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// An issuer whose keys are published, by the policy's name of it.
type Publisher<'s> = (&'s str, &'s Issuer, &'s KeySource);

/// A key set to be fetched once, of issuers that have it in common.
struct KeySet<'s> {
    /// The policy's names of them.
    names: Vec<&'s str>,
    /// The first of them; all have its `iss`.
    issuer: &'s Issuer,
    source: &'s KeySource,
    start: Result<Start, String>,
}

/// What came of a key set.
type Answer<'s> = (KeySet<'s>, Result<Fetched, String>);

impl Sync {
    pub(crate) async fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitCode> {
        let (_, site) = compiled_or_shown(&self.policy)?;
        let publishers = match self.publishers(&site) {
            Ok(publishers) => publishers,
            Err(why) => {
                writeln!(io::stderr(), "error: {why}")?;
                return Ok(ExitCode::from(2));
            }
        };
        let stores = Stores::at(&self.stores);
        if !self.dry_run {
            // Before anything is fetched: a folder that can't be written is to be known at once.
            drop(Stores::at(&self.stores).lock()?);
        }
        let seen: Entries = stores.read(KEYS)?;
        let answers = fetch_all(key_sets(publishers)).await?;
        let report = match self.dry_run {
            true => self.judged(&stores, &seen, answers)?.0,
            false => {
                let locked = stores.lock()?;
                let (report, entries, missing) = self.judged(locked.stores(), &seen, answers)?;
                if report.has_changes() {
                    locked.write(KEYS, &entries)?;
                    locked.write(KEYS_SYNC, &missing)?;
                }
                report
            }
        };
        match self.format {
            Format::Human => report.human(out)?,
            Format::Json => report.json(out)?,
        }
        Ok(match report.ok() {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    }

    /// The issuers to fetch the keys of.
    fn publishers<'s>(&self, site: &'s Site) -> Result<Vec<Publisher<'s>>, String> {
        let issuers = &site.settings().issuers;
        for name in &self.issuers {
            match issuers.get(name).map(|issuer| &issuer.vouching) {
                Some(Vouching::Keys(_)) => {}
                Some(_) => {
                    return Err(format!(
                        "[issuers.{name}] publishes no keys; its credentials are verified in another way"
                    ));
                }
                None => {
                    let names: Vec<_> = issuers.keys().map(String::as_str).collect();
                    return Err(format!(
                        "the policy has no [issuers.{name}]; its issuers are: {}",
                        names.join(", ")
                    ));
                }
            }
        }
        let is_chosen = |name: &String| self.issuers.is_empty() || self.issuers.contains(name);
        let chosen = issuers.iter().filter(|(name, _)| is_chosen(name));
        Ok(chosen
            .filter_map(|(name, issuer)| match &issuer.vouching {
                Vouching::Keys(source) => Some((name.as_str(), issuer, source)),
                Vouching::Secret(_) | Vouching::Introspection(_) | Vouching::ApiKeys => None,
            })
            .collect())
    }

    /// What comes of all issuers' sets, of which `seen` was stored before they were fetched: the report, and the stores'
    /// contents then.
    fn judged(
        &self,
        stores: &Stores,
        seen: &Entries,
        answers: Vec<Answer<'_>>,
    ) -> anyhow::Result<(Report, Entries, BTreeMap<String, Missing>)> {
        let mut entries: Entries = stores.read(KEYS)?;
        let mut missing: BTreeMap<String, Missing> = stores.read(KEYS_SYNC)?;
        let now_s = moment::unix_s();
        let mut issuers = BTreeMap::new();
        for (set, fetched) in answers {
            let issuer = &set.issuer.issuer;
            let url = fetched.as_ref().ok().map(|fetched| fetched.url.to_string());
            let known = missing.remove(issuer).unwrap_or_default();
            let index = index_entry(issuer);
            let changed = fetched.and_then(|fetched| match seen.get(&index) == entries.get(&index) {
                true => self.change(issuer, &entries, &known, &fetched, now_s),
                false => Err("another command stored its keys meanwhile; run this again".to_owned()),
            });
            let left = match &changed {
                Ok(change) => {
                    change.apply(&mut entries);
                    change.missing.clone()
                }
                Err(_) => known,
            };
            if !left.is_empty() {
                missing.insert(issuer.clone(), left);
            }
            for name in set.names {
                issuers.insert(name, IssuerReport::new(name, issuer, url.clone(), changed.clone()));
            }
        }
        let report = Report {
            stores: stores.path(KEYS).display().to_string(),
            dry_run: self.dry_run,
            grace_s: self.grace,
            issuers: issuers.into_values().collect(),
        };
        Ok((report, entries, missing))
    }

    fn change(
        &self,
        issuer: &str,
        entries: &Entries,
        missing: &Missing,
        fetched: &Fetched,
        now_s: u64,
    ) -> Result<Change, String> {
        let removal = match self.allow_removal {
            true => Removal::Now,
            false => Removal::After(self.grace),
        };
        let set = keys::entries(issuer, &fetched.jwks, now_s, Some(fetched.url.as_str()));
        let set = Judged {
            keys: set.map_err(|why| format!("{}: {why}", fetched.url))?,
            published: published(&fetched.jwks),
        };
        merge(issuer, entries, missing, set, removal, now_s)
    }
}

/// The key sets of the issuers. Those of one `iss` whose keys are at one place have one.
fn key_sets(publishers: Vec<Publisher<'_>>) -> Vec<KeySet<'_>> {
    let mut sets: Vec<KeySet<'_>> = Vec::new();
    for (name, issuer, source) in publishers {
        let start = discovery::start(issuer, source);
        match sets
            .iter_mut()
            .find(|set| set.issuer.issuer == issuer.issuer && set.start == start)
        {
            Some(set) => set.names.push(name),
            None => sets.push(KeySet {
                names: vec![name],
                issuer,
                source,
                start,
            }),
        }
    }
    sets
}

/// All key sets, fetched side by side: one issuer that does not answer costs no more time than all.
async fn fetch_all(sets: Vec<KeySet<'_>>) -> anyhow::Result<Vec<Answer<'_>>> {
    let mut fetches = Vec::new();
    for set in sets {
        writeln!(io::stderr(), "fetching the keys of {}", set.names.join(", "))?;
        let (issuer, source) = (set.issuer.clone(), set.source.clone());
        let fetch = tokio::spawn(async move { fetch::key_set(&issuer, &source).await });
        fetches.push((set, fetch));
    }
    let mut answers = Vec::new();
    for (set, fetch) in fetches {
        answers.push((set, fetch.await?));
    }
    Ok(answers)
}
