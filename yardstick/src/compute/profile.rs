//! Where a program is after so many instructions, for profiles.
//!
//! Promises functions by name, innermost first, with those that were inlined, as far as the program has symbols: build
//! it with `strip = false` for function names and with `debug = 1` for inlined ones.
//!
//! A program can be stopped only where it enters a function or a loop's next round. So a point inside straight code is
//! shown at the next such place, which may be in another function.

use anyhow::bail;
use wasmtime::{Trap, WasmBacktrace};

use super::{Pop, Program, run::run, sandbox::Stop};
use crate::scenario::Request;

/// The functions that the program is in, innermost first, after this many instructions of the request with this number
/// (from 0). `None` if the request needs no more than that. The POP stays as it is.
///
/// # Errors
///
/// As for [`super::serve`], and if there is no request with this number.
pub fn stack_at(
    program: &Program,
    pop: &Pop,
    requests: &[Request],
    request_index: usize,
    instructions: u64,
) -> anyhow::Result<Option<Vec<String>>> {
    if request_index >= requests.len() {
        bail!("there is no request {request_index}");
    }
    let stop = Stop {
        request: request_index,
        instructions,
    };
    let Err(why) = run(program, pop.clone(), requests, Some(stop))?.outcome else {
        return Ok(None);
    };
    match (why.downcast_ref::<Trap>(), why.downcast_ref::<WasmBacktrace>()) {
        (Some(Trap::OutOfFuel), Some(backtrace)) => Ok(Some(functions(&backtrace.to_string()))),
        _ => bail!("{why:?}"),
    }
}

/// The functions in a backtrace's text, which alone has their names in readable form.
fn functions(backtrace: &str) -> Vec<String> {
    backtrace.lines().filter_map(function).collect()
}

/// The function in a line: after a frame's number and offset and a hyphen, or for an inlined one after a hyphen alone;
/// the module stands before an exclamation mark.
fn function(line: &str) -> Option<String> {
    let (place, name) = line.split_once("- ")?;
    let is_place = place.chars().all(|c| c.is_ascii_hexdigit() || " :x".contains(c));
    let name = name.strip_prefix("<unknown>!").unwrap_or(name);
    let name = match name.split_once(".wasm!") {
        Some((_, name)) => name,
        None => name,
    };
    is_place.then(|| without_hash(name).to_owned())
}

/// A name without the hash that the compiler puts at its end, which changes with every compiler.
fn without_hash(name: &str) -> &str {
    match name.rsplit_once("::h") {
        Some((name, hash)) if hash.len() == 16 && hash.chars().all(|c| c.is_ascii_hexdigit()) => name,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::functions;

    #[test]
    fn functions_are_read_from_a_backtrace() {
        let backtrace = "error while executing at wasm backtrace:\n\
            \x20   0:   0x1a2b - core::ptr::read\n\
            \x20                   at /rustc/library/core/src/ptr/mod.rs:1:2\n\
            \x20             - tollgate::gateway::handle::h0123456789abcdef\n\
            \x20   1:   0x77 - tollgate_edge.wasm!main\n\
            \x20   2:   0x78 - <unknown>!<wasm function 5>";
        assert_eq!(
            functions(backtrace),
            [
                "core::ptr::read",
                "tollgate::gateway::handle",
                "main",
                "<wasm function 5>"
            ]
        );
    }
}
