//! The folder as it is written, locked, and refused where it can not be understood.

use super::*;

fn entries(pairs: &[(&str, &str)]) -> Entries {
    pairs
        .iter()
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn a_folder_that_is_not_there_is_empty_and_is_made_by_who_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b");
    assert_eq!(Stores::at(&path).read::<Entries>(KEYS).unwrap(), Entries::new());
    let locked = Stores::at(&path).lock().unwrap();
    locked.write(KEYS, &entries(&[("b", "2"), ("a", "1")])).unwrap();
    let text = fs::read_to_string(path.join(KEYS)).unwrap();
    assert_eq!(text, "{\n  \"a\": \"1\",\n  \"b\": \"2\"\n}\n", "sorted");
    assert_eq!(
        locked.stores().read::<Entries>(KEYS).unwrap(),
        entries(&[("a", "1"), ("b", "2")])
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for (name, mode) in [("", 0o700), (KEYS, 0o600), (LOCK, 0o600)] {
            let found = fs::metadata(path.join(name)).unwrap().permissions().mode();
            assert_eq!(found & 0o777, mode, "its owner's alone: {name}");
        }
    }
}

#[test]
fn one_command_writes_at_a_time_and_another_waits() {
    let folder = tempfile::tempdir().unwrap();
    let first = Stores::at(folder.path()).lock().unwrap();
    let second = Stores::at(folder.path()).lock_within(Duration::ZERO);
    let why = second.unwrap_err().to_string();
    assert!(why.starts_with("another command writes to "), "{why}");
    let held = thread::spawn(move || {
        thread::sleep(LOCK_RETRY * 4);
        drop(first);
    });
    Stores::at(folder.path()).lock().unwrap();
    held.join().unwrap();
}

#[test]
fn what_can_not_be_understood_is_told_without_its_values() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("no JSON", "{"),
        ("a list", "[\"secret\"]"),
        ("a value that is no text", "{\"a\": {\"file\": \"secret\"}}"),
    ] {
        fs::write(folder.path().join(STATE), text).unwrap();
        let why = Stores::at(folder.path()).read::<Entries>(STATE).unwrap_err();
        let why = format!("{why:#}");
        assert!(
            why.contains("tollgate_state.json is not what") && !why.contains("secret"),
            "{name}: {why}"
        );
    }
}

#[test]
fn a_folder_that_can_not_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let why = Stores::at(&file.join("stores")).lock().unwrap_err().to_string();
    assert!(
        why.starts_with("can't make the folder ") && why.contains("file/stores"),
        "{why}"
    );
}
