//! Durations as people write them: `"500ms"`, `"15s"`, `"5m"`, `"1h"`.

use std::{borrow::Cow, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, de::Deserializer};

/// The longest duration in whole seconds: a day.
const SECONDS_MAX: u64 = 86_400;

/// The longest age in whole seconds: 30 days.
const AGE_S_MAX: u64 = 30 * SECONDS_MAX;

/// The longest duration in milliseconds: ten minutes.
const MILLISECONDS_MAX: u32 = 600_000;

/// The units of all durations, and of ages.
const UNITS: [&str; 4] = ["ms", "s", "m", "h"];
const AGE_UNITS: [&str; 5] = ["ms", "s", "m", "h", "d"];

/// A duration in whole seconds, written as in `"10s"` or `"5m"`; at most a day.
#[derive(Debug, Clone, Copy)]
pub struct Seconds(pub u64);

/// An age in whole seconds, written as in `"24h"` or `"7d"`; at most 30 days.
#[derive(Debug, Clone, Copy)]
pub struct Age(pub u64);

/// A duration in milliseconds, written as in `"500ms"` or `"15s"`; at most ten minutes.
#[derive(Debug, Clone, Copy)]
pub struct Milliseconds(pub u32);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let duration = duration(deserializer, &UNITS)?;
        if duration.subsec_nanos() != 0 || duration.as_secs() > SECONDS_MAX {
            return Err(serde::de::Error::custom(
                "give whole seconds up to a day, as in \"60s\" or \"5m\"",
            ));
        }
        Ok(Self(duration.as_secs()))
    }
}

impl<'de> Deserialize<'de> for Age {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let duration = duration(deserializer, &AGE_UNITS)?;
        if duration.subsec_nanos() != 0 || duration.as_secs() > AGE_S_MAX {
            return Err(serde::de::Error::custom(
                "give whole seconds up to 30 days, as in \"24h\" or \"7d\"",
            ));
        }
        Ok(Self(duration.as_secs()))
    }
}

impl<'de> Deserialize<'de> for Milliseconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let milliseconds = duration(deserializer, &UNITS)?.as_millis();
        match u32::try_from(milliseconds) {
            Ok(milliseconds @ 1..=MILLISECONDS_MAX) => Ok(Self(milliseconds)),
            _ => Err(serde::de::Error::custom(
                "give 1 ms to 10 minutes, as in \"500ms\" or \"15s\"",
            )),
        }
    }
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D, units: &[&str]) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    // One number and one unit: the library would also take `5 sec`, and `5M` for months.
    let unit = text.trim_start_matches(|character: char| character.is_ascii_digit());
    let parsed = humantime::parse_duration(&text).ok();
    match parsed.filter(|_| units.contains(&unit) && unit.len() < text.len()) {
        Some(duration) => Ok(duration),
        None => Err(serde::de::Error::custom(format!(
            "`{text}` is no duration; write it as in \"500ms\", \"15s\", \"5m\" or \"1h\""
        ))),
    }
}

impl JsonSchema for Seconds {
    fn schema_name() -> Cow<'static, str> {
        "Seconds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "A duration in whole seconds, up to a day.", "examples": ["60s", "5m"] })
    }
}

impl JsonSchema for Age {
    fn schema_name() -> Cow<'static, str> {
        "Age".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "A duration in whole seconds, up to 30 days.", "examples": ["24h", "7d"] })
    }
}

impl JsonSchema for Milliseconds {
    fn schema_name() -> Cow<'static, str> {
        "Milliseconds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "A duration from 1 ms to 10 minutes.", "examples": ["500ms", "15s"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_one_number_and_one_unit() {
        let read = |text: &str| {
            toml::Value::String(text.to_owned())
                .try_into::<Milliseconds>()
                .map(|time| time.0)
        };
        for (text, milliseconds) in [
            ("500ms", Some(500)),
            ("15s", Some(15_000)),
            ("10m", Some(600_000)),
            ("11m", None),
            ("0s", None),
            ("5 s", None),
            ("5 sec", None),
            ("1m 30s", None),
            ("1.5s", None),
            ("5M", None),
            ("1d", None),
            ("s", None),
            ("", None),
            ("-5s", None),
        ] {
            assert_eq!(read(text).ok(), milliseconds, "{text}");
        }
    }
    #[test]
    fn ages_are_whole_seconds_and_may_be_days() {
        let read = |text: &str| toml::Value::String(text.to_owned()).try_into::<Age>().map(|age| age.0);
        for (text, seconds) in [
            ("1s", Some(1)),
            ("30d", Some(2_592_000)),
            ("721h", None),
            ("31d", None),
            ("500ms", None),
            ("1w", None),
            ("7 d", None),
        ] {
            assert_eq!(read(text).ok(), seconds, "{text}");
        }
    }
}
