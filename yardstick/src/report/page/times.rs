//! The gateway beside other programs in time: ratios first, and native programs apart.

use crate::versus::{
    CaseResult, Ratio, Results,
    case::{Group, Substrate},
    statistics::Spread,
};

use super::markdown::{NOTHING, table};

const INTRO: &str = "\
Each figure is a ratio of two programs that were measured in the same round, one after the other, with the same load: the median
of all rounds, with the quartiles in parentheses. Below 1 is less. *Time* is for an answer with all connections busy; *CPU* is
processor time of the server's process for an answer.
";

const NATIVE: &str = "\
HAProxy, which verifies the token too, and nginx, which only passes on, are native code without a sandbox: **another substrate**.
These ratios show what the sandbox and the local runtime cost together with the gateway, and can't be had on Fastly Compute.
";

pub(super) fn text(results: &Results) -> String {
    let is_native = |name: &str| {
        let case = results.cases.iter().find(|case| case.name == name);
        case.is_some_and(|case| case.substrate == Substrate::Native)
    };
    let (native, sandboxed): (Vec<&Ratio>, Vec<&Ratio>) = results
        .ratios
        .iter()
        .partition(|ratio| is_native(&ratio.case) || is_native(&ratio.base));
    let mut text = format!("{INTRO}\nAll under the same runtime:\n\n{}", of_ratios(&sandboxed));
    if native.is_empty() {
        text.push_str("\nNo native program was installed, so none is here.\n");
    } else {
        text.push_str(&format!(
            "\nBeside native programs:\n\n{NATIVE}\n{}",
            of_ratios(&native)
        ));
    }
    text.push_str("\nWhat the ratios are made of, on this machine only:\n\n");
    text.push_str(&of_cases(&results.cases));
    let notes = results.notes.iter().map(|note| format!("- {note}\n"));
    text.push_str(&format!("\nTo read them:\n\n{}", notes.collect::<String>()));
    text
}

fn of_ratios(ratios: &[&Ratio]) -> String {
    let row = |ratio: &&Ratio| {
        vec![
            format!("{} ÷ {}", ratio.case, ratio.base),
            fraction(&ratio.time),
            fraction(&ratio.latency),
            ratio.cpu.as_ref().map_or_else(|| NOTHING.to_owned(), fraction),
        ]
    };
    let rows: Vec<Vec<String>> = ratios.iter().map(row).collect();
    table(1, &["ratio", "time", "median latency", "CPU"], &rows)
}

fn of_cases(cases: &[CaseResult]) -> String {
    let groups = [(Group::Edge, "at the edge"), (Group::Forwarded, "by an origin")];
    let rows: Vec<Vec<String>> = groups
        .iter()
        .flat_map(|(group, words)| {
            let of_group = cases.iter().filter(move |case| case.group == *group);
            of_group.map(move |case| {
                vec![
                    case.name.clone(),
                    (*words).to_owned(),
                    match case.substrate {
                        Substrate::Sandbox => "Viceroy",
                        Substrate::Native => "*native*",
                    }
                    .to_owned(),
                    rounded(&case.rate_per_s),
                    rounded(&case.latency_us),
                    case.cpu_us
                        .map_or_else(|| NOTHING.to_owned(), |cpu| format!("{:.0}", cpu.median)),
                ]
            })
        })
        .collect();
    let heads = [
        "case",
        "answered",
        "substrate",
        "answers/s",
        "median latency (µs)",
        "CPU (µs an answer)",
    ];
    table(3, &heads, &rows)
}

fn fraction(spread: &Spread) -> String {
    format!("{:.2} ({:.2}–{:.2})", spread.median, spread.p25, spread.p75)
}

fn rounded(spread: &Spread) -> String {
    format!("{:.0} ({:.0}–{:.0})", spread.median, spread.p25, spread.p75)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_stand_beside_medians() {
        let spread = Spread {
            median: 1.254,
            p25: 1.2,
            p75: 1.3,
            min: 1.0,
            max: 2.0,
        };
        assert_eq!(fraction(&spread), "1.25 (1.20–1.30)");
        assert_eq!(rounded(&spread), "1 (1–1)");
    }
}
