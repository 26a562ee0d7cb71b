//! Progress, on standard error.

use std::io::Write as _;

/// One line. Nobody left to read it is no reason to stop.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "tollgate: {line}");
}
