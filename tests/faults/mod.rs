//! A table of faults: what is broken, what the client gets, what the log says, and what the services saw.
//!
//! Promises: a row is data, and a page can be made of it without running anything; nothing here knows how the gateway
//! comes to it. `tests/edge/faults.rs` runs the table under Viceroy, and `docs/failure-modes.md` shows it.

mod bodies;
mod breaker;
mod clients;
mod connections;
pub(crate) mod google;
mod iam;
pub(crate) mod page;
pub(crate) mod policy;
mod regions;
pub(crate) mod row;
mod statuses;

use row::Row;

/// All rows. Those of one service are run in this order.
pub(crate) fn rows() -> impl Iterator<Item = &'static Row> {
    [
        connections::ROWS,
        bodies::ROWS,
        statuses::ROWS,
        iam::ROWS,
        google::KEY_ROWS,
        google::KEYLESS_ROWS,
        regions::ROWS,
        breaker::ROWS,
        clients::ROWS,
    ]
    .into_iter()
    .flatten()
}
