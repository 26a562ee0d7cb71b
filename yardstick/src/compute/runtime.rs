//! What the runtime tells a program of itself, and waiting.
//!
//! Promises: no time passes in a sandbox, so what is not ready at once never will be. To wait for such a thing for a
//! bounded time is to wait in vain at once; to wait for it without a bound is refused.

use super::{
    abi::{Arguments, Fault, Named, Status},
    memory::Memory,
    sandbox::Sandbox,
};

const MODULE: &str = "fastly_compute_runtime";

/// The calls of this module.
pub(super) const CALLS: &[Named] = &[
    ("fastly_abi", "init", init),
    (MODULE, "get_vcpu_ms", get_vcpu_ms),
    (MODULE, "get_heap_mib", get_heap_mib),
    (MODULE, "has_domain_inspector", no_product),
    (MODULE, "has_image_optimizer", no_product),
    (MODULE, "has_origin_inspector", no_product),
    ("fastly_async_io", "select", select),
    ("fastly_async_io", "is_ready", is_ready),
    ("fastly_http_cache", "is_request_cacheable", is_request_cacheable),
];

/// What `select` answers when the time is over.
const IN_VAIN: u32 = u32::MAX;

const MIB: usize = 1 << 20;

fn init(_: &mut Sandbox, _: &mut Memory<'_>, _: &Arguments<'_>) -> Result<(), Fault> {
    Ok(())
}

fn get_vcpu_ms(_: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [ms_at] = arguments.words()?;
    memory.put(ms_at, &0_u64.to_le_bytes())
}

fn get_heap_mib(_: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [mib_at] = arguments.words()?;
    let mib = u32::try_from(memory.size().div_ceil(MIB)).unwrap_or(u32::MAX);
    memory.put_u32(mib_at, mib)
}

fn no_product(_: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [has_at] = arguments.words()?;
    memory.put_u32(has_at, 0)
}

fn is_ready(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, ready_at] = arguments.words()?;
    memory.put_u32(ready_at, u32::from(ready(sandbox, handle)))
}

fn select(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handles_at, count, timeout_ms, done_at] = arguments.words()?;
    for number in 0..count {
        let handle = memory.u32(handles_at.saturating_add(number.saturating_mul(4)))?;
        if ready(sandbox, handle) {
            return memory.put_u32(done_at, number);
        }
    }
    if timeout_ms == 0 {
        return Err(Fault::Trap("waits for what will never be ready".to_owned()));
    }
    memory.put_u32(done_at, IN_VAIN)
}

/// Everything is ready at once but a look-up that waits for whoever fills the entry.
fn ready(sandbox: &Sandbox, handle: u32) -> bool {
    !sandbox
        .lookups
        .get(handle)
        .is_ok_and(super::lookups::Lookup::is_blocked)
}

/// Caching in the program is not on offer; the SDK then leaves it to the host.
fn is_request_cacheable(_: &mut Sandbox, _: &mut Memory<'_>, _: &Arguments<'_>) -> Result<(), Fault> {
    Err(Status::UNSUPPORTED.into())
}
