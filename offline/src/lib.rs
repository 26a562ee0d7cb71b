//! The gateway offline: what a policy does with a request, and why.
//!
//! Promises: every decision is the library's own, made by [`tollgate::gateway::handle`] on the compiled entries that
//! would be published; only the host's effects are stood in (`stand_in`). Nothing is sent, read from a network or
//! written to a disk, and no token, key or secret comes into what is told.
//!
//! ```text
//! Question ─► Rehearsal ─► Course        what came of it
//!                      ├─► Explanation   why
//!                      └─► Table         of a policy's examples
//! ```

mod drive;
mod entrance;
pub mod examples;
pub mod explanation;
pub mod question;
pub mod rehearsal;
mod stand_in;
mod voucher;

pub use crate::{
    examples::{Row, Table},
    explanation::Explanation,
    question::{Credential, Question},
    rehearsal::{Course, Rehearsal},
};
