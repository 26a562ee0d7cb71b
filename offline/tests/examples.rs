//! Every policy in `examples/` compiles, and does what its own examples say; and of every kind of credential one passes
//! and one is refused.

use std::{fs, path::Path};

use tollgate::{
    policy::{compile::compile_text, text},
    time::WallClock,
};
use tollgate_offline::Rehearsal;

/// 2026-11-21T08:00:00Z.
const NOW: WallClock = WallClock {
    unix_ms: 1_795_248_000_000,
};

#[test]
fn every_example_does_what_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let policies: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    assert!(policies.len() >= 6, "{policies:?}");
    for path in policies {
        let (name, policy) = (path.display(), fs::read_to_string(&path).unwrap());
        let site = compile_text(&policy);
        assert!(site.is_ok(), "{name}: {:?}", site.err());
        let table = Rehearsal::new(site.unwrap())
            .unwrap()
            .examples(&text::read(&policy).source, NOW);
        let mut told = Vec::new();
        table.write(&mut told).unwrap();
        assert!(table.passed(), "{name}\n{}", String::from_utf8_lossy(&told));
        let refused = table.rows.iter().filter(|row| row.expected.starts_with("refuse "));
        assert!(refused.count() > 0, "{name} shows no refusal");
    }
}

#[test]
fn every_kind_of_credential_is_shown_twice() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/credentials.toml");
    let policy = fs::read_to_string(path).unwrap();
    let site = compile_text(&policy).unwrap();
    let examples = text::read(&policy).source.examples;
    for issuer in site.settings().issuers.keys() {
        let own = examples
            .iter()
            .filter(|example| example.caller.as_ref().is_some_and(|caller| caller.issuer == *issuer));
        let (refused, passed): (Vec<_>, Vec<_>) = own.partition(|example| example.expect.starts_with("refuse "));
        assert!(!passed.is_empty(), "nobody of {issuer} passes");
        assert!(!refused.is_empty(), "nobody of {issuer} is refused");
    }
}
