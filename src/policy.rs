//! Who may reach what: from the text that people write to the decision.
//!
//! Two stages. [`source`] mirrors the text, and [`text`] reads one into it; [`site`] is what the edge runs and is valid by construction; [`compile`]
//! goes from one to the other and reports every [`problem`]. [`pages`] is the site as config-store entries, of which a
//! request reads three. [`active`] reads the policy that is in force, [`tuning`] what is changed without a new one.

pub mod active;
pub mod claim_path;
#[cfg(not(target_arch = "wasm32"))]
pub mod compile;
#[cfg(not(target_arch = "wasm32"))]
pub mod coverage;
pub mod decide;
pub mod host_pattern;
pub mod hours;
pub mod issuer;
pub mod pages;
#[cfg(not(target_arch = "wasm32"))]
pub mod problem;
pub mod route;
pub mod rule;
#[cfg(not(target_arch = "wasm32"))]
pub mod schema;
pub mod site;
#[cfg(not(target_arch = "wasm32"))]
pub mod source;
pub mod target;
pub mod template;
#[cfg(not(target_arch = "wasm32"))]
pub mod text;
pub mod tuning;
pub mod wanted;
