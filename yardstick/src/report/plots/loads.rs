//! Throughput and latency against connections, and latency and memory over time.

use crate::{
    load::{Long, Window, generator::Latency},
    report::{
        concurrency::{Concurrency, Curve, Point},
        quantity::float,
    },
};

use super::{Chart, Line, Plot};

const CONNECTIONS: &str = "connections that are always busy";

pub(super) fn concurrency(concurrency: &Concurrency) -> Vec<Plot> {
    let line = |curve: &Curve, note: &str, value: &dyn Fn(&Point) -> f64| Line {
        name: format!("{}{note}", curve.name),
        points: curve
            .points
            .iter()
            .map(|point| (f64::from(point.connections), value(point)))
            .collect(),
    };
    let curves = &concurrency.curves;
    let rates = curves.iter().map(|curve| line(curve, "", &|point| point.rate_per_s));
    let latencies = curves.iter().flat_map(|curve| {
        [
            line(curve, ", p50", &|point| point.latency.p50_us / 1_000.0),
            line(curve, ", p99", &|point| point.latency.p99_us / 1_000.0),
        ]
    });
    vec![
        plot(
            "concurrency-rate.svg",
            "Throughput against concurrency",
            CONNECTIONS,
            true,
            "answers a second",
            rates.collect(),
        ),
        plot(
            "concurrency-latency.svg",
            "Latency against concurrency",
            CONNECTIONS,
            true,
            "latency (ms)",
            latencies.collect(),
        ),
    ]
}

pub(super) fn long_run(long: &Long) -> Vec<Plot> {
    let line = |name: &str, value: &dyn Fn(&Window) -> Option<f64>| Line {
        name: name.to_owned(),
        points: long
            .windows
            .iter()
            .filter_map(|window| Some((window.start_s, value(window)?)))
            .collect(),
    };
    let latency = |name: &str, value: fn(&Latency) -> f64| line(name, &|window| Some(value(&window.latency) / 1_000.0));
    let latencies = vec![
        latency("p50", |latency| latency.p50_us),
        latency("p90", |latency| latency.p90_us),
        latency("p99", |latency| latency.p99_us),
        latency("p99.9", |latency| latency.p999_us),
    ];
    let memory = line("Viceroy's process", &|window| {
        Some(float(window.resident_kib?) / 1_024.0)
    });
    let time = "time (s)";
    vec![
        plot(
            "long-latency.svg",
            "Latency over time",
            time,
            false,
            "latency (ms)",
            latencies,
        ),
        plot(
            "long-memory.svg",
            "Memory over time",
            time,
            false,
            "resident memory (MiB)",
            vec![memory],
        ),
    ]
}

fn plot(file: &'static str, title: &str, x: &str, x_is_logarithmic: bool, y: &str, lines: Vec<Line>) -> Plot {
    Plot {
        file,
        chart: Chart {
            title: title.to_owned(),
            x: x.to_owned(),
            x_is_logarithmic,
            y: y.to_owned(),
            lines,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_curve_has_a_rate_and_two_latencies() {
        let latency = Latency {
            p50_us: 1_000.0,
            p99_us: 3_000.0,
            ..Latency::default()
        };
        let curve = Curve {
            name: "forwarded".to_owned(),
            points: vec![Point {
                connections: 8,
                rate_per_s: 500.0,
                latency,
            }],
        };
        let plots = concurrency(&Concurrency {
            seconds: 1.0,
            curves: vec![curve],
        });
        let lines: Vec<_> = plots.iter().flat_map(|plot| &plot.chart.lines).collect();
        let found: Vec<_> = lines
            .iter()
            .map(|line| (line.name.as_str(), line.points.clone()))
            .collect();
        assert_eq!(
            found,
            [
                ("forwarded", vec![(8.0, 500.0)]),
                ("forwarded, p50", vec![(8.0, 1.0)]),
                ("forwarded, p99", vec![(8.0, 3.0)]),
            ]
        );
    }
}
