//! A program without platform under Wasmtime, with the few WASI calls that it makes: `in-memory`, which is the library
//! alone, and `vectors`.
//!
//! Promises: instructions are counted between the program's own marks, with the marks' cost taken away; clocks,
//! randomness and input are the same in every run, so the count is too. A host call costs nothing but what the program
//! does around it.

use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use serde::Deserialize;
use wasmtime::{Caller, Config, Engine, Extern, Linker, Memory, Module, Store};

use crate::scenario::Scenario;

/// More than any scenario or vectors need; what needs more does not end.
const INSTRUCTIONS_MAX: u64 = 1_000_000_000_000;

/// The program, compiled.
pub struct Library {
    engine: Engine,
    module: Module,
}

/// What the counted request cost, and what came of it.
#[derive(Debug)]
pub struct Run {
    /// Guest instructions from the request's head to its log entry.
    pub instructions: u64,
    /// What came of it.
    pub report: Report,
}

/// The program's own report.
#[derive(Debug, Deserialize)]
pub struct Report {
    /// The client's status.
    pub status: u16,
    /// What was asked of the home.
    pub calls: Calls,
    /// The log entry.
    pub log: String,
}

/// How often something was asked of the home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Calls {
    /// Look-ups in config stores.
    pub look_ups: u32,
    /// Look-ups in the secret store.
    pub secrets: u32,
    /// Look-ups in the KV store.
    pub state: u32,
    /// Reads and writes of the POP's cache.
    pub cache_operations: u32,
    /// Messages sent to the outside.
    pub sends: u32,
}

/// What the program sees of the world, and what it said.
struct World {
    input: Vec<u8>,
    read: usize,
    random: u64,
    line: Vec<u8>,
    /// Each whole line of standard output, and the instructions that were left when it was written.
    lines: Vec<(String, u64)>,
    errors: Vec<u8>,
}

impl Library {
    /// Compiles the program.
    ///
    /// # Errors
    /// If the file can't be read or is no program that Wasmtime takes.
    pub fn load(wasm: &Path) -> anyhow::Result<Self> {
        let mut config = Config::new();
        config.consume_fuel(true).wasm_wide_arithmetic(true);
        let engine = Engine::new(&config).map_err(plain)?;
        let module = Module::from_file(&engine, wasm).map_err(plain);
        let module = module.with_context(|| wasm.display().to_string())?;
        Ok(Self { engine, module })
    }

    /// Runs one scenario.
    ///
    /// # Errors
    /// If the program fails or says something unexpected.
    pub fn run(&self, scenario: &Scenario) -> anyhow::Result<Run> {
        let lines = self.lines(serde_json::to_vec(scenario)?);
        read(&lines.context("the program `in-memory`")?)
    }

    /// What the program writes to standard output if this is its standard input: each whole line, and the instructions
    /// that were left when it was written.
    ///
    /// # Errors
    /// If the program fails; with what it wrote to standard error.
    pub fn lines(&self, input: Vec<u8>) -> anyhow::Result<Vec<(String, u64)>> {
        let world = World {
            input,
            read: 0,
            random: 0x9e37_79b9_7f4a_7c15,
            line: Vec::new(),
            lines: Vec::new(),
            errors: Vec::new(),
        };
        let mut store = Store::new(&self.engine, world);
        let ended = self.start(&mut store).map_err(plain);
        let world = store.into_data();
        let said = || String::from_utf8_lossy(&world.errors).into_owned();
        ended.with_context(|| format!("the program failed; it wrote: {}", said()))?;
        Ok(world.lines)
    }

    fn start(&self, store: &mut Store<World>) -> wasmtime::Result<()> {
        store.set_fuel(INSTRUCTIONS_MAX)?;
        let mut linker = Linker::new(&self.engine);
        link(&mut linker)?;
        linker.define_unknown_imports_as_traps(&self.module)?;
        let instance = linker.instantiate(&mut *store, &self.module)?;
        let start = instance.get_typed_func::<(), ()>(&mut *store, "_start")?;
        start.call(store, ())
    }
}

fn plain(why: wasmtime::Error) -> anyhow::Error {
    anyhow!("{why:#}")
}

/// Five lines: an empty pair of marks, a pair around the request, and the report.
fn read(lines: &[(String, u64)]) -> anyhow::Result<Run> {
    let [(_, empty_from), (_, empty_to), (begin, from), (end, to), (report, _)] = lines else {
        bail!("the program `in-memory` wrote {} lines instead of five", lines.len());
    };
    if (begin.as_str(), end.as_str()) != ("begin", "end") {
        bail!("the program `in-memory` did not write its marks");
    }
    let marks = empty_from.saturating_sub(*empty_to);
    Ok(Run {
        instructions: from.saturating_sub(*to).saturating_sub(marks),
        report: serde_json::from_str(report).context("the report can't be read")?,
    })
}

