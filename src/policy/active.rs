//! The policy in force: the pointer `active`, its index, and the page with a request's routes; the knobs of a service;
//! the candidate.
//!
//! Promises: the pointer is read for every request, so a new policy takes effect without a deploy; index and pages are
//! read once a sandbox and version, as long as it keeps them. Three look-ups at most find a route; two more, and one of the
//! POP's cache, if the newest page is bad and an older policy still serves. Knobs and the candidate's pointer are looked up at most every
//! [`TUNING_AGE_S_MAX`] seconds.
//!
//! | what is missing or malformed | with one that was good in this sandbox or, for pointer and index, at this POP | without |
//! | --- | --- | --- |
//! | the pointer, an index, a page | that policy goes on | [`Rejection::Misconfigured`] |
//! | knobs | those knobs go on | [`Rejection::Misconfigured`] for what goes to that service |
//! | no `tune.*` entry at all | there are no knobs | the same |
//! | the candidate's pointer, index or page | nothing is compared | the same |
//!
//! Each is reported once a sandbox.
//!
//! [`TUNING_AGE_S_MAX`]: crate::sandbox::policies::TUNING_AGE_S_MAX

use std::sync::Arc;

use crate::{
    digest,
    host::{CacheKey, ConfigStore, Freshness, Host},
    policy::{
        pages::{Found, Index, Page, Search, index_entry, is_version, page_entry},
        route::Asked,
        site::service::Service,
        tuning::{CANDIDATE_ENTRY, Candidate, Knobs, knobs_entry},
    },
    rejection::Rejection,
    sandbox::{
        Sandbox,
        policies::{Versioned, is_fresh},
    },
    secret::Secret,
    time::UnixSeconds,
};

/// The entry that names the version in force.
pub const ACTIVE_ENTRY: &str = "active";

/// How long the POP remembers which policy was good, in seconds.
pub const GOOD_AGE_S_MAX: u64 = 3_600;

/// Why no route was found.
#[derive(Debug)]
pub enum NoRoute {
    /// The gateway does not answer for the host. Nothing was read.
    OtherHost,
    /// None takes the request.
    Refused(Rejection),
    /// The page can't be read, and why.
    BadPage(String),
}

/// The policy in force, and whether it is the one that the pointer names; else it goes on in its place.
///
/// # Errors
/// [`Rejection::Misconfigured`] with the cause for the log.
pub async fn policy<H: Host>(
    host: &H,
    sandbox: &Sandbox,
    problems: &mut Vec<String>,
) -> Result<(Arc<Versioned>, bool), Rejection> {
    let named = async {
        let version = entry(host, ACTIVE_ENTRY).await?;
        let version = version.ok_or_else(|| missing(ACTIVE_ENTRY))?;
        if is_version(&version) {
            of_version(host, sandbox, &version).await
        } else {
            Err("the entry `active` of the config store `tollgate` is no version".to_owned())
        }
    };
    match named.await {
        Ok(versioned) => Ok((versioned, true)),
        Err(why) => Ok((instead(host, sandbox, None, why, problems).await?, false)),
    }
}

/// Lets the POP remember the policy that is good in this sandbox, once a sandbox and policy, so that a pointer that is
/// spoiled does not stop sandboxes that begin after it. To be called when the client has its answer.
pub async fn remember_good<H: Host>(host: &H, sandbox: &Sandbox) {
    let Some(good) = sandbox.good_to_remember() else {
        return;
    };
    let freshness = Freshness {
        fresh_s: GOOD_AGE_S_MAX,
        stale_s: 0,
    };
    let version = Secret::new(good.version.clone().into_bytes());
    // A cache that fails means no more than that the next sandbox has nothing to fall back on.
    let _ = host.remember(&good_key(), &version, freshness, &[]).await;
}

/// The policy that was last good at this POP.
async fn good_at_pop<H: Host>(host: &H, sandbox: &Sandbox) -> Option<Arc<Versioned>> {
    let kept = host.recall(&good_key()).await.ok().flatten()?;
    let version = std::str::from_utf8(kept.expose()).ok()?;
    match is_version(version) {
        true => of_version(host, sandbox, version).await.ok(),
        false => None,
    }
}

fn good_key() -> CacheKey {
    CacheKey(digest::of("tollgate good policy", &[]))
}

/// The policy that goes on where the newest can't be used.
///
/// # Errors
/// [`Rejection::Misconfigured`] where there is none but the one that is bad.
pub async fn instead<H: Host>(
    host: &H,
    sandbox: &Sandbox,
    bad: Option<&Versioned>,
    why: String,
    problems: &mut Vec<String>,
) -> Result<Arc<Versioned>, Rejection> {
    let is_other = |good: &Arc<Versioned>| bad.is_none_or(|bad| bad.version != good.version);
    let good = match sandbox.good_policy().filter(is_other) {
        Some(good) => Some(good),
        None => good_at_pop(host, sandbox).await.filter(is_other),
    };
    let Some(good) = good else {
        return Err(Rejection::Misconfigured(why));
    };
    if sandbox.is_news(&why) {
        problems.push(format!("{why}; the policy {} goes on", good.version));
    }
    Ok(good)
}

