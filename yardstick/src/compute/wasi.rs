//! WASI preview 1, as much of it as the programs need.
//!
//! Promises: clocks stand still, and randomness is the same in every sandbox. The environment is the one that the
//! platform gives, with names that tell nothing.

use super::{
    abi::{Arguments, Fault, Named},
    memory::Memory,
    sandbox::Sandbox,
};

const MODULE: &str = "wasi_snapshot_preview1";

/// The calls of this module.
pub(super) const CALLS: &[Named] = &[
    (MODULE, "clock_time_get", clock_time_get),
    (MODULE, "environ_get", environ_get),
    (MODULE, "environ_sizes_get", environ_sizes_get),
    (MODULE, "fd_write", fd_write),
    (MODULE, "poll_oneoff", poll_oneoff),
    (MODULE, "proc_exit", proc_exit),
    (MODULE, "random_get", random_get),
];

/// The platform's environment. The SDK panics where it asks for one of these and there is none.
const ENVIRONMENT: [&str; 9] = [
    "FASTLY_CACHE_GENERATION=0",
    "FASTLY_CUSTOMER_ID=0000000000000000000000",
    "FASTLY_HOSTNAME=localhost",
    "FASTLY_IS_STAGING=0",
    "FASTLY_POP=XXX",
    "FASTLY_REGION=Somewhere",
    "FASTLY_SERVICE_ID=0000000000000000000000",
    "FASTLY_SERVICE_VERSION=0",
    "FASTLY_TRACE_ID=00000000000000000000000000000001",
];

/// The clock that tells the date. All others count from the start of the machine.
const REALTIME: u32 = 0;

/// How long the machine has been up when a sandbox starts, in milliseconds.
const UPTIME_MS: u64 = 86_400_000;

/// Numbers without a pattern, the same in every sandbox: the generator SplitMix64.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Default for Random {
    fn default() -> Self {
        Self(0x746f_6c6c_6761_7465)
    }
}

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

fn clock_time_get(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [clock, _precision, time_at] = arguments.words()?;
    let ms = if clock == REALTIME {
        sandbox.pop.unix_ms()
    } else {
        UPTIME_MS.saturating_add(sandbox.pop.passed_ms())
    };
    memory.put(time_at, &ms.saturating_mul(1_000_000).to_le_bytes())
}

/// Where a subscription to a clock says how many nanoseconds, and how long an event is (WASI preview 1, `poll_oneoff`).
const TIMEOUT_AT: u32 = 24;
const EVENT_BYTES: usize = 32;

/// One subscription to a clock, as `std::thread::sleep` makes it: the time passes at once.
fn poll_oneoff(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [subscription_at, event_at, _count, events_at] = arguments.words()?;
    let user_data = memory.bytes(subscription_at, 8)?.to_vec();
    let timeout = memory.bytes(subscription_at.saturating_add(TIMEOUT_AT), 8)?;
    let timeout_ns = timeout.try_into().map(u64::from_le_bytes).unwrap_or_default();
    sandbox.pop.let_pass(timeout_ns / 1_000_000);
    let mut event = user_data;
    event.resize(EVENT_BYTES, 0);
    memory.put(event_at, &event)?;
    memory.put_u32(events_at, 1)
}

fn random_get(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [at, length] = arguments.words()?;
    let mut bytes = Vec::new();
    let length = memory.bytes(at, length)?.len();
    while bytes.len() < length {
        bytes.extend_from_slice(&sandbox.random.next().to_le_bytes());
    }
    bytes.truncate(length);
    memory.put(at, &bytes)
}

fn environ_sizes_get(_: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [count_at, size_at] = arguments.words()?;
    let size: usize = ENVIRONMENT.iter().map(|entry| entry.len().saturating_add(1)).sum();
    memory.put_u32(count_at, u32::try_from(ENVIRONMENT.len()).unwrap_or(0))?;
    memory.put_u32(size_at, u32::try_from(size).unwrap_or(0))
}

fn environ_get(_: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [mut pointers_at, mut text_at] = arguments.words()?;
    for entry in ENVIRONMENT {
        memory.put_u32(pointers_at, text_at)?;
        memory.put(text_at, format!("{entry}\0").as_bytes())?;
        pointers_at = pointers_at.saturating_add(4);
        text_at = text_at
            .saturating_add(u32::try_from(entry.len()).unwrap_or(0))
            .saturating_add(1);
    }
    Ok(())
}

fn fd_write(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [file, mut piece_at, pieces, written_at] = arguments.words()?;
    if ![1, 2].contains(&file) {
        return Err(Fault::Trap(format!("file {file} is not open")));
    }
    let mut written = 0_u32;
    for _ in 0..pieces {
        let (at, length) = (memory.u32(piece_at)?, memory.u32(piece_at.saturating_add(4))?);
        sandbox.written.extend_from_slice(memory.bytes(at, length)?);
        written = written.saturating_add(length);
        piece_at = piece_at.saturating_add(8);
    }
    memory.put_u32(written_at, written)
}

fn proc_exit(_: &mut Sandbox, _: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [code] = arguments.words()?;
    Err(Fault::Exit(code.cast_signed()))
}
