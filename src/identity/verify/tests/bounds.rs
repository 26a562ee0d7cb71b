//! How much a payload may say.

use super::{twice::judge_payload, *};

fn payload(more: &str) -> Vec<u8> {
    let exp = NOW + 300;
    format!(r#"{{"iss":"{ISSUER}","aud":"api://orders","exp":{exp},"more":{more}}}"#).into_bytes()
}

#[test]
fn depth_members_and_values_are_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let members = |number: usize| {
        let members: Vec<_> = (0..number).map(|at| format!("\"{at}\":0")).collect();
        format!("{{{}}}", members.join(","))
    };
    let values = |number: usize| format!("[{}]", vec!["0"; number].join(","));
    for (name, more, expected) in [
        // The payload itself is the first.
        ("fifteen deep in it", nested(15), Ok(())),
        ("sixteen deep in it", nested(16), Err(TokenRefusal::Malformed)),
        ("256 members", members(256), Ok(())),
        ("257 members", members(257), Err(TokenRefusal::Malformed)),
        // The payload, its four members, and theirs.
        ("4,091 values in it", values(4_091), Err(TokenRefusal::TooLong)),
        ("2,000 values in it", values(2_000), Ok(())),
    ] {
        assert_eq!(judge_payload(&payload(&more)), expected, "{name}");
    }
}
