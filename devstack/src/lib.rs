//! The local world: everything that the gateway talks to, on this machine.
//!
//! Promises: real HTTP servers on loopback that really verify, with a JWT library that shares no code with the gateway's;
//! the real program, built as it is deployed, under Fastly's own local runtime; and nothing left behind when the process
//! that started it ends, in whatever way.
//!
//! | what | modules |
//! | --- | --- |
//! | put together | [`world`], walked by [`tour`] |
//! | the servers | [`identity_provider`], [`google`], [`cloud_run`], [`sample_service`], on [`server`]; [`faults`] that misbehaves |
//! | tokens, good and forged | [`tokens`], [`dpop`], [`signing`] |
//! | the gateway | [`edge_program`] builds it, [`viceroy`] runs it, [`local_stores`] holds its stores, [`guard`] ends it |
//! | what others wrote | [`tools`] finds or installs it |
//! | for people | [`readable`] |

pub mod cloud_run;
pub mod dpop;
pub mod edge_program;
pub mod faults;
pub mod google;
pub mod guard;
pub mod identity_provider;
pub mod local_stores;
pub mod nested_cargo;
mod oauth;
pub mod readable;
pub mod sample_service;
pub mod server;
pub mod signing;
pub mod stop;
pub mod tokens;
pub mod tools;
pub mod tour;
pub mod viceroy;
pub mod world;
