//! The POP's core cache: what it holds, and how it is filled.
//!
//! Promises the platform's semantics of freshness: an object is fresh until its age reaches its `max_age`, and usable
//! for `stale_while_revalidate` longer.
//! Refuses to vary by request headers, and user metadata.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    abi::{Arguments, Fault, Named, Status},
    bodies::Body,
    memory::Memory,
    sandbox::Sandbox,
};

const MODULE: &str = "fastly_cache";

/// The calls of this module.
pub(super) const CALLS: &[Named] = &[
    (MODULE, "insert", insert),
    (MODULE, "transaction_insert", transaction_insert),
];

/// The options of an insertion that are understood; the rest of the mask must be empty.
const INITIAL_AGE: u32 = 1 << 3;
const STALE_WHILE_REVALIDATE: u32 = 1 << 4;
const SURROGATE_KEYS: u32 = 1 << 5;
const LENGTH: u32 = 1 << 6;
const SENSITIVE_DATA: u32 = 1 << 8;
const UNDERSTOOD: u32 = INITIAL_AGE | STALE_WHILE_REVALIDATE | SURROGATE_KEYS | LENGTH | SENSITIVE_DATA;

/// Where the options' structure has its fields.
const MAX_AGE_AT: u32 = 0;
const INITIAL_AGE_AT: u32 = 24;
const STALE_WHILE_REVALIDATE_AT: u32 = 32;

/// All that a POP's cache holds.
#[derive(Debug, Clone, Default)]
pub(super) struct Cache(BTreeMap<Vec<u8>, Arc<Object>>);

impl Cache {
    /// Puts an object in, in place of what was there.
    pub(super) fn insert(&mut self, key: Vec<u8>, object: Object) {
        self.0.insert(key, Arc::new(object));
    }

    /// The object under a key, if it is usable at this time (in milliseconds since 1970).
    pub(super) fn usable(&self, key: &[u8], now_ms: u64) -> Option<&Arc<Object>> {
        self.0.get(key).filter(|object| object.is_usable(now_ms))
    }
}

/// An object in the cache. Times are in milliseconds since 1970, ages in nanoseconds.
#[derive(Debug, Default)]
pub(super) struct Object {
    pub(super) value: Vec<u8>,
    inserted_ms: u64,
    initial_age_ns: u64,
    max_age_ns: u64,
    stale_ns: u64,
}

impl Object {
    /// With this value.
    pub(super) fn with_value(self, value: Vec<u8>) -> Self {
        Self { value, ..self }
    }

    /// Whether it is fresh.
    pub(super) const fn is_fresh(&self, now_ms: u64) -> bool {
        self.age_ns(now_ms) < self.max_age_ns
    }

    const fn is_usable(&self, now_ms: u64) -> bool {
        self.age_ns(now_ms) < self.max_age_ns.saturating_add(self.stale_ns)
    }

    const fn age_ns(&self, now_ms: u64) -> u64 {
        let held_ns = now_ms.saturating_sub(self.inserted_ms).saturating_mul(1_000_000);
        held_ns.saturating_add(self.initial_age_ns)
    }
}

fn insert(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [key_at, key_length, mask, options_at, body_at] = arguments.words()?;
    let key = memory.bytes(key_at, key_length)?.to_vec();
    put(sandbox, memory, key, (mask, options_at), body_at)
}

fn transaction_insert(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, mask, options_at, body_at] = arguments.words()?;
    let key = sandbox
        .lookups
        .get_mut(handle)?
        .give_up_obligation()
        .ok_or(Status::BADF)?;
    sandbox.obligations.remove(&key);
    put(sandbox, memory, key, (mask, options_at), body_at)
}

/// Begins an insertion: the program gets a body to write the value to.
fn put(
    sandbox: &mut Sandbox,
    memory: &mut Memory<'_>,
    key: Vec<u8>,
    options: (u32, u32),
    body_at: u32,
) -> Result<(), Fault> {
    sandbox.count(|calls| &mut calls.cache_operations);
    let object = object(memory, options, sandbox.pop.unix_ms())?;
    memory.put_u32(body_at, sandbox.bodies.insert(Body::to_cache(key, object)))
}

/// An object without its value, as the options have it.
fn object(memory: &Memory<'_>, (mask, options_at): (u32, u32), now_ms: u64) -> Result<Object, Fault> {
    if mask & !UNDERSTOOD != 0 {
        return Err(Status::UNSUPPORTED.into());
    }
    let field = |option: u32, at: u32| match mask & option {
        0 => Ok(0),
        _ => memory.u64(options_at.saturating_add(at)),
    };
    Ok(Object {
        value: Vec::new(),
        inserted_ms: now_ms,
        initial_age_ns: field(INITIAL_AGE, INITIAL_AGE_AT)?,
        max_age_ns: memory.u64(options_at.saturating_add(MAX_AGE_AT))?,
        stale_ns: field(STALE_WHILE_REVALIDATE, STALE_WHILE_REVALIDATE_AT)?,
    })
}

#[cfg(test)]
mod tests {
    use super::{Cache, Object};

    #[test]
    fn an_object_is_fresh_then_stale_then_gone() {
        let mut cache = Cache::default();
        let object = Object {
            inserted_ms: 1_000,
            max_age_ns: 2_000_000,
            stale_ns: 3_000_000,
            ..Object::default()
        };
        cache.insert(b"key".to_vec(), object);
        let state = |now_ms| cache.usable(b"key", now_ms).map(|object| object.is_fresh(now_ms));
        assert_eq!(
            [1_001, 1_002, 1_004, 1_005].map(state),
            [Some(true), Some(false), Some(false), None]
        );
    }
}
