//! The vectors of one algorithm, whose name is read from standard input. Built for WebAssembly with the flags of the
//! program that is shipped.
//!
//! Promises: one line on standard output with what was judged, as [`tollgate_vectors::Counts`] writes it; or the first
//! difference on standard error, and the exit status 1.

use std::{
    io::{Write, stderr, stdin, stdout},
    process::ExitCode,
};

use tollgate::identity::algorithm::Algorithm;

fn main() -> ExitCode {
    let told = walked().and_then(|line| writeln!(stdout(), "{line}").map_err(|why| why.to_string()));
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Nothing is left to do if even standard error is closed.
            let _ = writeln!(stderr(), "{why}");
            ExitCode::FAILURE
        }
    }
}

fn walked() -> Result<String, String> {
    let mut name = String::new();
    stdin().read_line(&mut name).map_err(|why| why.to_string())?;
    let algorithm = Algorithm::named(name.trim()).ok_or("no such algorithm")?;
    tollgate_vectors::walk(algorithm).map(|counts| counts.to_string())
}
