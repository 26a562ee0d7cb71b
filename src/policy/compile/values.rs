//! What values must be, as it is written of claims, headers and query parameters.

use std::collections::BTreeMap;

use crate::policy::{
    claim_path,
    problem::Problems,
    source::rule::{self, Wanted as Written},
    template::PathTemplate,
    wanted::{Scalar, Test, Wanted},
};

/// Tests of claims. `template` is the path whose names a text `"{name}"` may stand for; without one, none may.
pub(super) fn claim_tests(
    place: &str,
    written: &BTreeMap<String, Written>,
    template: Option<&PathTemplate>,
    problems: &mut Problems,
) -> Vec<Test> {
    let mut tests = Vec::new();
    for (name, written) in written {
        let place = format!("{place}.{name}");
        problems.take(
            place.clone(),
            claim_path::check(name),
            "name the claim as tokens have it",
        );
        if let Some(wanted) = wanted(&place, written, template, problems) {
            tests.push(Test {
                name: name.clone(),
                wanted,
            });
        }
    }
    tests
}

/// Tests of texts: headers and query parameters.
pub(super) fn text_tests(place: &str, written: &BTreeMap<String, Written>, problems: &mut Problems) -> Vec<Test> {
    let mut tests = Vec::new();
    for (name, written) in written {
        let place = format!("{place}.{name}");
        let scalars: Vec<&rule::Scalar> = match written {
            Written::Equal(scalar) => vec![scalar],
            Written::Test(test) => test.one_of.iter().flatten().collect(),
        };
        if scalars.iter().any(|scalar| !matches!(scalar, rule::Scalar::Text(_))) {
            problems.add(
                place,
                "is compared with something that is no text",
                "write it in quotes",
            );
            continue;
        }
        if let Some(wanted) = wanted(&place, written, None, problems) {
            tests.push(Test {
                name: name.clone(),
                wanted,
            });
        }
    }
    tests
}

fn wanted(place: &str, written: &Written, template: Option<&PathTemplate>, problems: &mut Problems) -> Option<Wanted> {
    match written {
        Written::Equal(rule::Scalar::Text(text)) => match captured(text) {
            Some(name) => of_path(place, name, template, problems),
            None => Some(Wanted::Equal(Scalar::Text(text.clone()))),
        },
        Written::Equal(other) => Some(Wanted::Equal(scalar(other))),
        Written::Test(test) => match (&test.one_of, &test.prefix, test.exists) {
            (Some(scalars), None, None) if scalars.iter().any(is_captured) => {
                problems.add(
                    place,
                    "`{name}` stands for a part of the path only by itself",
                    "write it as `\"{name}\"`, without `one_of`",
                );
                None
            }
            (Some(scalars), None, None) if !scalars.is_empty() => {
                Some(Wanted::OneOf(scalars.iter().map(scalar).collect()))
            }
            (None, Some(prefix), None) if !prefix.is_empty() => Some(Wanted::Prefix(prefix.clone())),
            (None, None, Some(true)) => Some(Wanted::Exists),
            (None, None, Some(false)) => {
                problems.add(
                    place,
                    "asks that something is not there; who leaves it out would pass",
                    "ask only for what must be there",
                );
                None
            }
            _ => {
                problems.add(
                    place,
                    "is not one test",
                    "give one of `one_of` and `prefix`, not empty, or `exists = true`",
                );
                None
            }
        },
    }
}

fn scalar(written: &rule::Scalar) -> Scalar {
    match written {
        rule::Scalar::Text(text) => Scalar::Text(text.clone()),
        rule::Scalar::Number(number) => Scalar::Number(*number),
        rule::Scalar::Flag(flag) => Scalar::Flag(*flag),
    }
}

fn is_captured(scalar: &rule::Scalar) -> bool {
    matches!(scalar, rule::Scalar::Text(text) if captured(text).is_some())
}

/// The name in `"{name}"`.
fn captured(text: &str) -> Option<&str> {
    text.strip_prefix('{')?.strip_suffix('}')
}

fn of_path(place: &str, name: &str, template: Option<&PathTemplate>, problems: &mut Problems) -> Option<Wanted> {
    if template.is_some_and(|template| template.names().any(|known| known == name)) {
        return Some(Wanted::Captured(name.to_owned()));
    }
    let (what, mend) = match template {
        Some(_) => ("the path has no", "name a segment of the route's path so"),
        None => (
            "no path is known that would have",
            "write what the claim must be, or ask for it in a route's `allow`",
        ),
    };
    problems.add(
        place,
        format!("{what} `{{{name}}}` whose value could be compared"),
        mend,
    );
    None
}
