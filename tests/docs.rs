//! What the documents say, checked against what the code does, so that they can't fall behind.

#![expect(clippy::panic, reason = "tests")]

#[expect(dead_code, reason = "what is done to a service is for those who do it")]
mod faults;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
};

use tollgate::policy::{
    compile::{compile_text, presets::PRESETS},
    schema::{json_schema, reference},
};
use tollgate_devstack::world::{WorldOptions, emit};

type TestResult = Result<(), Box<dyn std::error::Error>>;

fn text(path: &str) -> String {
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&whole).unwrap_or_else(|why| panic!("{path}: {why}"))
}

/// Status and code of each refusal in the source, where they are written as `client(401, "token-expired", …)`.
fn codes_in_source() -> BTreeMap<String, String> {
    let source = [text("src/rejection.rs"), text("src/rejection/token.rs")].concat();
    let mut codes = BTreeMap::new();
    for call in source.split("client(").chain(source.split("ours(")).skip(1) {
        let mut words = call.split(',').map(str::trim);
        let (Some(status), Some(code)) = (words.next(), words.next()) else {
            continue;
        };
        if let Some(code) = code.strip_prefix('"').and_then(|code| code.strip_suffix('"'))
            && status.parse::<u16>().is_ok()
        {
            codes.insert(code.to_owned(), status.to_owned());
        }
    }
    codes
}

/// Rows of the first table whose header begins with `header`, as cells.
fn table(document: &str, header: &str) -> Vec<Vec<String>> {
    let rows = document.lines().skip_while(|line| !line.starts_with(header)).skip(2);
    let cells = |row: &str| {
        row.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().replace('`', ""))
            .collect()
    };
    rows.take_while(|line| line.starts_with('|')).map(cells).collect()
}

#[test]
fn every_code_is_in_the_reference_and_no_other() {
    let documented: BTreeMap<String, String> = table(&text("docs/refusals.md"), "| status | code")
        .into_iter()
        .map(|row| (row[1].clone(), row[0].clone()))
        .collect();
    let found = codes_in_source();
    assert!(found.len() > 20, "the source was read: {found:?}");
    assert_eq!(documented, found);
}

#[test]
fn every_reason_is_in_the_reference_and_no_other() {
    let documented: Vec<String> = table(&text("docs/refusals.md"), "| reason")
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    let source = text("src/request/ambiguity.rs");
    let found: Vec<String> = source
        .lines()
        .filter_map(|line| {
            line.trim()
                .strip_prefix("Self::")?
                .split_once("=> \"")?
                .1
                .strip_suffix("\",")
                .map(str::to_owned)
        })
        .collect();
    assert_eq!(documented, found);
}

/// Compares a file with what the types say; writes it anew where that is asked for.
fn is_as_generated(path: &str, generated: &str) -> TestResult {
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if env::var_os("TOLLGATE_WRITE_BOOKS").is_some() {
        fs::write(whole, generated)?;
        return Ok(());
    }
    let help = "src/policy/source says otherwise; write it anew: TOLLGATE_WRITE_BOOKS=1 cargo test --test docs";
    assert!(
        fs::read_to_string(whole).unwrap_or_default() == generated,
        "{path} is not as generated; {help}"
    );
    Ok(())
}

#[test]
fn the_reference_of_the_policy_is_that_of_the_types() -> TestResult {
    let (begin, end) = ("<!-- reference -->", "<!-- end of reference -->");
    let document = text("docs/policy.md");
    let (before, rest) = document.split_once(begin).ok_or("no place for the reference")?;
    let (_, after) = rest.split_once(end).ok_or("no end of the reference")?;
    is_as_generated(
        "docs/policy.md",
        &format!("{before}{begin}\n\n{}{end}{after}", reference()),
    )
}

#[test]
fn the_schema_on_file_is_that_of_the_types() -> TestResult {
    is_as_generated("tollgate.schema.json", &format!("{:#}\n", json_schema()))
}

#[test]
fn policies_in_documents_and_examples_compile() {
    for path in ["README.md", "docs/policy.md", "examples/demo.toml"] {
        let document = text(path);
        let policy = match document.split_once("```toml\n") {
            Some((_, rest)) => rest.split("```").next().unwrap_or_default().to_owned(),
            None => document,
        };
        compile_text(&policy).unwrap_or_else(|problems| panic!("{path}: {problems:?}"));
    }
}

