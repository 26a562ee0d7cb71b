//! The site in force: the pointer `active`, and the page that it names.
//!
//! Promises: the pointer is read for every request, so a new policy takes effect without a deploy; its page is read
//! once a sandbox and version. Two look-ups at most.
//!
//! Refuses: a missing or malformed pointer or page is [`Rejection::Misconfigured`], and nothing is served from what was
//! in force before.

use std::sync::Arc;

use crate::{
    host::{ConfigStore, Host},
    policy::site::Site,
    rejection::Rejection,
    sandbox::{Sandbox, Versioned},
};

/// The entry that names the version in force.
pub const ACTIVE_ENTRY: &str = "active";

/// The longest version name.
const VERSION_BYTES_MAX: usize = 64;

/// Reads the site in force.
///
/// # Errors
/// [`Rejection::Misconfigured`] with the cause for the log.
pub async fn site<H: Host>(host: &H, sandbox: &Sandbox) -> Result<Arc<Versioned>, Rejection> {
    let version = entry(host, ACTIVE_ENTRY).await?;
    let well_formed = !version.is_empty()
        && version.len() <= VERSION_BYTES_MAX
        && version
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !well_formed {
        return Err(Rejection::Misconfigured(
            "the entry `active` of the config store `tollgate` is no version".to_owned(),
        ));
    }
    if let Some(site) = sandbox.site(&version) {
        return Ok(site);
    }
    let page = entry(host, &Site::page_entry(&version)).await?;
    let site = Site::from_page(&version, &page).map_err(Rejection::Misconfigured)?;
    Ok(sandbox.keep_site(Versioned { version, site }))
}

async fn entry<H: Host>(host: &H, name: &str) -> Result<String, Rejection> {
    match host.config(ConfigStore::Policy, name).await {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err(Rejection::Misconfigured(format!(
            "the config store `tollgate` has no entry `{name}`"
        ))),
        Err(fault) => Err(Rejection::Misconfigured(fault.0)),
    }
}
