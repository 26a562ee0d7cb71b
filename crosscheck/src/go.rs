//! The Go verifier of `examples/verifiers`, built of what Go has on this machine.
//!
//! Promises: nothing is fetched. Where there is no Go, or it does not have the library, that is said; where it has both, what
//! does not compile is a fault of the example.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const FILES: [(&str, &str); 3] = [
    ("go.mod", include_str!("../../examples/verifiers/go/go.mod")),
    ("main.go", include_str!("../../examples/verifiers/go/main.go")),
    ("verify.go", include_str!("../../examples/verifiers/go/verify.go")),
];

/// What came of building it.
pub(crate) enum Built {
    /// The program.
    Program(PathBuf),
    /// Why that can't be done on this machine.
    Not(String),
    /// What the compiler said of it.
    Wrong(String),
}

/// Builds the verifier in a folder of its own within `folder`.
pub(crate) fn built(folder: &Path) -> anyhow::Result<Built> {
    let instead = "or name a program that was built elsewhere with --verifier";
    let folder = folder.join("go");
    fs::create_dir_all(&folder)?;
    for (name, text) in FILES {
        fs::write(folder.join(name), text)?;
    }
    if !go(&folder, &["version"]).is_ok_and(|said| said.status.success()) {
        return Ok(Built::Not(format!(
            "`go` is not on this machine: install Go, {instead}"
        )));
    }
    let listed = go(&folder, &["list", "-deps", "."])?;
    if !listed.status.success() {
        return Ok(Built::Not(format!(
            "Go is here and its library is not ({}): run `go mod tidy` in examples/verifiers/go, {instead}",
            last_line(&listed)
        )));
    }
    let built = go(&folder, &["build", "-o", "check", "."])?;
    if built.status.success() {
        return Ok(Built::Program(folder.join("check")));
    }
    let why = String::from_utf8_lossy(&built.stderr).trim().to_owned();
    Ok(match why.contains("module requires Go") {
        true => Built::Not(format!(
            "this Go is too old ({}): update it, {instead}",
            last_line(&built)
        )),
        false => Built::Wrong(why),
    })
}

/// Go without the network: neither modules nor another version of itself.
fn go(folder: &Path, arguments: &[&str]) -> std::io::Result<Output> {
    let mut command = Command::new("go");
    command.args(arguments).current_dir(folder);
    let offline = [
        ("GOPROXY", "off"),
        ("GOSUMDB", "off"),
        ("GOTOOLCHAIN", "local"),
        ("GOFLAGS", "-mod=mod"),
        ("GOWORK", "off"),
    ];
    command.envs(offline).output()
}

fn last_line(said: &Output) -> String {
    let text = String::from_utf8_lossy(&said.stderr);
    text.lines().last().unwrap_or("no reason given").trim().to_owned()
}
