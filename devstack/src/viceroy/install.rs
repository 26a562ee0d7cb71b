//! The pinned Viceroy.

use std::path::PathBuf;

use crate::tools::Tool;

/// The Viceroy that everything here is tested with.
pub const VERSION: &str = "0.22.0";

const VICEROY: Tool = Tool {
    title: "Viceroy",
    what: "Fastly's local runtime",
    name: "viceroy",
    version: VERSION,
    arguments: &[],
    minutes: 8,
    variable: "TOLLGATE_VICEROY",
};

/// The path of a Viceroy to run: the pinned one, or what `TOLLGATE_VICEROY` names.
///
/// # Errors
///
/// If there is none and none can be installed, or if `TOLLGATE_VICEROY` names something that cannot be run.
pub async fn installed() -> anyhow::Result<PathBuf> {
    VICEROY.installed().await
}
