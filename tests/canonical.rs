//! The tables of `docs/canonical.md`, row by row, without a platform. `tests/edge` sends the same rows through Viceroy.

#![expect(clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod canonical {
    pub(crate) mod table;
}

use std::collections::BTreeSet;

use tollgate::{
    request::{Ambiguity, CanonicalRequest, Head, Relaxation},
    secret::Secret,
};

use crate::canonical::table::{Fate, Row, hosts, targets};

/// Reasons that are not about the target, and the one whose targets are too long for a table.
const WITHOUT_A_ROW: [&str; 9] = [
    "method",
    "target-too-long",
    "host",
    "authorization",
    "content-length",
    "transfer-encoding",
    "repeated-header",
    "repeated-parameter",
    "headers",
];

fn request(target: &str, host: &[u8], granted: &[Relaxation]) -> Result<CanonicalRequest, Ambiguity> {
    let request = CanonicalRequest::new(&Head {
        method: "GET".to_owned(),
        target: target.to_owned(),
        values: vec![("host", Secret::new(host.to_vec()))],
        ..Head::default()
    })?;
    request.refused_unless(granted)?;
    Ok(request)
}

/// All reasons, as the reference has them (`tests/docs.rs` compares it with the source).
fn reasons() -> Vec<&'static str> {
    let (_, table) = include_str!("../docs/refusals.md")
        .split_once("| reason |")
        .expect("the table of reasons");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| row.split('`').nth(1)).collect()
}

fn fate_of_target(target: &str, relaxed_with: Option<Relaxation>) -> Fate {
    match request(target, b"api.example.com", relaxed_with.as_slice()) {
        Ok(request) => Fate::Sent(request.target()),
        Err(ambiguity) => Fate::Refused(ambiguity.word().to_owned()),
    }
}

fn text(row: &Row) -> &str {
    std::str::from_utf8(&row.sent).expect("a target is text where it comes to the library")
}

/// The target that the program is shown on Fastly: the SDK has a URL parser read it (`src/edge/read.rs`).
fn shown(target: &str) -> String {
    let absolute = url::Url::parse(target);
    let url = absolute.or_else(|_| url::Url::parse(&format!("https://api.example.com{target}")));
    let url = url.expect("a URL");
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}{query}", url.path())
}

#[test]
fn every_target_has_its_fate() {
    for row in targets() {
        let fate = fate_of_target(text(&row), row.relaxed_with);
        assert_eq!(fate, row.natively, "{}: {}", row.case, text(&row));
    }
}

#[test]
fn every_target_has_its_fate_behind_the_platforms_url_parser() {
    for row in targets().iter().filter(|row| row.on_fastly != Fate::NoHttp) {
        let fate = fate_of_target(&shown(text(row)), row.relaxed_with);
        assert_eq!(fate, row.on_fastly, "{}: {}", row.case, text(row));
    }
}

/// What one relaxation grants is refused where a route grants all others, for the reason that has its word.
#[test]
fn nothing_is_granted_but_by_its_word() {
    let mut granted = BTreeSet::new();
    for row in targets() {
        let Some(relaxation) = row.relaxed_with else { continue };
        let mut others = Relaxation::ALL.to_vec();
        others.retain(|other| *other != relaxation);
        let refused = request(text(&row), b"api.example.com", &others).err();
        if matches!(row.natively, Fate::Sent(_)) && refused.is_some() {
            assert_eq!(refused, Some(relaxation.ambiguity()), "{}", row.case);
            granted.insert(relaxation);
        }
    }
    assert_eq!(granted, BTreeSet::from(Relaxation::ALL));
}

#[test]
fn every_host_has_its_fate() {
    for row in hosts() {
        let fate = match request("/", &row.sent, &[]) {
            Ok(request) => Fate::Sent(request.host().to_owned()),
            Err(ambiguity) => Fate::Refused(ambiguity.word().to_owned()),
        };
        assert_eq!(fate, row.natively, "{}", row.case);
    }
}

#[test]
fn the_tables_are_whole() {
    let (targets, hosts) = (targets(), hosts());
    assert!(targets.len() >= 60 && hosts.len() >= 10, "the tables were read");
    let mut cases = BTreeSet::new();
    for row in targets.iter().chain(&hosts) {
        assert!(cases.insert(&row.case), "there are two rows for: {}", row.case);
    }
    for relaxation in Relaxation::ALL {
        let rows = targets.iter().filter(|row| row.relaxed_with == Some(relaxation));
        assert!(rows.count() >= 3, "{relaxation:?} has few rows");
    }
    let reasons = reasons();
    assert!(WITHOUT_A_ROW.iter().all(|reason| reasons.contains(reason)));
    for reason in reasons.iter().filter(|reason| !WITHOUT_A_ROW.contains(reason)) {
        let refused = Fate::Refused((*reason).to_owned());
        assert!(targets.iter().any(|row| row.natively == refused), "{reason} has no row");
    }
}
