//! The rules of the house: imports point down, the platform stays at the edge, files are short and say what they are.
//!
//! The layers are read from the table in `docs/architecture.md`, so the document can't say one thing and the code
//! another.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod layers {
    pub(crate) mod imports;
    pub(crate) mod table;
}

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::layers::{
    imports::{code, imports, names_platform},
    table::Table,
};

/// The longest a file in `src/` may be, in lines.
const LINES_MAX: usize = 350;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file under a folder, relative to the repository. What is built or hidden is not ours.
fn rust_files(under: &str) -> Vec<PathBuf> {
    let mut folders = vec![root().join(under)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "{under} has no Rust files");
    files
}

fn read(file: &Path) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

fn table() -> Table {
    Table::parse(&read(Path::new("docs/architecture.md"))).unwrap_or_else(|why| panic!("docs/architecture.md: {why}"))
}

/// The module that a file of `src/` holds, as in `policy::decide`; none for the root and for tests.
fn module(file: &Path) -> Option<String> {
    let mut inner = file.strip_prefix("src").ok()?.with_extension("");
    if inner.ends_with("mod") {
        inner.pop();
    }
    let parts: Vec<String> = inner.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let of_tests = parts.iter().any(|part| part == "tests");
    (!of_tests && parts != ["lib"]).then(|| parts.join("::"))
}

