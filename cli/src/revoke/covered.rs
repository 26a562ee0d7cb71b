//! Which issuers of the policy a revocation is about.
//!
//! Promises: revocations are stored by `iss`, so who names one issuer of the policy is told of every other that has the same.

use std::{collections::BTreeMap, io::Write};

use anyhow::Context as _;
use tollgate::{
    policy::issuer::{Issuer, Vouching},
    time::UnixSeconds,
};

use crate::{format::printable, moment};

/// The issuers of one `iss`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Covered<'p> {
    /// The policy's name of the one that was asked for.
    pub(super) name: &'p str,
    /// What revocations are stored by.
    pub(super) iss: &'p str,
    /// The policy's names of all.
    pub(super) names: Vec<&'p str>,
    /// How far clocks may differ, in seconds: the longest leeway of them.
    pub(super) leeway_s: u64,
    /// Whether it is about API keys.
    api_keys: bool,
}

impl<'p> Covered<'p> {
    /// The issuers with the `iss` of the one with this name.
    ///
    /// # Errors
    /// If there is none of that name.
    pub(super) fn of(name: &str, issuers: &'p BTreeMap<String, Issuer>) -> anyhow::Result<Self> {
        let (name, asked) = issuers
            .get_key_value(name)
            .with_context(|| format!("the policy has no [issuers.{name}]"))?;
        let same = || issuers.iter().filter(|(_, issuer)| issuer.issuer == asked.issuer);
        Ok(Self {
            name,
            iss: &asked.issuer,
            names: same().map(|(name, _)| name.as_str()).collect(),
            leeway_s: same().map(|(_, issuer)| issuer.leeway_s).max().unwrap_or_default(),
            api_keys: asked.vouching == Vouching::ApiKeys,
        })
    }

    /// Says which issuers there are, if they are several.
    pub(super) fn note(&self, out: &mut impl Write) -> anyhow::Result<()> {
        if self.names.len() > 1 {
            let names: Vec<_> = self.names.iter().map(|name| format!("[issuers.{name}]")).collect();
            let (names, iss) = (names.join(", "), printable(self.iss));
            writeln!(out, "it counts for {names}, which all have the `iss` {iss}")?;
        }
        Ok(())
    }

    /// Says what a revocation by time means for tokens to come.
    pub(super) fn note_of(&self, since: UnixSeconds, now: UnixSeconds, out: &mut impl Write) -> anyhow::Result<()> {
        if !self.api_keys {
            writeln!(out, "tokens without `iat` are refused too, from now on")?;
        }
        if since > now {
            let (until, ahead_s) = (moment::shown(since.0), now.until_s(since));
            match self.api_keys {
                true => writeln!(
                    out,
                    "keys that are made before {until}, in {ahead_s} s, are refused too"
                )?,
                false => writeln!(
                    out,
                    "logins before {until}, in {ahead_s} s, must be repeated: the issuer's clock may be ahead"
                )?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_of_one_iss_are_revoked_together() {
        let issuer = |iss: &str, leeway_s: u64, vouching: Option<Vouching>| {
            let plain = Issuer::plain(iss, &["a"]);
            Issuer {
                leeway_s,
                vouching: vouching.unwrap_or(plain.vouching.clone()),
                ..plain
            }
        };
        let issuers = BTreeMap::from([
            ("app".to_owned(), issuer("https://a.example", 10, None)),
            (
                "batch".to_owned(),
                issuer("tollgate:api-keys/batch", 60, Some(Vouching::ApiKeys)),
            ),
            ("web".to_owned(), issuer("https://a.example", 30, None)),
        ]);
        for (name, iss, names, leeway_s, api_keys, said) in [
            (
                "app",
                "https://a.example",
                vec!["app", "web"],
                30,
                false,
                "it counts for [issuers.app], [issuers.web], which all have the `iss` https://a.example\n\
                 tokens without `iat` are refused too, from now on\n\
                 logins before 1970-01-01T00:01:40Z, in 60 s, must be repeated: the issuer's clock may be ahead\n",
            ),
            (
                "batch",
                "tollgate:api-keys/batch",
                vec!["batch"],
                60,
                true,
                "keys that are made before 1970-01-01T00:01:40Z, in 60 s, are refused too\n",
            ),
        ] {
            let covered = Covered::of(name, &issuers).unwrap();
            let expected = Covered {
                name,
                iss,
                names,
                leeway_s,
                api_keys,
            };
            assert_eq!(covered, expected, "{name}");
            let mut out = Vec::new();
            covered.note(&mut out).unwrap();
            covered.note_of(UnixSeconds(100), UnixSeconds(40), &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), said, "{name}");
        }
        assert!(Covered::of("octa", &issuers).is_err());
    }
}
