//! The table of faults, run: what breaks between the gateway and a service or Google, and what comes of it.
//!
//! Viceroy has one error for most that goes wrong with a connection, so some of what is `upstream-reset` on the platform
//! is `upstream-refused` here; the rows say where. How the platform's own errors are told apart is tested in the library.

mod bench;
mod client;
mod load;
mod run;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use futures_util::future::join_all;

use super::support::gateway::{alone, own};
use crate::faults::page::{page, with_page};
use crate::faults::row::{GET, Row};
use crate::faults::{policy, rows};
use bench::Bench;

/// Writes the page too where that is asked for, if all rows are as they say.
#[test]
fn each_fault_has_its_outcome() {
    let mut bench = None;
    alone(async { bench = Some(Bench::start().await) });
    let bench = bench.expect("a bench");
    own(bench.options(), async |world| {
        let chains = chains();
        // Everybody else's token is there before Google fails.
        let warm = chains.keys().filter(|chain| **chain != GOOGLE);
        let warm = warm.map(|service| async move {
            let target = format!("/{service}/warm");
            client::send(world.gateway.addr(), &target, &GET, "warm").await
        });
        join_all(warm).await;
        let of_chains = chains.values().map(async |chain| {
            let mut differences = Vec::new();
            for row in chain {
                differences.extend(run::run(world, &bench, row).await);
            }
            differences
        });
        let differences = join_all(of_chains).await.concat();
        assert!(differences.is_empty(), "{}", differences.join("\n"));
    });
    if std::env::var_os("TOLLGATE_WRITE_BOOKS").is_some() {
        let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/failure-modes.md");
        let document = fs::read_to_string(&whole).expect("the page");
        let document = with_page(&document, &page(rows())).expect("a place for the table");
        fs::write(whole, document).expect("the page");
    }
}

const GOOGLE: &str = "Google";

/// The rows that run one after the other: those of one service, and those that break Google.
fn chains() -> BTreeMap<&'static str, Vec<&'static Row>> {
    let mut chains: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows() {
        let of_google = row.service.starts_with(policy::BY_KEY) || row.service.starts_with(policy::KEYLESS);
        let chain = if of_google { GOOGLE } else { row.service };
        chains.entry(chain).or_default().push(row);
    }
    chains
}
