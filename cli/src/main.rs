//! The `tollgate` command. Thin: it reads arguments and calls the libraries.

mod apikey;
mod check;
mod compile;
mod coverage;
mod diagnostics;
mod explain;
mod format;
mod keys;
mod moment;
mod revoke;
mod serve;
mod stores;
mod test;

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
    Check(check::Check),
    Compile(compile::Compile),
    Schema(check::Schema),
    Explain(explain::Explain),
    Test(test::Test),
    Serve(serve::Serve),
    Keys(keys::Keys),
    #[command(name = "apikey")]
    ApiKey(apikey::ApiKeys),
    Revoke(revoke::Revoke),
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Check(check) => check.run(&mut io::stdout()),
        Command::Compile(compile) => compile.run(&mut io::stdout()),
        Command::Schema(schema) => schema.run(&mut io::stdout()),
        Command::Explain(explain) => explain.run(&mut io::stdout()),
        Command::Test(test) => match test.run(&mut io::stdout()) {
            Ok(status) => return status,
            Err(why) => Err(why),
        },
        Command::Serve(serve) => serve.run(&mut io::stdout()).await,
        Command::Keys(keys) => match keys.run(&mut io::stdout()).await {
            Ok(status) => return status,
            Err(why) => Err(why),
        },
        Command::ApiKey(keys) => keys.run(&mut io::stdout()),
        Command::Revoke(revoke) => revoke.run(&mut io::stdout()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has seen enough.
        Err(why) if is_broken_pipe(&why) => ExitCode::SUCCESS,
        Err(why) => {
            // Nothing is left to do if even standard error is closed.
            let _ = writeln!(io::stderr(), "error: {why:#}");
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(why: &anyhow::Error) -> bool {
    let causes = why.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes
        .into_iter()
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

/// `NAME=VALUE`, for options that are given once a name.
fn named(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is not NAME=VALUE")),
    }
}
