//! What may be used to find out who asks.

use crate::{host::Host, identity::origin::Cache, sandbox::Sandbox, time::UnixSeconds};

/// The world, as far as one request may use it, and when.
pub struct Means<'a, H: Host> {
    /// The world.
    pub host: &'a H,
    /// Whether traces may be left in it.
    pub cache: Cache,
    /// The sandbox's memory.
    pub sandbox: &'a Sandbox,
    /// Now.
    pub now: UnixSeconds,
}

impl<H: Host> Clone for Means<'_, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: Host> Copy for Means<'_, H> {}
