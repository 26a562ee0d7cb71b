//! A compiled program.
//!
//! Promises that every import is linked: to its host call, or to a trap that names it.

use std::{num::NonZeroUsize, path::Path};

use anyhow::anyhow;
use wasmtime::{Config, Engine, InstancePre, Module, OptLevel, WasmBacktraceDetails};

use super::{linking::link, sandbox::Sandbox};

/// A compiled program.
pub struct Program {
    pub(super) engine: Engine,
    pub(super) linked: InstancePre<Sandbox>,
}

/// How deep a stack is shown in a profile. Deeper than any program here goes.
const FRAMES_MAX: usize = 1_000;

impl Program {
    /// Compiles a WebAssembly file. Takes some seconds.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is no WebAssembly module, or if it imports something that is no function.
    pub fn load(wasm: &Path) -> anyhow::Result<Self> {
        let mut config = Config::new();
        config
            .consume_fuel(true)
            .wasm_wide_arithmetic(true)
            .wasm_backtrace_details(WasmBacktraceDetails::Enable)
            .wasm_backtrace_max_frames(NonZeroUsize::new(FRAMES_MAX))
            // Fuel is counted the same way, and the program runs for milliseconds only.
            .cranelift_opt_level(OptLevel::None);
        let loaded = Engine::new(&config).and_then(|engine| {
            let module = Module::from_file(&engine, wasm)?;
            let linked = link(&engine, &module)?;
            Ok(Self { engine, linked })
        });
        loaded.map_err(|why| anyhow!("{}: {why:#}", wasm.display()))
    }
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").finish_non_exhaustive()
    }
}
