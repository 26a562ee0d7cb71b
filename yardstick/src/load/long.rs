//! The long run: one load without a break, cut into windows afterwards, while Viceroy's memory is read.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::time::{Instant, sleep_until};

use super::flat::Flatness;
use super::generator::{Generator, Latency, Pace, Sample};
use super::results::{Long, Window};
use super::{Options, expect_all, process};
use crate::versus::case::STATUS;
use crate::versus::field::Field;
use crate::versus::policies::ORDER;

/// Drives the forwarded request at this rate.
///
/// # Errors
/// If the generator fails, an answer is wrong or missing, or there is nothing to judge.
pub async fn drive(
    field: &Field,
    generator: &Generator,
    name: &str,
    rate_per_s: f64,
    options: &Options,
) -> anyhow::Result<Long> {
    let target = field.gateway_target(ORDER)?;
    let pace = Pace {
        seconds: options.long_s,
        connections: options.connections,
        rate_per_s: Some(rate_per_s),
    };
    let pid = field.gateway()?.pid();
    let mut resident_kib = Vec::new();
    let samples = tokio::select! {
        samples = generator.drive_each(&target, pace) => samples?,
        never = watch(pid, options.window_s, &mut resident_kib) => never,
    };
    let wrong = samples.iter().filter(|sample| sample.status != STATUS).count();
    ensure!(
        wrong == 0,
        "{wrong} of {} answers had another status than {STATUS}",
        samples.len()
    );
    expect_all(u64::try_from(samples.len())?, pace)?;
    let windows = windows(&samples, &resident_kib, pace.seconds, options.window_s);
    judge(name, rate_per_s, windows)
}

/// Reads the memory at the end of each window, until it is dropped.
async fn watch(pid: Option<u32>, window_s: f64, resident_kib: &mut Vec<Option<u64>>) -> Vec<Sample> {
    let began = Instant::now();
    let mut window = 1.0;
    loop {
        sleep_until(began + Duration::from_secs_f64(window_s * window)).await;
        resident_kib.push(pid.and_then(process::resident_kib));
        window += 1.0;
    }
}

/// The whole windows. A window without an answer is there, with zeros.
fn windows(samples: &[Sample], resident_kib: &[Option<u64>], seconds: f64, window_s: f64) -> Vec<Window> {
    let mut windows = Vec::new();
    let mut start_s = 0.0;
    let mut resident = resident_kib.iter();
    while start_s + window_s <= seconds {
        let range = start_s..start_s + window_s;
        let inside = samples.iter().filter(|sample| range.contains(&sample.start_s));
        let latencies_us: Vec<f64> = inside.map(|sample| sample.latency_us).collect();
        windows.push(Window {
            start_s,
            answers: latencies_us.len(),
            latency: Latency::of(latencies_us),
            resident_kib: resident.next().copied().flatten(),
        });
        start_s += window_s;
    }
    windows
}

fn judge(name: &str, rate_per_s: f64, windows: Vec<Window>) -> anyhow::Result<Long> {
    let p99: Vec<_> = windows
        .iter()
        .map(|window| (window.start_s, window.latency.p99_us))
        .collect();
    let resident: Vec<_> = windows
        .iter()
        .filter_map(|window| {
            let kib = u32::try_from(window.resident_kib?).ok()?;
            Some((window.start_s, f64::from(kib)))
        })
        .collect();
    Ok(Long {
        name: name.to_owned(),
        rate_per_s,
        p99_us: Flatness::of(&p99).context("a long run needs three windows; give a larger --long-s")?,
        resident_kib: Flatness::of(&resident),
        windows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(start_s: f64, latency_us: f64) -> Sample {
        Sample {
            start_s,
            latency_us,
            status: 200,
        }
    }

    #[test]
    fn samples_fall_into_whole_windows() {
        let samples = [sample(0.0, 1.0), sample(1.9, 3.0), sample(2.0, 5.0), sample(4.1, 9.0)];
        let windows = windows(&samples, &[Some(10), None], 5.0, 2.0);
        let found: Vec<_> = windows
            .iter()
            .map(|window| {
                (
                    window.start_s,
                    window.answers,
                    window.latency.max_us,
                    window.resident_kib,
                )
            })
            .collect();
        assert_eq!(found, [(0.0, 2, 3.0, Some(10)), (2.0, 1, 5.0, None)]);
    }

    #[test]
    fn a_run_is_judged_by_its_windows() {
        let window = |start_s, p99_us, resident_kib| Window {
            start_s,
            answers: 1,
            latency: Latency {
                p99_us,
                ..Latency::default()
            },
            resident_kib: Some(resident_kib),
        };
        let long = judge(
            "a",
            9.0,
            vec![window(0.0, 5.0, 100), window(1.0, 5.0, 100), window(2.0, 5.0, 200)],
        );
        let long = long.expect("three windows");
        assert!(long.p99_us.flat && !long.resident_kib.expect("memory").flat);
        judge("a", 9.0, Vec::new()).expect_err("no window");
    }
}