#[test]
fn every_preset_is_in_the_reference_and_no_other() {
    let documented: Vec<String> = table(&text("docs/policy.md"), "| preset")
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    assert_eq!(documented, PRESETS.map(|preset| preset.name));
}

/// What the chapter on issuers shows, put together, is one policy.
#[test]
fn what_is_shown_of_issuers_compiles() {
    let document = text("docs/policy.md");
    let chapter = document
        .split("\n## ")
        .find(|part| part.starts_with("Issuers and credentials"));
    let shown: Vec<&str> = chapter
        .unwrap_or_default()
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(shown.len() >= 5, "the chapter was read");
    let policy = format!(
        "[gateway]\nhosts = [\"api.example.com\"]\n[services.orders]\nurl = \"https://orders.example.com\"\n\
         invoker = \"edge@my-project.iam.gserviceaccount.com\"\n{}",
        shown.concat()
    );
    compile_text(&policy).unwrap_or_else(|problems| panic!("{problems:?}"));
}

/// `fastly compute serve` reads these files from a clone.
#[test]
fn the_local_stores_are_those_of_the_demo() -> TestResult {
    let keys = BTreeMap::from([("okta".to_owned(), text("examples/local/jwks.json"))]);
    let folder = tempfile::tempdir()?;
    emit(
        &WorldOptions {
            keys,
            ..WorldOptions::new(text("examples/demo.toml"))
        },
        folder.path(),
    )?;
    for file in ["tollgate.json", "tollgate_keys.json"] {
        let entries = |text: String| -> Result<BTreeMap<String, String>, serde_json::Error> {
            let mut entries: BTreeMap<String, String> = serde_json::from_str(&text)?;
            // The index and each key say when they were fetched.
            for value in entries.values_mut().filter(|value| value.contains("\"fetched_at\"")) {
                let mut told: serde_json::Map<String, serde_json::Value> = serde_json::from_str(value)?;
                told.remove("fetched_at");
                *value = serde_json::to_string(&told)?;
            }
            Ok(entries)
        };
        let written = entries(fs::read_to_string(folder.path().join(file))?)?;
        let help = "write them anew: tollgate serve --policy examples/demo.toml --keys okta=examples/local/jwks.json --emit DIR";
        assert_eq!(
            entries(text(&format!("examples/local/{file}")))?,
            written,
            "{file} is not of the demo's policy; {help}"
        );
    }
    Ok(())
}

#[test]
fn every_test_that_a_failure_mode_names_is_there() -> TestResult {
    let mut sources = String::new();
    for folder in [
        "tests/conversations",
        "tests/edge",
        "src/policy/rule",
        "src/identity/binding/tests",
        "src/identity/api_keys",
        "src/identity/introspected",
        "src/identity/introspection/tests",
        "src/identity/revoked",
    ] {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))? {
            sources.push_str(&fs::read_to_string(entry?.path()).unwrap_or_default());
        }
    }
    let rows = table(&text("docs/failure-modes.md"), "| what fails");
    assert!(rows.len() > 15, "the table was read");
    for row in rows {
        let named = row.last().map(String::as_str).unwrap_or_default();
        assert!(!named.is_empty(), "no test, and no reason why: {row:?}");
        for test in named.split(", ").filter(|test| !test.starts_with("none")) {
            assert!(
                sources.contains(&format!("fn {test}()")),
                "docs/failure-modes.md names {test}, which is not there"
            );
        }
    }
    Ok(())
}

/// `tests/edge/faults.rs` runs the rows.
#[test]
fn the_table_of_faults_is_on_the_page() -> TestResult {
    let names: BTreeSet<&str> = faults::rows().map(|row| row.name).collect();
    assert!(names.len() >= 30, "the rows were read");
    assert_eq!(names.len(), faults::rows().count(), "each row has a name of its own");
    let document = text("docs/failure-modes.md");
    let generated = faults::page::with_page(&document, &faults::page::page(faults::rows()));
    let help = "the rows say otherwise; write it anew: TOLLGATE_WRITE_BOOKS=1 cargo test --test edge each_fault_has_its_outcome";
    assert!(
        generated.ok_or("no place for the table")? == document,
        "docs/failure-modes.md is not as generated; {help}"
    );
    Ok(())
}
