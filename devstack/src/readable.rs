//! Log entries as lines for people.

use serde_json::Value;

/// One line for a log line of the gateway; the line itself where it is no entry.
#[must_use]
pub fn readable(line: &str) -> String {
    let Ok(entry) = serde_json::from_str::<Value>(line) else {
        return line.to_owned();
    };
    let text = |pointer: &str| {
        entry
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let number = |pointer: &str| entry.pointer(pointer).and_then(Value::as_u64);
    let time = text("/time").get(11..23).unwrap_or_default().to_owned();
    let mut parts = vec![format!("{time} {:<7} {}", text("/severity"), text("/message"))];
    for (label, pointer) in [
        ("caller", "/tollgate/caller/subject"),
        ("claims", "/tollgate/claims"),
        ("service", "/tollgate/service"),
        ("google", "/tollgate/google_token"),
        ("ended", "/tollgate/ended"),
    ] {
        let value = text(pointer);
        if !value.is_empty() {
            parts.push(format!("{label}={value}"));
        }
    }
    for (label, pointer) in [
        ("identify", "/tollgate/steps_us/identify"),
        ("upstream", "/tollgate/steps_us/upstream"),
        ("total", "/tollgate/steps_us/total"),
    ] {
        parts.extend(number(pointer).map(|us| format!("{label}={}.{:03}ms", us / 1_000, us % 1_000)));
    }
    let problems = entry.pointer("/tollgate/problems").and_then(Value::as_array);
    parts.extend(
        problems
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|problem| format!("({problem})")),
    );
    parts.join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_become_lines() {
        let entry = r#"{"time":"2026-11-21T08:00:00.042Z","severity":"NOTICE","message":"GET a/b 401 token-expired",
            "tollgate":{"ended":"edge","steps_us":{"total":1234},"problems":["p"]}}"#;
        assert_eq!(
            readable(entry),
            "08:00:00.042 NOTICE  GET a/b 401 token-expired  ended=edge  total=1.234ms  (p)"
        );
        assert_eq!(readable("plain"), "plain");
    }
}
