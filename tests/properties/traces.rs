//! `traceparent`: whatever it is, nothing panics, and what is continued says what was sent.

use proptest::prelude::*;
use tollgate::{
    request::trace::{Parent, Trace},
    time::WallClock,
};

use crate::cases;

fn begun() -> Trace {
    Trace::begin(WallClock { unix_ms: 1 }, "req-1", "MEM")
}

/// Texts that are nearly one.
fn nearly() -> impl Strategy<Value = String> {
    (
        "[0-9a-fA-F]{1,3}",
        "[0-9a-fg]{31,33}",
        "[0-9a-f]{15,17}",
        "[0-9a-f]{1,3}",
        "(|-.{0,9})",
    )
        .prop_map(|(version, trace, span, flags, more)| format!("{version}-{trace}-{span}-{flags}{more}"))
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn any_text_is_read_or_not(text in prop_oneof![any::<String>(), nearly()]) {
        if let Some(parent) = Parent::parse(&text) {
            let trace = begun().under(parent);
            let fields: Vec<&str> = text.split('-').collect();
            prop_assert_eq!(trace.trace_id(), fields[1]);
            prop_assert_eq!(trace.is_sampled(), u8::from_str_radix(fields[3], 16).unwrap() & 1 == 1);
        }
    }

    /// What is sent can be read by the next one, and means the same.
    #[test]
    fn what_is_continued_can_be_continued(trace in 1_u128.., span in 1_u64.., flags in any::<u8>(), later in 1_u8..255) {
        for version in [0, later] {
            let text = format!("{version:02x}-{trace:032x}-{span:016x}-{flags:02x}");
            let parent = Parent::parse(&text).expect("well-formed");
            let ours = begun().under(parent).traceparent();
            prop_assert_eq!(ours.len(), 55);
            prop_assert_eq!(Parent::parse(&ours), Some(parent));
            prop_assert!(!ours.contains(&format!("{span:016x}")), "the span is our own");
        }
    }

    /// Every trace that is begun is one that can be continued.
    #[test]
    fn what_is_begun_can_be_continued(unix_ms in any::<u64>(), request_id in any::<String>(), pop in "[A-Z]{3}") {
        let begun = Trace::begin(WallClock { unix_ms }, &request_id, &pop);
        let parent = Parent::parse(&begun.traceparent()).expect("well-formed");
        prop_assert_eq!(parent.trace_id(), begun.trace_id());
        prop_assert!(!begun.is_sampled());
    }
}
