//! The budget of retries: so many for a service in ten seconds at one POP, lest they add to what ails it.
//!
//! Promises: asked only before a retry. A cache that fails, or holds what can't be read, allows none.
//!
//! It is no exact count: what two requests take at the same moment may be counted once.

use crate::{
    digest,
    host::{CacheKey, Freshness, Host},
    secret::Secret,
};

/// How long retries are counted together, in seconds.
pub const WINDOW_S: u64 = 10;

/// Takes one retry from the service's budget. Gives whether there was one.
///
/// # Errors
/// Why the cache could not tell.
pub async fn take<H: Host>(host: &H, service: &str, retries_max: u32) -> Result<bool, String> {
    if retries_max == 0 {
        return Ok(false);
    }
    let window = host.now().seconds().0 / WINDOW_S;
    let parts = [service.as_bytes(), &window.to_be_bytes()];
    let key = CacheKey(digest::of("tollgate retries 1", &parts));
    let fault = |why: &str| format!("the budget of retries can't be asked: {why}");
    let taken = match host.recall(&key).await.map_err(|why| fault(&why.0))? {
        None => 0,
        Some(value) => {
            let text = str::from_utf8(value.expose()).ok();
            let taken: Option<u32> = text.and_then(|text| text.parse().ok());
            taken.ok_or_else(|| fault("it is malformed"))?
        }
    };
    if taken >= retries_max {
        return Ok(false);
    }
    let value = Secret::new(taken.saturating_add(1).to_string().into_bytes());
    let freshness = Freshness {
        fresh_s: WINDOW_S,
        stale_s: 0,
    };
    host.remember(&key, &value, freshness, &[])
        .await
        .map_err(|why| fault(&why.0))?;
    Ok(true)
}