/// The policy of a version.
///
/// # Errors
/// What is wrong with its index.
pub async fn of_version<H: Host>(host: &H, sandbox: &Sandbox, version: &str) -> Result<Arc<Versioned>, String> {
    if let Some(versioned) = sandbox.policy(version) {
        return Ok(versioned);
    }
    let name = index_entry(version);
    let text = entry(host, &name).await?.ok_or_else(|| missing(&name))?;
    let index = Index::read(version, &text)?;
    Ok(sandbox.keep_policy(Versioned::new(version.to_owned(), index)))
}

/// The route of a policy that takes the request.
///
/// # Errors
/// Why there is none.
pub async fn route<H: Host>(host: &H, versioned: &Versioned, asked: &Asked<'_>) -> Result<Arc<Found>, NoRoute> {
    if !versioned.index.settings().answers_for(asked.request.host()) {
        return Err(NoRoute::OtherHost);
    }
    let number = versioned.index.page(asked.request);
    let page = match versioned.page(number) {
        Some(page) => page,
        None => {
            let name = page_entry(&versioned.version, number);
            let text = entry(host, &name).await.map_err(NoRoute::BadPage)?;
            let text = text.ok_or_else(|| NoRoute::BadPage(missing(&name)))?;
            let page = Page::read(&versioned.version, number, text).map_err(NoRoute::BadPage)?;
            versioned.keep_page(number, page)
        }
    };
    let found = page.find(asked, |route| versioned.route(number, &page, route));
    match found.map_err(NoRoute::BadPage)? {
        Search::Found(found) => Ok(found),
        Search::Nothing(rejection) => Err(NoRoute::Refused(rejection)),
    }
}

/// The knobs of a service.
///
/// # Errors
/// [`Rejection::Misconfigured`] if they are malformed, and none were good before.
pub async fn knobs<H: Host>(
    host: &H,
    sandbox: &Sandbox,
    (name, service): (&str, &Service),
    now: UnixSeconds,
    problems: &mut Vec<String>,
) -> Result<Arc<Knobs>, Rejection> {
    let kept = sandbox.knobs(name);
    if let Some((knobs, read_at)) = &kept
        && is_fresh(*read_at, now)
    {
        return Ok(Arc::clone(knobs));
    }
    match (read_knobs(host, (name, service)).await, kept) {
        (Ok(knobs), _) => {
            let knobs = Arc::new(knobs);
            sandbox.keep_knobs(name, &knobs, now);
            Ok(knobs)
        }
        (Err(why), Some((knobs, _))) => {
            sandbox.keep_knobs(name, &knobs, now);
            if sandbox.is_news(&why) {
                problems.push(format!("{why}; the knobs before go on"));
            }
            Ok(knobs)
        }
        (Err(why), None) => Err(Rejection::Misconfigured(why)),
    }
}

/// The knobs that a candidate's service would have, without a trace in the sandbox: those that the policy in force has, if
/// they are fresh and fit; else they are looked up, since the candidate's revisions and regions may be others. Knobs that do
/// not fit them are as none.
pub async fn knobs_of_candidate<H: Host>(
    host: &H,
    sandbox: &Sandbox,
    (name, service): (&str, &Service),
    now: UnixSeconds,
) -> Arc<Knobs> {
    match sandbox.knobs(name) {
        Some((knobs, read_at)) if is_fresh(read_at, now) && knobs.fit(service) => knobs,
        _ => Arc::new(read_knobs(host, (name, service)).await.unwrap_or_default()),
    }
}

async fn read_knobs<H: Host>(host: &H, (name, service): (&str, &Service)) -> Result<Knobs, String> {
    match entry(host, &knobs_entry(name)).await? {
        None => Ok(Knobs::default()),
        Some(text) => Knobs::read(name, service, &text),
    }
}

/// The candidate's pointer.
pub async fn candidate<H: Host>(
    host: &H,
    sandbox: &Sandbox,
    now: UnixSeconds,
    problems: &mut Vec<String>,
) -> Option<Candidate> {
    if let Some(known) = sandbox.candidate(now) {
        return known;
    }
    let read = match entry(host, CANDIDATE_ENTRY).await {
        Ok(None) => Ok(None),
        Ok(Some(text)) => Candidate::read(&text).map(Some),
        Err(why) => Err(why),
    };
    let candidate = read.unwrap_or_else(|why| {
        problems.extend(sandbox.is_news(&why).then_some(why));
        None
    });
    sandbox.keep_candidate(candidate.clone(), now);
    candidate
}

async fn entry<H: Host>(host: &H, name: &str) -> Result<Option<String>, String> {
    host.config(ConfigStore::Policy, name).await.map_err(|fault| fault.0)
}

fn missing(name: &str) -> String {
    format!("the config store `tollgate` has no entry `{name}`")
}
