//! docs/performance.md and its plots are what docs/performance/measured.json gives, and that is what the budget says:
//! nobody edits them by hand, and they are not of another program.

use tollgate_devstack::nested_cargo::repository;
use tollgate_yardstick::{
    budget::{Budget, breaches},
    report::{Measured, Rendered, rendered::MENDED_BY},
};

#[test]
fn the_page_is_what_was_measured() {
    let repository = repository().expect("this repository");
    let measured = Measured::read(&repository).expect("docs/performance/measured.json");
    let rendered = Rendered::of(&measured).expect("a page");
    let differences = rendered.differences(&repository).expect("docs");
    assert!(
        differences.is_empty(),
        "{}\nThese files are generated. To write them again: {MENDED_BY}",
        differences.join("\n")
    );
}

#[test]
fn the_page_is_of_this_program() {
    let repository = repository().expect("this repository");
    let measured = Measured::read(&repository).expect("docs/performance/measured.json");
    let budget = std::fs::read_to_string(repository.join("budget.toml")).expect("budget.toml");
    let budget = Budget::read(&budget).expect("budget.toml");
    let counts = measured.counts.expect("counts");
    // Both ways: what is on the page must be neither over the budget nor under it.
    let mut differences = breaches(&counts.portable.scenarios, &budget.portable);
    differences.extend(breaches(&budget.portable, &counts.portable.scenarios));
    assert!(
        differences.is_empty(),
        "{differences:?}\nThe page is of another program than budget.toml. To count again: \
         cargo performance --keep versus --keep load --keep profiles"
    );
}

/// Routing costs the same from ten routes to ten thousand, in a fresh sandbox and in one that is in use.
#[test]
fn routing_is_flat() {
    let repository = repository().expect("this repository");
    let budget = std::fs::read_to_string(repository.join("budget.toml")).expect("budget.toml");
    let budget = Budget::read(&budget).expect("budget.toml");
    for state in ["fresh", "reused"] {
        let of_sizes: Vec<u64> = [10, 100, 1_000, 10_000]
            .map(|routes| budget.portable[&format!("routes/{routes}/{state}")].program)
            .into();
        let (least, most) = (
            of_sizes.iter().min().expect("sizes"),
            of_sizes.iter().max().expect("sizes"),
        );
        assert!(
            most * 100 <= least * 105,
            "{state}: {of_sizes:?} are not within 5 % of each other"
        );
    }
}
