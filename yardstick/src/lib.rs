//! What the gateway costs.

pub mod budget;
pub mod compute;
pub mod counted;
pub mod library;
pub mod load;
pub mod profile;
pub mod report;
pub mod scenarios;
pub mod signed;
pub mod table;
pub mod versus;

pub use tollgate_scenario as scenario;
