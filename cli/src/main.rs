//! The `tollgate` command. Thin: it reads arguments and calls the libraries.

mod compile;
mod serve;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// An identity-aware gateway on Fastly Compute, in front of private Google Cloud Run services.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(compile::Check),
    Compile(compile::Compile),
    Serve(serve::Serve),
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Check(check) => check.run(&mut io::stdout()),
        Command::Compile(compile) => compile.run(&mut io::stdout()),
        Command::Serve(serve) => serve.run(&mut io::stdout()).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Nothing is left to do if even standard error is closed.
            let _ = writeln!(io::stderr(), "error: {why:#}");
            ExitCode::FAILURE
        }
    }
}

/// `NAME=VALUE`, for options that are given once a name.
fn named(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is not NAME=VALUE")),
    }
}
