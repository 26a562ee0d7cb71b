//! Results made of a few numbers.

use std::collections::BTreeMap;

use super::case::{Claims, Group, Substrate};
use super::*;
use crate::load::generator::Target;

fn case(name: &'static str) -> Case {
    Case {
        name,
        group: Group::Edge,
        substrate: Substrate::Sandbox,
        server: "none",
        target: Target {
            url: "http://127.0.0.1:1/".to_owned(),
            bearer: None,
        },
        body: "ok",
        claims: Claims::None,
        verifies: false,
    }
}

fn measured(rate_per_s: f64, latency_us: f64, cpu_us: Option<f64>) -> Measured {
    Measured {
        answers: 100,
        rate_per_s,
        latency_us,
        cpu_us,
        claims: BTreeMap::from([("sandbox".to_owned(), 3)]),
    }
}

fn machine() -> Machine {
    Machine {
        cpu: "A CPU".to_owned(),
        cores: 2,
        memory_mib: 4_096,
        load: "0.1 0.2 0.3".to_owned(),
    }
}

#[test]
fn a_ratio_is_of_times_and_of_the_same_round() {
    let cases = [case("empty, sandbox reused"), case("gateway, public")];
    let rounds = [
        vec![measured(1_000.0, 10.0, Some(100.0)), measured(500.0, 20.0, Some(100.0))],
        vec![measured(500.0, 20.0, Some(300.0)), measured(250.0, 40.0, Some(300.0))],
    ];
    let found = ratios(&cases, &rounds);
    let [ratio] = found.as_slice() else {
        panic!("one pair was measured: {found:?}")
    };
    assert_eq!(ratio.case, "gateway, public");
    let medians = [ratio.time.median, ratio.latency.median, ratio.cpu.expect("CPU").median];
    assert_eq!(medians, [2.0, 2.0, 3.0]);
    assert_eq!((ratio.time.min, ratio.time.max), (2.0, 2.0));
}

#[test]
fn processor_time_that_is_once_unknown_is_left_out() {
    let rounds = [measured(1.0, 1.0, Some(1.0)), measured(1.0, 1.0, None)];
    let summary = summary(&case("a"), &rounds).expect("a summary");
    assert_eq!(summary.cpu_us, None);
    assert_eq!(summary.answers, 200);
    assert_eq!(summary.claims, BTreeMap::from([("sandbox".to_owned(), 6)]));
}

#[test]
fn what_is_compared_is_measured() {
    let names: Vec<_> = RATIOS.iter().flat_map(|(case, base)| [*case, *base]).collect();
    let all = field::case_names();
    for name in names {
        assert!(all.contains(&name), "no case is named `{name}`");
    }
}

#[test]
fn the_table_shows_medians_and_marks_native_code() {
    let one = |name, substrate| CaseResult {
        substrate,
        ..summary(&case(name), &[measured(1_234.4, 56.0, Some(789.0))]).expect("a summary")
    };
    let results = Results {
        date: "2026-11-21T08:00:00.000Z".to_owned(),
        machine: machine(),
        versions: BTreeMap::from([("viceroy".to_owned(), "viceroy 0.22.0".to_owned())]),
        rounds: 1,
        seconds: 2.0,
        connections: 8,
        seed: 1,
        cases: vec![
            one("gateway, public", Substrate::Sandbox),
            one("HAProxy", Substrate::Native),
        ],
        ratios: Vec::new(),
        notes: vec!["nginx is not installed".to_owned()],
    };
    let table = results.to_string();
    for part in [
        "1234 (1234–1234)",
        "56 (56–56)",
        "789",
        "HAProxy [native]",
        "viceroy 0.22.0",
        "- nginx is not",
    ] {
        assert!(table.contains(part), "{part} is not in:\n{table}");
    }
    let json = serde_json::to_string(&results).expect("JSON");
    assert_eq!(serde_json::from_str::<Results>(&json).expect("results"), results);
}
