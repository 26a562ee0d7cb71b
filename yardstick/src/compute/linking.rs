//! Which import is answered by which host call.
//!
//! Promises: every host call is counted before it is answered, and costs no fuel.

use wasmtime::{Caller, Engine, Error, ExternType, InstancePre, Linker, Module, Val};

use super::{
    abi::{Arguments, Fault, HostCall, Named},
    backends, bodies, cache, config, downstream, headers, log, lookups,
    memory::Memory,
    metadata, requests, responses, runtime,
    sandbox::Sandbox,
    secrets, sends, state, wasi,
};

/// The program ended itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exited(pub(super) i32);

impl std::fmt::Display for Exited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit code {}", self.0)
    }
}

impl std::error::Error for Exited {}

/// Links a module's imports.
pub(super) fn link(engine: &Engine, module: &Module) -> wasmtime::Result<InstancePre<Sandbox>> {
    let mut linker = Linker::new(engine);
    linker.allow_shadowing(true);
    for import in module.imports() {
        let (of, name) = (import.module(), import.name());
        let ExternType::Func(signature) = import.ty() else {
            return Err(Error::msg(format!("import {of}.{name} is no function")));
        };
        match host_call(of, name) {
            Some(named) => linker.func_new(of, name, signature, move |caller, arguments, results| {
                answer(caller, named, arguments, results)
            })?,
            None => {
                let why = format!("{of}.{name} is not part of the in-memory Fastly Compute");
                linker.func_new(of, name, signature, move |_, _, _| Err(Error::msg(why.clone())))?
            }
        };
    }
    linker.instantiate_pre(module)
}

fn host_call(module: &str, name: &str) -> Option<Named> {
    let tables = [
        backends::CALLS,
        bodies::CALLS,
        cache::CALLS,
        config::CALLS,
        downstream::CALLS,
        headers::CALLS,
        log::CALLS,
        lookups::CALLS,
        metadata::CALLS,
        requests::CALLS,
        responses::CALLS,
        runtime::CALLS,
        secrets::CALLS,
        sends::CALLS,
        state::CALLS,
        wasi::CALLS,
    ];
    let mut calls = tables.into_iter().flatten();
    calls.find(|call| (call.0, call.1) == (module, name)).copied()
}

fn answer(
    mut caller: Caller<'_, Sandbox>,
    (module, name, call): (&'static str, &'static str, HostCall),
    arguments: &[Val],
    results: &mut [Val],
) -> wasmtime::Result<()> {
    let fuel = caller.get_fuel()?;
    let memory = caller.data().memory;
    let memory = memory.ok_or_else(|| Error::msg("a host call before the program was started"))?;
    let (bytes, sandbox) = memory.data_and_store_mut(&mut caller);
    sandbox.note(module, name, fuel, bytes.len());
    let outcome = call(sandbox, &mut Memory::new(bytes), &Arguments(arguments));
    if let Some(fuel) = caller.data_mut().refuel.take() {
        caller.set_fuel(fuel)?;
    }
    let status = match outcome {
        Ok(()) => 0,
        Err(Fault::Status(status)) => status.0,
        Err(Fault::Trap(why)) => return Err(Error::msg(format!("{module}.{name}: {why}"))),
        Err(Fault::Exit(code)) => return Err(Error::new(Exited(code))),
    };
    if let Some(result) = results.first_mut() {
        *result = Val::I32(status);
    }
    Ok(())
}
