//! The canonical forms: written once more they are the same, and no URL parser would write them otherwise.

use proptest::prelude::*;
use tollgate::request::{authority::Authority, path::CanonicalPath, query::CanonicalQuery, relaxation::Relaxation};

use crate::cases;

/// Any text, and text of the characters that parsers quarrel about.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,40}",
        "(/|%2[eEfF]|%5[cC]|%00|%25|%c3%a9|%[0-9a-fA-F]{2}|\\.|;|\\\\|a|B|~|\\+|'|\"|\\[|\\||\\?|#|&|=| |é){0,12}",
    ]
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn paths(text in texts(), slash in any::<bool>()) {
        let text = if slash { format!("/{text}") } else { text };
        if let Ok(path) = CanonicalPath::parse(&text) {
            prop_assert_eq!(CanonicalPath::parse(path.text()), Ok(path.clone()));
            let url = url::Url::parse(&format!("https://a.example{}", path.text())).unwrap();
            prop_assert_eq!(url.path(), path.text());
            // The home writes a target back this way.
            let mut way = url::Url::parse("https://a.example").unwrap();
            way.set_path(path.text());
            prop_assert_eq!(way.path(), path.text());

            for segment in path.segments() {
                prop_assert!(!segment.contains(char::is_control));
                for piece in segment.split(['/', '\\']) {
                    prop_assert!(!matches!(piece.split(';').next(), Some("." | "..")), "{}", segment);
                }
            }
            let holds = |character: char| path.segments().iter().any(|segment| segment.contains(character));
            let inner = path.segments().split_last().map_or(&[][..], |(_, inner)| inner);
            let needed: Vec<Relaxation> = [
                (holds('/'), Relaxation::EncodedSlash),
                (holds('\\'), Relaxation::Backslash),
                (inner.iter().any(String::is_empty), Relaxation::DoubleSlash),
                (path.text().contains(';'), Relaxation::PathParameter),
            ]
            .into_iter()
            .filter_map(|(needs, relaxation)| needs.then_some(relaxation))
            .collect();
            prop_assert_eq!(path.needs(), needed);
            prop_assert_eq!(path.refused_unless(&[]).is_ok(), path.needs().is_empty());
            prop_assert_eq!(path.refused_unless(&Relaxation::ALL), Ok(()));
        }
    }

    #[test]
    fn queries(text in texts()) {
        // What comes after `#` never gets here: the target is refused before.
        if let Ok(query) = CanonicalQuery::parse(&text.replace('#', "")) {
            prop_assert_eq!(CanonicalQuery::parse(query.text()), Ok(query.clone()));
            let url = url::Url::parse(&format!("https://a.example/?{}", query.text())).unwrap();
            prop_assert_eq!(url.query(), Some(query.text()));
        }
    }

    #[test]
    fn hosts(text in prop_oneof![any::<String>(), "[A-Za-z0-9._:\\[\\]@-]{0,20}", "\\[[0-9a-fA-F:.]{0,20}\\](:[0-9]{0,6})?"]) {
        if let Ok(authority) = Authority::parse(&text) {
            prop_assert_eq!(Authority::parse(&authority.text()), Ok(authority.clone()));
            prop_assert_eq!(authority.host().to_ascii_lowercase(), authority.host());
        }
    }
}
