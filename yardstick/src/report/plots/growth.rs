//! Cost against the size of the world and of the request, from scenarios that are named `routes/10/fresh`.

use crate::{budget::Counts, counted::Count, report::quantity::float};

use super::{Chart, Line, Plot};

/// Which figure of a count.
#[derive(Debug, Clone, Copy)]
enum Figure {
    Program,
    Library,
}

/// A line: its name, the scenario's last word, and the figure.
type Row = (&'static str, &'static str, Figure);

/// A plot: its file, the scenarios' first word, its title, what is varied, and its lines.
struct Growth {
    file: &'static str,
    group: &'static str,
    title: &'static str,
    x: &'static str,
    x_is_logarithmic: bool,
    rows: &'static [Row],
}

const GROWTHS: [Growth; 5] = [
    Growth {
        file: "routes.svg",
        group: "routes",
        title: "Cost against routes in the policy",
        x: "routes",
        x_is_logarithmic: true,
        rows: &[
            ("program, fresh sandbox", "fresh", Figure::Program),
            ("library, fresh sandbox", "fresh", Figure::Library),
            ("program, sandbox in use", "reused", Figure::Program),
            ("library, sandbox in use", "reused", Figure::Library),
        ],
    },
    Growth {
        file: "issuers.svg",
        group: "issuers",
        title: "Cost against issuers in the policy",
        x: "issuers",
        x_is_logarithmic: false,
        rows: &[
            ("program, fresh sandbox", "fresh", Figure::Program),
            ("library, fresh sandbox", "fresh", Figure::Library),
        ],
    },
    Growth {
        file: "keys.svg",
        group: "keys",
        title: "Cost against keys of the issuer",
        x: "keys in the config store",
        x_is_logarithmic: true,
        rows: &[
            ("program, fresh sandbox", "fresh", Figure::Program),
            ("library, fresh sandbox", "fresh", Figure::Library),
        ],
    },
    Growth {
        file: "claims.svg",
        group: "claims",
        title: "Cost against the size of the token's claims",
        x: "claims (bytes of JSON)",
        x_is_logarithmic: false,
        rows: &[
            ("token verified (EdDSA)", "verified", Figure::Program),
            ("claims from the POP's cache", "pop", Figure::Program),
            ("claims in memory", "sandbox", Figure::Program),
        ],
    },
    Growth {
        file: "headers.svg",
        group: "headers",
        title: "Cost against request headers",
        x: "headers of a forwarded request",
        x_is_logarithmic: false,
        rows: &[
            ("program, sandbox in use", "reused", Figure::Program),
            ("library, sandbox in use", "reused", Figure::Library),
        ],
    },
];

pub(super) fn all(counts: &Counts) -> Vec<Plot> {
    GROWTHS.iter().map(|growth| plot(growth, counts)).collect()
}

fn plot(growth: &Growth, counts: &Counts) -> Plot {
    let line = |(name, last, figure): &Row| Line {
        name: (*name).to_owned(),
        points: points(counts, growth.group, last, *figure),
    };
    Plot {
        file: growth.file,
        chart: Chart {
            title: growth.title.to_owned(),
            x: growth.x.to_owned(),
            x_is_logarithmic: growth.x_is_logarithmic,
            y: "guest instructions a request".to_owned(),
            lines: growth.rows.iter().map(line).collect(),
        },
    }
}

/// The scenarios `group/SIZE/last` by their size.
fn points(counts: &Counts, group: &str, last: &str, figure: Figure) -> Vec<(f64, f64)> {
    let cost = |count: &Count| match figure {
        Figure::Program => count.program,
        Figure::Library => count.library,
    };
    let mut points: Vec<(f64, f64)> = counts
        .iter()
        .filter_map(|(name, count)| {
            let size = name
                .strip_prefix(group)?
                .strip_prefix('/')?
                .strip_suffix(last)?
                .strip_suffix('/')?;
            Some((float(size.parse().ok()?), float(cost(count))))
        })
        .collect();
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_from_names_and_sorted() {
        let count = |program, library| Count {
            program,
            library,
            look_ups: 0,
            secrets: 0,
            state: 0,
            cache_operations: 0,
            sends: 0,
            log_writes: 0,
        };
        let counts: Counts = [
            ("routes/10/fresh", count(5, 1)),
            ("routes/9/fresh", count(4, 2)),
            ("routes/10/reused", count(3, 3)),
            ("routes/many/fresh", count(2, 4)),
            ("keys/10/fresh", count(1, 5)),
        ]
        .map(|(name, count)| (name.to_owned(), count))
        .into();
        assert_eq!(
            points(&counts, "routes", "fresh", Figure::Program),
            [(9.0, 4.0), (10.0, 5.0)]
        );
        assert_eq!(
            points(&counts, "routes", "fresh", Figure::Library),
            [(9.0, 2.0), (10.0, 1.0)]
        );
    }
}
