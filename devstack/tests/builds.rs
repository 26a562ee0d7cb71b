//! The two builds hold what they promise: no wide instruction in the portable one, so that it runs everywhere; right
//! products in both. The wide check, built wide, does hold wide instructions: the counting can fail.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tollgate_devstack::edge_program::{self, Build, WideMissing};
use tollgate_devstack::{nested_cargo, viceroy};
use wasmparser::{Operator, Parser, Payload};

#[tokio::test]
async fn the_portable_edge_program_has_no_wide_instruction() -> anyhow::Result<()> {
    let program = edge_program::build(Build::Portable).await?;
    assert_eq!(
        wide_instructions(&std::fs::read(&program)?)?,
        0,
        "{}",
        program.display()
    );
    Ok(())
}

#[tokio::test]
async fn the_portable_build_multiplies_rightly() -> anyhow::Result<()> {
    let check = wide_check(Build::Portable).await?;
    assert_eq!(wide_instructions(&std::fs::read(&check)?)?, 0);
    run(&check).await
}

#[tokio::test]
async fn the_wide_build_multiplies_rightly_with_wide_instructions() -> anyhow::Result<()> {
    let check = match wide_check(Build::Wide).await {
        Ok(check) => check,
        Err(error) => {
            let Some(missing) = error.downcast_ref::<WideMissing>() else {
                return Err(error);
            };
            // Straight to the terminal: the test runner keeps what a passing test prints, and this must be seen.
            writeln!(std::io::stderr(), "wide build not tested: {missing}")?;
            return Ok(());
        }
    };
    let count = wide_instructions(&std::fs::read(&check)?)?;
    assert!(count > 0, "the wide build multiplies no wider than the portable one");
    run(&check).await
}

/// The guard in `build.rs`, for flags that come by another way than `TOLLGATE_BUILD`: the real file, in a package of
/// nothing else, so that this does not build the gateway a third time.
#[test]
fn the_pinned_compiler_refuses_wide_arithmetic() {
    let repository = nested_cargo::repository().expect("the repository");
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guarded");
    let manifest = format!(
        "[package]\nname = \"guarded\"\nedition = \"2024\"\nbuild = {:?}\n\
         [build-dependencies]\nversion_check = \"0.9\"\n[workspace]\n",
        repository.join("build.rs")
    );
    std::fs::create_dir_all(package.join("src")).expect("a folder");
    std::fs::write(package.join("Cargo.toml"), manifest).expect("the manifest");
    std::fs::write(package.join("src/lib.rs"), "").expect("the library");

    let check = |flags: &str| {
        let mut cargo = nested_cargo::command("cargo", &repository);
        cargo.args([
            "check",
            "--offline",
            "--target",
            edge_program::TARGET,
            "--manifest-path",
        ]);
        cargo
            .arg(package.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(package.join("target"))
            .env("RUSTFLAGS", flags);
        cargo.output().expect("cargo runs")
    };
    let plain = check("");
    assert!(plain.status.success(), "{}", String::from_utf8_lossy(&plain.stderr));
    let wide = check("-C target-feature=+wide-arithmetic");
    let complaint = String::from_utf8_lossy(&wide.stderr);
    assert!(
        !wide.status.success() && complaint.contains("needs Rust 1.99.0 or newer"),
        "{complaint}"
    );
}

async fn wide_check(build: Build) -> anyhow::Result<PathBuf> {
    edge_program::build_program(build, "tollgate-wide-check", "wide-check").await
}

/// Runs a plain WebAssembly program once, on the runtime that serves the gateway.
async fn run(program: &Path) -> anyhow::Result<()> {
    let run = Command::new(viceroy::installed().await?)
        .arg("run")
        .arg(program)
        .output()?;
    let (said, complained) = (
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr),
    );
    assert!(run.status.success(), "{}\n{said}{complained}", run.status);
    assert!(
        said.contains("right checked_mul(3, 4)") && !said.contains("WRONG"),
        "{said}"
    );
    Ok(())
}

fn wide_instructions(wasm: &[u8]) -> wasmparser::Result<usize> {
    let mut count = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::CodeSectionEntry(body) = payload? else {
            continue;
        };
        for operator in body.get_operators_reader()? {
            count += usize::from(is_wide(&operator?));
        }
    }
    Ok(count)
}

const fn is_wide(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::I64Add128 | Operator::I64Sub128 | Operator::I64MulWideS | Operator::I64MulWideU
    )
}

#[test]
fn every_wide_instruction_is_counted() {
    // The opcodes of the wide-arithmetic proposal: 0xFC and 19, 20, 21, 22. This function has each of them once.
    let body = [0x00, 0xfc, 19, 0xfc, 20, 0xfc, 21, 0xfc, 22, 0x0b];
    let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0".to_vec();
    module.extend([0x0a, body.len() as u8 + 2, 1, body.len() as u8]);
    module.extend(body);
    assert_eq!(wide_instructions(&module).expect("WebAssembly"), 4);
}
