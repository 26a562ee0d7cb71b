//! The page in Markdown.
//!
//! Promises each section whether or not its part was measured; one that was not says so. Figures are computed here or
//! come from the data; texts between them state what is measured, never how it came out.

mod beside;
mod costs;
mod intro;
mod loads;
mod markdown;
mod shares;
mod times;

use super::{Measured, plots::Plot};

/// What stands where a part was never measured.
const NOT_MEASURED: &str = "Not measured yet: `cargo performance` does it.\n";

/// The whole page.
#[must_use]
pub fn text(measured: &Measured, plots: &[Plot]) -> String {
    let picture = |files: &[&str]| pictures(plots, files);
    let counts = measured.counts.as_ref();
    let sections = [
        intro::text(measured),
        section("What a request costs", counts.map(costs::of_requests)),
        section("Against the goals", Some(costs::against_goals(measured))),
        section(
            "What the cost grows with",
            counts.map(|_| {
                costs::GROWTH.to_owned()
                    + &picture(&["routes.svg", "issuers.svg", "keys.svg", "claims.svg", "headers.svg"])
            }),
        ),
        section("Beside other programs: instructions", counts.map(beside::text)),
        section("Beside other programs: time", measured.versus.as_ref().map(times::text)),
        section(
            "Under load",
            measured.load.as_ref().map(|load| loads::text(load, &picture)),
        ),
        section(
            "Where the instructions go",
            measured.profiles.as_ref().map(shares::text),
        ),
        section("What was tried", Some(TUNING.to_owned())),
    ];
    sections.join("\n")
}

const TUNING: &str = "[tuning.md](tuning.md) tells what was tried to make the gateway cheaper, what it brought, and what was \
                      learned from what brought nothing.\n";

fn section(title: &str, text: Option<String>) -> String {
    let text = text.unwrap_or_else(|| NOT_MEASURED.to_owned());
    format!("## {title}\n\n{text}")
}

/// Those of these plots that are drawn, each in a paragraph of its own.
fn pictures(plots: &[Plot], files: &[&str]) -> String {
    let drawn = files
        .iter()
        .filter_map(|file| plots.iter().find(|plot| plot.file == *file));
    drawn
        .map(|plot| format!("\n![{}](performance/{})\n", plot.chart.title, plot.file))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_measured_is_said() {
        let page = text(&Measured::default(), &[]);
        assert!(page.starts_with("# "));
        assert_eq!(page.matches(NOT_MEASURED).count(), 6, "{page}");
        assert!(!page.contains(".svg"));
    }
}
