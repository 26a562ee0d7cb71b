//! Verdicts on tokens, compared with JWT libraries in other languages: `jose` for JavaScript, PyJWT and jwcrypto for
//! Python.
//!
//! Promises: each side verifies by itself, from the same token, the same keys and the same question. What the gateway
//! takes all peers take; where a peer takes what the gateway refuses, the table says so, and a change is a failure.

pub mod asserted;
pub mod forge;
pub mod gateway;
mod go;
pub mod peers;
pub mod question;
pub mod spoiled;
pub mod verdicts;
pub mod verifiers;
