//! One sandbox, run from beginning to end.
//!
//! Promises: the POP is changed only by a run that went well. Refuses a program that traps, that ends with a code other
//! than 0, or that leaves a request without a whole answer.

use anyhow::{Context as _, anyhow, bail, ensure};
use wasmtime::Store;

use super::{
    Passage, Pop, Program,
    abi::Fault,
    linking::Exited,
    sandbox::{Sandbox, Stop},
    tally::text,
};
use crate::scenario::Request;

/// The most instructions that one sandbox may run: some minutes' worth. A program that runs on for ever ends here.
const INSTRUCTIONS_MAX: u64 = 1 << 38;

/// Runs one sandbox over these requests, one after another; one [`Passage`] each.
///
/// # Errors
///
/// If there is no request or one names no host, if the program traps, exits with an error or asks for what the in-memory
/// platform does not have, or if a request gets no response. The error ends with what the program wrote to standard
/// error.
pub fn serve(program: &Program, pop: &mut Pop, requests: &[Request]) -> anyhow::Result<Vec<Passage>> {
    let ended = run(program, pop.clone(), requests, None)?;
    let outcome = ended.outcome.map_err(|why| anyhow!("{why:?}")).and_then(|()| {
        let (given, served) = (requests.len(), ended.sandbox.passages.len());
        ensure!(given == served, "the program ended after {served} of {given} requests");
        Ok(())
    });
    outcome.with_context(|| format!("the program wrote: {}", text(&ended.sandbox.written)))?;
    *pop = ended.sandbox.pop;
    Ok(ended.sandbox.passages)
}

/// A sandbox that has ended.
pub(super) struct Ended {
    /// How: an exit with code 0 is as good as a return.
    pub(super) outcome: wasmtime::Result<()>,
    /// What it held.
    pub(super) sandbox: Sandbox,
}

/// Runs one sandbox over these requests, at most up to the given point.
pub(super) fn run(program: &Program, pop: Pop, requests: &[Request], stop: Option<Stop>) -> anyhow::Result<Ended> {
    for request in requests {
        let has_host = request.headers.iter().any(|(name, _)| name == "host");
        ensure!(
            has_host,
            "a request must name its host: {} {}",
            request.method,
            request.target
        );
    }
    let Some(mut sandbox) = Sandbox::new(pop, requests, INSTRUCTIONS_MAX, stop) else {
        bail!("a sandbox needs a request");
    };
    let fuel = sandbox.refuel.take().unwrap_or(INSTRUCTIONS_MAX);
    let mut store = Store::new(&program.engine, sandbox);
    store.set_fuel(fuel).map_err(|why| anyhow!("{why:#}"))?;
    let mut outcome = start(program, &mut store);
    let fuel = store.get_fuel().map_err(|why| anyhow!("{why:#}"))?;
    let memory_bytes = store.data().memory.map_or(0, |memory| memory.data_size(&store));
    let mut sandbox = store.into_data();
    if outcome.is_ok()
        && let Err(Fault::Trap(why)) = sandbox.close(fuel, memory_bytes)
    {
        outcome = Err(wasmtime::Error::msg(why));
    }
    Ok(Ended { outcome, sandbox })
}

fn start(program: &Program, store: &mut Store<Sandbox>) -> wasmtime::Result<()> {
    let instance = program.linked.instantiate(&mut *store)?;
    store.data_mut().memory = instance.get_memory(&mut *store, "memory");
    let start = instance.get_typed_func::<(), ()>(&mut *store, "_start")?;
    match start.call(&mut *store, ()) {
        Err(why) if why.downcast_ref::<Exited>().is_some_and(|exited| exited.0 == 0) => Ok(()),
        outcome => outcome,
    }
}
