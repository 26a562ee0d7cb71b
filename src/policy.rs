//! Who may reach what: from the text that people write to the decision.
//!
//! Two stages. [`source`] mirrors the text; [`site`] is what the edge runs and is valid by construction; [`compile`]
//! goes from one to the other and reports every problem. [`active`] reads the site that is in force.

pub mod active;
#[cfg(not(target_arch = "wasm32"))]
pub mod compile;
pub mod decide;
pub mod route;
pub mod site;
#[cfg(not(target_arch = "wasm32"))]
pub mod source;
pub mod template;
