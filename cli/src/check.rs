//! `tollgate check` and `tollgate schema`: a policy judged, and what may be in one.
//!
//! Promises: every problem is reported in one run, and the end is 1 if there is any. Nothing is written but the report.

use std::{fs, io::Write, path::PathBuf};

use anyhow::Context as _;
use clap::Args;
use tollgate::policy::{
    compile::compile_text,
    coverage::{rows, unused},
    pages::{Compiled, compiled},
    problem::{Problem, Problems},
    schema::json_schema,
    site::Site,
};

use crate::{coverage, diagnostics, format::Format};

/// Check a policy: report all problems at once, each with its line and the mend, and end with 1 if there is any
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The policy
    policy: PathBuf,
    /// How the report is written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

impl Check {
    pub(crate) fn run(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let file = self.policy.display().to_string();
        let text = fs::read_to_string(&self.policy).with_context(|| format!("can't read {file}"))?;
        match (judge(&text), self.format) {
            (Ok((site, compiled)), Format::Human) => {
                coverage::human(&rows(&site), out)?;
                summary(&file, &site, &compiled, out)
            }
            (Ok((site, compiled)), Format::Json) => {
                let mut report = diagnostics::machine(&file, &text, &[]);
                if let Some(members) = report.as_object_mut() {
                    members.insert("version".to_owned(), compiled.version.into());
                    members.insert("routes".to_owned(), serde_json::to_value(rows(&site))?);
                    members.insert("notes".to_owned(), unused(&site).into());
                }
                Ok(writeln!(out, "{report:#}")?)
            }
            (Err(problems), format) => {
                match format {
                    Format::Human => writeln!(out, "{}\n", diagnostics::human(&file, &text, &problems))?,
                    Format::Json => writeln!(out, "{:#}", diagnostics::machine(&file, &text, &problems))?,
                }
                Err(diagnostics::count(&file, &problems))
            }
        }
    }
}

/// A policy that compiles and can be stored.
fn judge(text: &str) -> Result<(Site, Compiled), Vec<Problem>> {
    let site = compile_text(text)?;
    let compiled = compiled(&site).map_err(|what| {
        let mut problems = Problems::default();
        problems.add("", what, "");
        problems.into_vec()
    })?;
    Ok((site, compiled))
}

fn summary(file: &str, site: &Site, compiled: &Compiled, out: &mut impl Write) -> anyhow::Result<()> {
    let parts = site.parts();
    let longest = compiled.entries.iter().map(|(_, text)| text.len()).max();
    writeln!(
        out,
        "{file}: hosts {}, issuers {}, services {}, routes {}; version {}, entries {} of at most {} characters",
        parts.settings.hosts.len(),
        parts.settings.issuers.len(),
        parts.services.len(),
        parts.routes.len(),
        compiled.version,
        compiled.entries.len(),
        longest.unwrap_or_default(),
    )?;
    for note in unused(site) {
        writeln!(out, "note: {note}")?;
    }
    Ok(())
}

/// Print the JSON Schema of a policy, by which editors complete and explain it
#[derive(Debug, Args)]
pub(crate) struct Schema {}

impl Schema {
    pub(crate) fn run(&self, out: &mut impl Write) -> anyhow::Result<()> {
        writeln!(out, "{:#}", json_schema())?;
        Ok(())
    }
}
