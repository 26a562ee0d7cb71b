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
        ("revision", "/tollgate/revision"),
        ("region", "/tollgate/region"),
        ("google", "/tollgate/google_token"),
        ("breaker", "/tollgate/breaker"),
        ("ended", "/tollgate/ended"),
    ] {
        let value = text(pointer);
        if !value.is_empty() {
            parts.push(format!("{label}={value}"));
        }
    }
    parts.extend(attempts(&entry));
    if entry.pointer("/tollgate/handed_over") == Some(&Value::Bool(true)) {
        parts.push("handed over".to_owned());
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

/// How often the request was sent, where that was not once, and how each attempt went that the entry tells of.
fn attempts(entry: &Value) -> Option<String> {
    let tries = entry.pointer("/tollgate/tries").and_then(Value::as_array);
    let tries: Vec<String> = tries.into_iter().flatten().map(attempt).collect();
    if !tries.is_empty() {
        return Some(format!("tries={}", tries.join(",")));
    }
    let count = entry.pointer("/tollgate/attempts").and_then(Value::as_u64)?;
    (count > 1).then(|| format!("attempts={count}"))
}

/// As in `europe-west1:503`.
fn attempt(tried: &Value) -> String {
    let fault = tried.get("fault").and_then(Value::as_str).map(str::to_owned);
    let status = tried
        .get("status")
        .and_then(Value::as_u64)
        .map(|status| status.to_string());
    let what = status.or(fault).unwrap_or_default();
    match tried.get("region").and_then(Value::as_str) {
        Some(region) => format!("{region}:{what}"),
        None => what,
    }
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

    #[test]
    fn what_became_of_attempts_is_told() {
        let told = |of_it: &str| {
            let entry = format!(
                r#"{{"time":"2026-11-21T08:00:00.042Z","severity":"INFO","message":"m","tollgate":{{{of_it}}}}}"#
            );
            readable(&entry)
        };
        let line = "08:00:00.042 INFO    m";
        for (of_it, more) in [
            (
                r#""service":"reports","revision":"next","region":"us-east1","attempts":2,"tries":[
                {"region":"europe-west1","fault":"upstream-refused","us":3},{"region":"us-east1","status":200,"us":4}]"#,
                "  service=reports  revision=next  region=us-east1  tries=europe-west1:upstream-refused,us-east1:200",
            ),
            (
                r#""attempts":1,"tries":[{"status":503,"us":3}],"breaker":"half-open""#,
                "  breaker=half-open  tries=503",
            ),
            (r#""attempts":1,"handed_over":true"#, "  handed over"),
            (r#""attempts":2"#, "  attempts=2"),
        ] {
            assert_eq!(told(of_it), format!("{line}{more}"), "{of_it}");
        }
    }
}
