//! The lists of names, and what a policy may touch.

use super::super::*;

/// What is searched in order, and what [`is_reserved`] searches by halves, are the same.
#[test]
fn reserved_names_are_found_as_in_a_list() {
    assert!(RESERVED_NAMES.is_sorted() && RESERVED_PREFIXES.is_sorted());
    for prefix in RESERVED_PREFIXES {
        let begins = |other: &&&str| other.starts_with(prefix);
        assert_eq!(RESERVED_PREFIXES.iter().filter(begins).count(), 1, "{prefix}");
    }
    let in_list =
        |name: &str| RESERVED_NAMES.contains(&name) || RESERVED_PREFIXES.iter().any(|one| name.starts_with(one));
    for name in RESERVED_NAMES.iter().chain(RESERVED_PREFIXES) {
        let shorter = name.get(..name.len() - 1).unwrap();
        for tried in [
            (*name).to_owned(),
            shorter.to_owned(),
            format!("{name}a"),
            format!("{name}-z"),
            format!("{shorter}!"),
            format!("{shorter}~"),
        ] {
            assert_eq!(is_reserved(&tried), in_list(&tried), "{tried}");
        }
    }
}

#[test]
fn a_policy_edits_no_header_of_ours() {
    for (name, may) in [
        ("x-env", true),
        ("cache-control", true),
        ("accept", true),
        ("host", false),
        ("content-length", false),
        ("connection", false),
        ("authorization", false),
        ("x-serverless-authorization", false),
        ("x_forwarded_for", false),
        ("x-tollgate-subject", false),
        ("traceparent", false),
        ("surrogate-key", false),
        ("x-request-id", false),
    ] {
        assert_eq!(may_be_edited(name), may, "{name}");
    }
}