fn report(violations: &[String]) {
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

#[test]
fn every_module_is_in_the_table_and_nothing_else_is() {
    let modules: BTreeSet<String> = rust_files("src").iter().filter_map(|file| module(file)).collect();
    let listed: BTreeSet<String> = table().modules().map(str::to_owned).collect();
    let missing = modules
        .difference(&listed)
        .map(|module| format!("`{module}` is not in the table; give it a row"));
    let gone = listed
        .difference(&modules)
        .map(|module| format!("`{module}` is in the table, but src/ has no such file"));
    report(&missing.chain(gone).collect::<Vec<_>>());
}

#[test]
fn imports_point_down() {
    let table = table();
    let mut violations = Vec::new();
    let mut followed = 0;
    for file in rust_files("src") {
        let Some(module) = module(&file) else { continue };
        for import in imports(&module, &read(&file)) {
            followed += 1;
            violations.extend(
                table
                    .judge(&module, &import)
                    .map(|why| format!("{}: {why}", file.display())),
            );
        }
    }
    assert!(
        followed > 50,
        "so few imports ({followed}) were found that the search must be broken"
    );
    report(&violations);
}

#[test]
fn only_the_edge_names_the_platform() {
    let mut violations = Vec::new();
    for file in rust_files("src") {
        if !file.starts_with("src/edge") && names_platform(&read(&file)) {
            violations.push(format!("{}: names `fastly`; only src/edge/ may", file.display()));
        }
    }
    report(&violations);
}

#[test]
fn every_file_says_what_it_is() {
    let unnamed = rust_files(".")
        .into_iter()
        .filter(|file| !read(file).starts_with("//! "));
    let violations = unnamed.map(|file| {
        format!(
            "{}: does not open with a `//!` line that says what it is",
            file.display()
        )
    });
    report(&violations.collect::<Vec<_>>());
}

#[test]
fn no_file_in_src_is_long() {
    let mut violations = Vec::new();
    for file in rust_files("src") {
        let lines = read(&file).lines().count();
        if lines > LINES_MAX {
            violations.push(format!(
                "{}: has {lines} lines; split it, {LINES_MAX} are enough for one subject",
                file.display()
            ));
        }
    }
    report(&violations);
}

/// The checker on made-up sources: it finds what it should, and nothing else.
#[test]
fn the_checker_can_fail() {
    let table = Table::parse(
        "## Modules\n\n| layer | module | what |\n| --- | --- | --- |\n| 5 | `edge` | a |\n| 4 | `gateway` | b |\n\
         | 1 | `policy::decide` | c |\n| 1 | `policy::site` | d |\n| 1 | `policy` | e |\n| 0 | `time` | f |\n\n## Next\n",
    )
    .unwrap();
    let judged = |module: &str, text: &str| -> Vec<String> {
        imports(module, text)
            .iter()
            .filter_map(|import| table.judge(module, import))
            .collect()
    };
    for (name, module, text) in [
        ("down", "gateway", "use crate::policy::decide::Permit;"),
        (
            "down a row of the same layer",
            "policy::decide",
            "use crate::{policy::site::{Route, Rule}, time};",
        ),
        (
            "own children",
            "policy",
            "pub mod decide;\nuse crate::policy::decide::Permit;",
        ),
        ("oneself", "time", "use crate::time::UnixSeconds;"),
        (
            "through the package's name",
            "edge",
            "fn f() { tollgate::gateway::handle() }",
        ),
        (
            "in a comment",
            "time",
            "// crate::gateway\n//! crate::gateway\n/// [`crate::gateway`]\nstruct A;",
        ),
        (
            "in tests",
            "time",
            "struct A;\n\n#[cfg(test)]\nmod tests {\n    use crate::gateway::handle;\n}\n",
        ),
        ("in a file of tests", "time", "#[cfg(test)]\nmod tests;\n"),
        (
            "a parent's other child further down",
            "policy::decide",
            "use super::site::Route;",
        ),
        ("another word that ends so", "time", "use mycrate::gateway::handle;"),
    ] {
        assert_eq!(judged(module, text), [""; 0], "{name}");
    }
    for (name, module, text, told) in [
        (
            "up",
            "time",
            "use crate::gateway::handle;",
            "`gateway`, which is above it",
        ),
        (
            "up in a group",
            "policy::site",
            "use crate::{time, policy::{self, decide::Permit}};",
            "`policy::decide`",
        ),
        (
            "up in the middle",
            "time",
            "fn f() { crate::gateway::handle() }",
            "`gateway`",
        ),
        ("up by the package's name", "time", "use tollgate::edge;", "`edge`"),
        (
            "up over lines",
            "time",
            "use crate::{\n    gateway::{\n        handle,\n    },\n};",
            "`gateway`",
        ),
        (
            "up through the parent",
            "policy::site",
            "use super::decide::Permit;",
            "`policy::decide`",
        ),
        ("up with spaces", "time", "use crate :: gateway :: handle;", "`gateway`"),
        (
            "up after the tests",
            "time",
            "#[cfg(test)]\nmod tests;\nuse crate::gateway::handle;",
            "`gateway`",
        ),
        (
            "up after tests inline",
            "time",
            "#[cfg(test)]\nmod tests {\n    fn a() {}\n}\nuse crate::gateway;",
            "`gateway`",
        ),
        (
            "nowhere",
            "gateway",
            "use crate::nowhere::A;",
            "`nowhere`, which is no module of the table",
        ),
        ("everything", "gateway", "use crate::*;", "`*`"),
    ] {
        let violations = judged(module, text);
        assert!(
            violations.len() == 1 && violations.concat().contains(told),
            "{name}: {violations:?}"
        );
    }
    assert!(names_platform("use fastly::Request;") && names_platform("fn f() { fastly::init() }"));
    assert!(!names_platform(
        "//! Fastly, or fastly::Request.\nconst A: &str = \"fastly-client\";"
    ));
    assert_eq!(
        code("let a = 1; // b\n/* c */let d = \"// e\";").trim(),
        "let a = 1;\nlet d = \"\";"
    );
}

#[test]
fn the_table_must_be_in_order() {
    let with = |rows: &str| {
        Table::parse(&format!(
            "## Modules\n\n| layer | module |\n| --- | --- |\n{rows}\n## Next\n"
        ))
    };
    assert!(with("| 2 | `a` |\n| 1 | `b` |\n").is_ok());
    for (name, rows) in [
        ("no rows", ""),
        ("a lower layer above", "| 1 | `a` |\n| 2 | `b` |\n"),
        ("twice", "| 1 | `a` |\n| 1 | `a` |\n"),
        ("no number", "| x | `a` |\n"),
        ("no code span", "| 1 | a |\n"),
    ] {
        assert!(with(rows).is_err(), "{name}");
    }
    assert!(Table::parse("# Nothing\n").is_err());
}
