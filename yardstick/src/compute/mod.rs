//! An in-memory Fastly Compute, which counts instructions.
//!
//! Promises: it runs a program as it is shipped, answers its host calls from memory, and gives the same numbers in every
//! run. The clock stands still, randomness starts from a fixed seed in every sandbox, and host calls cost nothing. What
//! is counted is Wasmtime's fuel: one for an instruction of the program, none for those that do nothing (ends of blocks,
//! drops), one for entering a function, and one for each byte that a bulk copy or fill moves.
//!
//! Refuses every other host call with a trap that names it. It has no read-through cache, no TLS and no bot data, as the
//! pinned Viceroy has none: what the platform would tell of a TLS client is absent.
//!
//! | what | modules |
//! | --- | --- |
//! | run | `program`, `run` and `profile`, on `linking` (which call is whose), `sandbox` (what one sandbox holds) and `tally` (what is counted) |
//! | called | `abi`, `memory`, `handles`: how a call is read and answered |
//! | the client | `downstream`, `metadata` |
//! | messages | `requests`, `responses`, `headers`, `bodies` |
//! | the outside | `backends`, `sends` |
//! | the POP | `pop`, `cache`, `lookups`, `config`, `secrets`, `state`, `log` |
//! | the runtime | `wasi`, `runtime` |

mod abi;
mod backends;
mod bodies;
mod cache;
mod config;
mod downstream;
mod handles;
mod headers;
mod linking;
mod log;
mod lookups;
mod memory;
mod metadata;
mod pop;
mod profile;
mod program;
mod requests;
mod responses;
mod run;
mod runtime;
mod sandbox;
mod secrets;
mod sends;
mod state;
mod tally;
mod wasi;

pub use pop::Pop;
pub use profile::stack_at;
pub use program::Program;
pub use run::serve;
pub use tally::{Calls, Passage};
