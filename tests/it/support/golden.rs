//! Golden files under tests/golden: text that a reviewer reads, compared with what the server says now.

use std::{fs, path::PathBuf};

/// Compares `text` with `tests/golden/{name}`. With `PORTCULLIS_BLESS=1` the file is rewritten instead.
#[track_caller]
pub fn check(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if std::env::var_os("PORTCULLIS_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, text).unwrap();
        return;
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        golden == text,
        "{} has changed (-: golden, +: now). When that is right, run the test again with PORTCULLIS_BLESS=1.\n{}",
        path.display(),
        difference(&golden, text)
    );
}

/// The lines that only one of the two has, in the order of the files.
fn difference(golden: &str, now: &str) -> String {
    let only = |these: &str, those: &str, mark: char| -> Vec<String> {
        let missing = these.lines().filter(|line| !those.lines().any(|other| other == *line));
        missing.map(|line| format!("{mark} {line}")).collect()
    };
    let mut lines = only(golden, now, '-');
    lines.extend(only(now, golden, '+'));
    match lines.is_empty() {
        true => "the same lines in another order, or other blanks at the end".to_owned(),
        false => lines.join("\n"),
    }
}
