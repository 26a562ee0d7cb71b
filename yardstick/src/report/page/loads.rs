//! The gateway under load: against concurrency, at stated rates, and for long.

use crate::{
    load::{
        Long, Results,
        flat::{Flatness, GROWTH_MAX},
        generator::Latency,
    },
    report::{measured::Loaded, quantity::milliseconds},
};

use super::markdown::table;

const CLOSED: &str = "\
### Against concurrency

Each connection asks again as soon as it is answered, so the rate is what the gateway gives. Load generator, Viceroy and origin
share the machine's cores: beyond as many connections as there are cores, requests wait for each other.
";

const OPEN: &str = "\
### At stated rates

Requests are due at fixed times, whether or not earlier ones were answered. A latency counts from the moment that its request was
due, so what one stall of the gateway delayed is in these figures (no coordinated omission); a delay of the generator itself, on the
same cores, is not. Latencies in milliseconds.

";

pub(super) fn text(load: &Loaded, picture: &dyn Fn(&[&str]) -> String) -> String {
    let seconds = load.concurrency.seconds;
    let mut text = format!("{CLOSED}Each point was measured for {seconds} s.\n");
    text.push_str(&picture(&["concurrency-rate.svg", "concurrency-latency.svg"]));
    text.push_str(&format!("\n{OPEN}{}", rates(&load.open_loop)));
    if let Some(long) = &load.open_loop.long {
        text.push_str(&format!("\n### For long\n\n{}", of_long(long)));
        text.push_str(&picture(&["long-latency.svg", "long-memory.svg"]));
    }
    text
}

fn rates(results: &Results) -> String {
    let mut rows = Vec::new();
    for subject in &results.subjects {
        for step in &subject.steps {
            let mut cells = vec![
                subject.name.clone(),
                format!("{:.0} %", step.rate_per_s * 100.0 / subject.capacity_per_s),
                format!("{:.0}", step.rate_per_s),
                format!("{:.0}", step.achieved_per_s),
            ];
            cells.extend(latencies(&step.latency));
            rows.push(cells);
        }
    }
    let heads = [
        "request",
        "of capacity",
        "due/s",
        "answered/s",
        "p50",
        "p90",
        "p99",
        "p99.9",
        "max",
    ];
    let capacities: Vec<String> = results
        .subjects
        .iter()
        .map(|subject| format!("{:.0}/s {}", subject.capacity_per_s, subject.name))
        .collect();
    format!(
        "{}\nThe capacity, with 8 connections that are always busy: {}.\n",
        table(1, &heads, &rows),
        capacities.join(", ")
    )
}

fn latencies(latency: &Latency) -> [String; 5] {
    [
        latency.p50_us,
        latency.p90_us,
        latency.p99_us,
        latency.p999_us,
        latency.max_us,
    ]
    .map(milliseconds)
}

fn of_long(long: &Long) -> String {
    let answers: usize = long.windows.iter().map(|window| window.answers).sum();
    let memory = long.resident_kib.as_ref().map_or_else(
        || "The system does not tell the memory.".to_owned(),
        |flatness| format!("Memory of Viceroy's process: {}.", verdict(flatness)),
    );
    format!(
        "Driven: {}, {:.0} requests a second without a break; {answers} answers in {} windows. p99 of the latency: {}. {memory} Flat is what \
         ends at most {:.0} % above where it began: the last third's median against the first's.\n",
        long.name,
        long.rate_per_s,
        long.windows.len(),
        verdict(&long.p99_us),
        GROWTH_MAX * 100.0
    )
}

fn verdict(flatness: &Flatness) -> String {
    let word = if flatness.flat { "flat" } else { "**not flat**" };
    format!("{word} ({:+.1} %)", flatness.growth * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_judged() {
        let points = |last| [(0.0, 100.0), (60.0, 100.0), (120.0, last)];
        let told = |last| Flatness::of(&points(last)).map(|flatness| verdict(&flatness));
        assert_eq!(told(105.0).as_deref(), Some("flat (+5.0 %)"));
        assert_eq!(told(150.0).as_deref(), Some("**not flat** (+50.0 %)"));
    }
}
