//! The POP's core cache.
//!
//! Entries are marked as sensitive, since they tell who somebody is or let one speak as the gateway. Of the SDK's calls
//! those that panic where a platform lacks them (`Found::hits`, `Found::stale_while_revalidate`) are not used.

use std::{
    io::{Read, Write},
    time::Duration,
};

use fastly::cache::core::{self, CacheError, Found as Entry, Transaction};
use tollgate::{
    host::{CacheFault, CacheKey, Found, Freshness, SurrogateKey},
    secret::Secret,
};

/// The longest value that is read, in bytes.
const VALUE_BYTES_MAX: u64 = 65_536;

/// How long to wait for another caller who fills the entry.
const TURN_WAIT_MAX: Duration = Duration::from_secs(6);

pub(super) fn recall(key: &CacheKey) -> Result<Option<Secret<Vec<u8>>>, CacheFault> {
    match core::lookup(name(key)).execute().map_err(fault)? {
        Some(entry) if entry.is_usable() && !entry.is_stale() => read(&entry).map(Some),
        _ => Ok(None),
    }
}

pub(super) fn remember(
    key: &CacheKey,
    value: &Secret<Vec<u8>>,
    freshness: Freshness,
    purged_by: &[SurrogateKey],
) -> Result<(), CacheFault> {
    let mut insertion = core::insert(name(key), Duration::from_secs(freshness.fresh_s))
        .stale_while_revalidate(Duration::from_secs(freshness.stale_s))
        .sensitive_data(true);
    if !purged_by.is_empty() {
        insertion = insertion.surrogate_keys(purged_by.iter().map(|key| key.0.as_str()));
    }
    write(insertion.execute().map_err(fault)?, value)
}

pub(super) fn recall_or_turn(key: &CacheKey) -> Result<Found<Transaction>, CacheFault> {
    let transaction = match Transaction::lookup(name(key)).timeout(TURN_WAIT_MAX).execute() {
        Ok(transaction) => transaction,
        Err(CacheError::Timeout) => return Ok(Found::Busy),
        Err(why) => return Err(fault(why)),
    };
    let value = match transaction.found() {
        Some(entry) if entry.is_usable() => Some(read(&entry)?),
        _ => None,
    };
    match (value, transaction.must_insert_or_update()) {
        (Some(value), true) => Ok(Found::Stale(value, transaction)),
        (Some(value), false) => Ok(Found::Value(value)),
        (None, true) => Ok(Found::Nothing(transaction)),
        (None, false) => Err(CacheFault(
            "the cache gave neither a value nor the turn to fill it".to_owned(),
        )),
    }
}

pub(super) fn fill(
    turn: Transaction,
    value: &Secret<Vec<u8>>,
    freshness: Freshness,
    purged_by: &[SurrogateKey],
) -> Result<(), CacheFault> {
    let mut insertion = turn
        .insert(Duration::from_secs(freshness.fresh_s))
        .stale_while_revalidate(Duration::from_secs(freshness.stale_s))
        .sensitive_data(true);
    if !purged_by.is_empty() {
        insertion = insertion.surrogate_keys(purged_by.iter().map(|key| key.0.as_str()));
    }
    write(insertion.execute().map_err(fault)?, value)
}

fn name(key: &CacheKey) -> core::CacheKey {
    core::CacheKey::copy_from_slice(key.0.as_bytes())
}

fn read(entry: &Entry) -> Result<Secret<Vec<u8>>, CacheFault> {
    let mut value = Vec::new();
    let body = entry.to_stream().map_err(fault)?;
    body.take(VALUE_BYTES_MAX)
        .read_to_end(&mut value)
        .map_err(|why| CacheFault(why.to_string()))?;
    Ok(Secret::new(value))
}

fn write(mut body: fastly::http::body::StreamingBody, value: &Secret<Vec<u8>>) -> Result<(), CacheFault> {
    body.write_all(value.expose())
        .and_then(|()| body.finish())
        .map_err(|why| CacheFault(why.to_string()))
}

fn fault(why: CacheError) -> CacheFault {
    CacheFault(why.to_string())
}