/// The WASI calls that the program makes (WASI preview 1), as far as it makes them.
fn link(linker: &mut Linker<World>) -> wasmtime::Result<()> {
    let wasi = "wasi_snapshot_preview1";
    linker.func_wrap(wasi, "fd_write", fd_write)?;
    linker.func_wrap(wasi, "fd_read", fd_read)?;
    linker.func_wrap(wasi, "random_get", random_get)?;
    linker.func_wrap(
        wasi,
        "environ_sizes_get",
        |mut caller: Caller<'_, World>, count: u32, bytes: u32| {
            let memory = memory(&mut caller)?;
            memory.write(&mut caller, place(count), &0_u32.to_le_bytes())?;
            memory.write(&mut caller, place(bytes), &0_u32.to_le_bytes())?;
            Ok(0_u32)
        },
    )?;
    linker.func_wrap(wasi, "environ_get", |_: u32, _: u32| 0_u32)?;
    linker.func_wrap(wasi, "proc_exit", |status: u32| -> wasmtime::Result<()> {
        Err(wasmtime::Error::msg(format!("it ended with the status {status}")))
    })?;
    Ok(())
}

fn fd_write(mut caller: Caller<'_, World>, fd: u32, vectors: u32, count: u32, written: u32) -> wasmtime::Result<u32> {
    let memory = memory(&mut caller)?;
    let mut bytes = Vec::new();
    for at in 0..count {
        let (start, length) = vector(&memory, &caller, vectors, at)?;
        let mut part = vec![0; place(length)];
        memory.read(&caller, place(start), &mut part)?;
        bytes.extend(part);
    }
    memory.write(&mut caller, place(written), &u32::try_from(bytes.len())?.to_le_bytes())?;
    let left = caller.get_fuel()?;
    let world = caller.data_mut();
    if fd != 1 {
        world.errors.extend(bytes);
        return Ok(0);
    }
    for byte in bytes {
        if byte == b'\n' {
            let line = String::from_utf8_lossy(&std::mem::take(&mut world.line)).into_owned();
            world.lines.push((line, left));
        } else {
            world.line.push(byte);
        }
    }
    Ok(0)
}

fn fd_read(mut caller: Caller<'_, World>, _: u32, vectors: u32, count: u32, read: u32) -> wasmtime::Result<u32> {
    let memory = memory(&mut caller)?;
    let mut total = 0;
    for at in 0..count {
        let (start, length) = vector(&memory, &caller, vectors, at)?;
        let world = caller.data();
        let part: Vec<u8> = world
            .input
            .iter()
            .skip(world.read)
            .take(place(length))
            .copied()
            .collect();
        caller.data_mut().read += part.len();
        memory.write(&mut caller, place(start), &part)?;
        total += part.len();
    }
    memory.write(&mut caller, place(read), &u32::try_from(total)?.to_le_bytes())?;
    Ok(0)
}

/// A small generator (xorshift): the program only needs bytes, and the same ones in every run.
fn random_get(mut caller: Caller<'_, World>, start: u32, length: u32) -> wasmtime::Result<u32> {
    let memory = memory(&mut caller)?;
    let bytes: Vec<u8> = (0..length)
        .map(|_| {
            let random = &mut caller.data_mut().random;
            *random ^= *random << 13;
            *random ^= *random >> 7;
            *random ^= *random << 17;
            random.to_le_bytes()[0]
        })
        .collect();
    memory.write(&mut caller, place(start), &bytes)?;
    Ok(0)
}

/// Start and length of one part of a scattered read or write.
fn vector(memory: &Memory, caller: &Caller<'_, World>, vectors: u32, at: u32) -> wasmtime::Result<(u32, u32)> {
    let mut bytes = [0; 8];
    memory.read(caller, place(vectors) + place(at) * 8, &mut bytes)?;
    let [a, b, c, d, e, f, g, h] = bytes;
    Ok((u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])))
}

fn memory(caller: &mut Caller<'_, World>) -> wasmtime::Result<Memory> {
    let export = caller.get_export("memory").and_then(Extern::into_memory);
    export.ok_or_else(|| wasmtime::Error::msg("the program has no memory"))
}

/// An address as Wasmtime takes it; 32 bits always fit.
fn place(address: u32) -> usize {
    address as usize
}
