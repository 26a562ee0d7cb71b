//! `tollgate explain`: what a policy does with one request, and why, without network.

use std::{fs, io::Write, net::IpAddr, path::PathBuf, time::SystemTime};

use anyhow::Context as _;
use clap::Args;
use tollgate::{secret::Secret, time::WallClock};
use tollgate_offline::{
    Credential, Question, Rehearsal,
    question::{address, time},
};

use crate::{diagnostics::compiled_or_shown, format::Format, named};

/// Explain what a policy does with a request: the routes that were looked at, the rules that were met or not, and the
/// request as it would leave
///
/// The gateway's own code decides; nothing is sent. Whoever --claims describes gets a good credential of this command's own
/// making, so that no identity provider is needed: of the kind that its issuer has in the policy, where the route looks for
/// it, and with the proof or certificate that it is bound to. A --token is verified if its issuer's --keys are given;
/// without, its claims are believed and the output says so. The command ends with 0 whatever comes of the request.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  Nobody in particular:
    tollgate explain policy.toml 'GET https://api.example.com/v1/orders/7'
  Somebody who has a scope, or an API key of that scope; `iss` is the policy's name of the issuer, or its URL:
    tollgate explain policy.toml 'GET /v1/orders/7' --claims '{\"iss\": \"okta\", \"sub\": \"u1\", \"scope\": \"orders:read\"}'
  The token that was refused last night, at that time and from that address:
    tollgate explain policy.toml 'POST /v1/orders' --token \"$TOKEN\" --keys okta=jwks.json \\
      --at 2026-11-21T03:12:00Z --from 203.0.113.9
  A service that is closed, before the knob is turned:
    tollgate explain policy.toml 'GET /v1/orders/7' --tune 'orders={\"maintenance\": {\"retry_after_s\": 120}}'")]
pub(crate) struct Explain {
    /// The policy
    policy: PathBuf,
    /// Method and URL, or method and path: then the policy's first host that is no `*.` is asked
    request: String,
    /// A token or API key that the request brings, where the route looks for one
    #[arg(long, value_name = "TOKEN", value_parser = token, conflicts_with = "claims")]
    token: Option<Secret<String>>,
    /// What the caller's credential says, a JSON object; `aud`, `iat`, `exp` and what the issuer's policy asks of all of them
    /// are added if missing
    #[arg(long, value_name = "JSON")]
    claims: Option<String>,
    /// An issuer's keys, a JSON Web Key Set, by the policy's name of the issuer; signatures are then checked
    #[arg(long, value_name = "ISSUER=JWKS.json", value_parser = named)]
    keys: Vec<(String, String)>,
    /// A header of the request; may be given more than once
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,
    /// The client's address
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    from: Option<IpAddr>,
    /// The country that the address is in, two upper-case letters. Without --from it stands for an address there, 192.0.2.1
    #[arg(long, value_name = "COUNTRY")]
    country: Option<String>,
    /// When, in UTC, as in 2026-11-21T08:00:00Z; now unless said otherwise
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<WallClock>,
    /// The knobs of a service, as its entry `tune.SERVICE` would hold them
    #[arg(long, value_name = "SERVICE=JSON", value_parser = named)]
    tune: Vec<(String, String)>,
    /// How the explanation is written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

impl Explain {
    pub(crate) fn run(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let (_, site) = compiled_or_shown(&self.policy)?;
        let mut rehearsal = Rehearsal::new(site).map_err(anyhow::Error::msg)?;
        let mut left_out = Vec::new();
        for (issuer, path) in &self.keys {
            let jwks = fs::read_to_string(path).with_context(|| format!("can't read {path}"))?;
            left_out.extend(rehearsal.add_keys(issuer, &jwks).map_err(anyhow::Error::msg)?);
        }
        tune(&mut rehearsal, &self.tune)?;
        let explanation = rehearsal.explain(&self.question()?).map_err(anyhow::Error::msg)?;
        match self.format {
            Format::Human => {
                for why in left_out {
                    writeln!(out, "note: {why}; left out")?;
                }
                write!(out, "{explanation}")?;
            }
            Format::Json => {
                serde_json::to_writer_pretty(&mut *out, &explanation)?;
                writeln!(out)?;
            }
        }
        Ok(())
    }

    fn question(&self) -> anyhow::Result<Question> {
        let at = self.at.unwrap_or_else(now);
        let credential = match (&self.token, &self.claims) {
            (Some(token), _) => Credential::Token(token.clone()),
            (None, Some(claims)) => {
                Credential::Claims(serde_json::from_str(claims).context("--claims is no JSON object")?)
            }
            (None, None) => Credential::Nobody,
        };
        Ok(Question {
            headers: self.headers.clone(),
            credential,
            from: self.from,
            country: self.country.clone(),
            ..Question::new(&self.request, at).map_err(anyhow::Error::msg)?
        })
    }
}

/// Sets the knobs of services.
pub(crate) fn tune(rehearsal: &mut Rehearsal, knobs: &[(String, String)]) -> anyhow::Result<()> {
    for (service, entry) in knobs {
        rehearsal.tune(service, entry).map_err(anyhow::Error::msg)?;
    }
    Ok(())
}

/// This machine's clock.
pub(crate) fn now() -> WallClock {
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    WallClock {
        unix_ms: u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX),
    }
}

/// The token, also as it stands in `Authorization`.
fn token(text: &str) -> Result<Secret<String>, String> {
    let text = text.trim();
    let bare = text.strip_prefix("Bearer ").or_else(|| text.strip_prefix("DPoP "));
    match bare.unwrap_or(text).trim() {
        "" => Err("it is empty".to_owned()),
        token => Ok(Secret::new(token.to_owned())),
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        _ => Err(format!("`{text}` is no header; write it as in `x-api-version: 2`")),
    }
}
