//! Refuses to compile the gateway in a way that is known to compile it wrongly.
//!
//! WebAssembly's wide arithmetic makes signature checks several times faster, but the LLVM 22 in Rust 1.95 miscompiles
//! `i64::checked_mul`, `i64::saturating_mul` and comparisons of 128-bit products under it (llvm/llvm-project issues
//! 199910 and 98323). Nothing fails then; results are wrong. The package in `wide/` shows it, and shows that Rust 1.99
//! is right; nothing between them has been tried.

use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;

const FEATURE: &str = "wide-arithmetic";
const FIRST_RIGHT_RUST: &str = "1.99.0";

fn main() -> ExitCode {
    let mut cargo = io::stdout().lock();
    if writeln!(cargo, "cargo::rerun-if-changed=build.rs").is_err() {
        return ExitCode::FAILURE;
    }
    if !asks_for_wide_arithmetic() || version_check::is_min_version(FIRST_RIGHT_RUST) == Some(true) {
        return ExitCode::SUCCESS;
    }
    let _ = writeln!(
        cargo,
        "cargo::error=target-feature +{FEATURE} needs Rust {FIRST_RIGHT_RUST} or newer: the LLVM 22 of older ones \
         miscompiles i64::checked_mul under it (llvm/llvm-project issue 199910), so signature checks could go wrong in \
         silence. Use TOLLGATE_BUILD=wide, which brings its own toolchain, or take the flag away."
    );
    ExitCode::FAILURE
}

/// Flags from every source (environment, configuration files) are in the first variable, the feature's final state in
/// the second. A flag that takes the feature away again is refused too: then it need not be there.
fn asks_for_wide_arithmetic() -> bool {
    ["CARGO_ENCODED_RUSTFLAGS", "CARGO_CFG_TARGET_FEATURE"]
        .iter()
        .filter_map(env::var_os)
        .any(|flags| flags.to_string_lossy().contains(FEATURE))
}
