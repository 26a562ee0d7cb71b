//! The plots of the page.
//!
//! Promises a plot only of what was measured. Each has one file name, by which the page refers to it.

pub mod axis;
pub mod chart;
mod growth;
mod loads;

use super::Measured;

pub use chart::{Chart, Line};

/// A plot and the name of its file.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// The file in docs/performance/.
    pub file: &'static str,
    /// What it shows.
    pub chart: Chart,
}

/// All plots that there is something to draw in.
#[must_use]
pub fn all(measured: &Measured) -> Vec<Plot> {
    let mut plots = Vec::new();
    if let Some(counts) = &measured.counts {
        plots.extend(growth::all(&counts.portable.scenarios));
    }
    if let Some(load) = &measured.load {
        plots.extend(loads::concurrency(&load.concurrency));
        plots.extend(load.open_loop.long.iter().flat_map(loads::long_run));
    }
    plots.retain(|plot| !plot.chart.is_empty());
    plots
}
