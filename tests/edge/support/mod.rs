//! What the tests have in common.

pub(crate) mod gateway;
pub(crate) mod http;
pub(crate) mod services;
