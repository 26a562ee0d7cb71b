//! Look-ups in the POP's core cache, and transactions.
//!
//! Promises the platform's semantics: of those who miss an object, one is obliged to fill it and the others wait; a stale
//! object is given to all, and one of them is obliged to renew it. Since a sandbox runs alone, only its own obligations
//! can stand in its way. Closing a transaction without an insertion ends its obligation.
//! Refuses look-ups by request headers or for another service, and parts of an object.

use std::sync::Arc;

use super::{
    abi::{Arguments, Fault, Named, Status},
    bodies::Body,
    cache::Object,
    memory::Memory,
    sandbox::Sandbox,
};

const MODULE: &str = "fastly_cache";

/// The calls of this module.
pub(super) const CALLS: &[Named] = &[
    (MODULE, "lookup", lookup),
    (MODULE, "transaction_lookup", transaction_lookup),
    (MODULE, "transaction_lookup_async", transaction_lookup),
    (MODULE, "cache_busy_handle_wait", cache_busy_handle_wait),
    (MODULE, "transaction_cancel", transaction_cancel),
    (MODULE, "close", close),
    (MODULE, "close_busy", close),
    (MODULE, "get_state", get_state),
    (MODULE, "get_body", get_body),
    (MODULE, "get_length", get_length),
];

/// The bits of a look-up's state.
const FOUND_AND_USABLE: u32 = 0b11;
const STALE: u32 = 1 << 2;
const MUST_INSERT_OR_UPDATE: u32 = 1 << 3;

/// A look-up that has been made.
#[derive(Debug)]
pub(super) struct Lookup {
    key: Vec<u8>,
    found: Option<Arc<Object>>,
    stale: bool,
    /// Whether it is obliged to fill the entry.
    obliged: bool,
    /// Whether it waits for somebody else who is.
    blocked: bool,
}

impl Lookup {
    /// Whether it waits for somebody else.
    pub(super) const fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// Its key, if it was obliged to fill the entry; it is no longer.
    pub(super) fn give_up_obligation(&mut self) -> Option<Vec<u8>> {
        std::mem::take(&mut self.obliged).then(|| self.key.clone())
    }
}

/// What is in the cache, without any obligation.
fn find(sandbox: &Sandbox, key: Vec<u8>) -> Lookup {
    let now_ms = sandbox.pop.unix_ms();
    let found = sandbox.pop.cache.usable(&key, now_ms).map(Arc::clone);
    Lookup {
        stale: found.as_ref().is_some_and(|object| !object.is_fresh(now_ms)),
        key,
        found,
        obliged: false,
        blocked: false,
    }
}

fn key(memory: &Memory<'_>, at: u32, length: u32, mask: u32) -> Result<Vec<u8>, Fault> {
    if mask != 0 {
        return Err(Status::UNSUPPORTED.into());
    }
    Ok(memory.bytes(at, length)?.to_vec())
}

fn lookup(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [key_at, key_length, mask, _options, handle_at] = arguments.words()?;
    sandbox.count(|calls| &mut calls.cache_operations);
    let lookup = find(sandbox, key(memory, key_at, key_length, mask)?);
    memory.put_u32(handle_at, sandbox.lookups.insert(lookup))
}

fn transaction_lookup(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [key_at, key_length, mask, _options, handle_at] = arguments.words()?;
    sandbox.count(|calls| &mut calls.cache_operations);
    let mut lookup = find(sandbox, key(memory, key_at, key_length, mask)?);
    if lookup.found.is_none() || lookup.stale {
        lookup.obliged = sandbox.obligations.insert(lookup.key.clone());
        lookup.blocked = !lookup.obliged && lookup.found.is_none();
    }
    memory.put_u32(handle_at, sandbox.lookups.insert(lookup))
}

/// A handle for the busy one. The busy one is not closed by this, and keeps nothing.
fn cache_busy_handle_wait(
    sandbox: &mut Sandbox,
    memory: &mut Memory<'_>,
    arguments: &Arguments<'_>,
) -> Result<(), Fault> {
    let [busy, handle_at] = arguments.words()?;
    let lookup = sandbox.lookups.take(busy)?;
    if lookup.blocked {
        return Err(Fault::Trap("waits for itself to fill the cache".to_owned()));
    }
    memory.put_u32(handle_at, sandbox.lookups.insert(lookup))
}

fn transaction_cancel(sandbox: &mut Sandbox, _: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle] = arguments.words()?;
    let key = sandbox
        .lookups
        .get_mut(handle)?
        .give_up_obligation()
        .ok_or(Status::BADF)?;
    sandbox.obligations.remove(&key);
    Ok(())
}

fn close(sandbox: &mut Sandbox, _: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle] = arguments.words()?;
    if let Some(key) = sandbox.lookups.take(handle)?.give_up_obligation() {
        sandbox.obligations.remove(&key);
    }
    Ok(())
}

fn get_state(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, state_at] = arguments.words()?;
    let lookup = sandbox.lookups.get(handle)?;
    let flag = |holds: bool, bits: u32| if holds { bits } else { 0 };
    let state = flag(lookup.found.is_some(), FOUND_AND_USABLE)
        | flag(lookup.stale, STALE)
        | flag(lookup.obliged, MUST_INSERT_OR_UPDATE);
    memory.put_u32(state_at, state)
}

fn get_body(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, mask, _options, body_at] = arguments.words()?;
    if mask != 0 {
        return Err(Status::UNSUPPORTED.into());
    }
    let found = sandbox.lookups.get(handle)?.found.as_ref().ok_or(Status::NONE)?;
    let body = Body::whole(found.value.clone());
    memory.put_u32(body_at, sandbox.bodies.insert(body))
}

fn get_length(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, length_at] = arguments.words()?;
    let found = sandbox.lookups.get(handle)?.found.as_ref().ok_or(Status::NONE)?;
    let length = u64::try_from(found.value.len()).unwrap_or(u64::MAX);
    memory.put(length_at, &length.to_le_bytes())
}
