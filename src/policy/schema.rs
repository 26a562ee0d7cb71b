//! What may be written in a policy, said in one place.
//!
//! Promises: the schema is made from the types in [`crate::policy::source`], and all else from the schema. What editors
//! complete by, what the check refuses and what the reference lists are therefore the same.

pub mod form;
pub mod json;
pub mod order;
pub mod reference;

pub use crate::policy::schema::{json::json_schema, reference::reference};
