//! What the tests have in common.

pub(crate) mod gateway;
pub(crate) mod http;
pub(crate) mod origin;
pub(crate) mod services;
pub(crate) mod wire;
