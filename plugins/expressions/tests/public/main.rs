//! The public suite of the CEL specification: `tests/simple/testdata/*.textproto` of <https://github.com/google/cel-spec>.
//!
//! `PORTCULLIS_CEL_CASES=/path/to/testdata cargo test -p portcullis-expressions --test public -- --nocapture`
//!
//! Without the folder nothing is tested, and the run says so. `allowed.txt` names what may fail, with a reason each; an entry that
//! matches nothing that fails no longer belongs there. What is not ours at all, such as messages of protocol buffers, is
//! counted apart: `outside.txt`.

mod suite;
mod textproto;

use std::{collections::BTreeMap, fs, path::Path};

use suite::{Outcome, Test};

/// The entries of a list: what they match and why.
fn list(text: &'static str) -> Vec<(&'static str, &'static str)> {
    text.lines().filter_map(|line| line.split_once(" : ")).collect()
}

/// The entry that matches a test.
fn listed(list: &[(&'static str, &'static str)], name: &str) -> Option<&'static str> {
    list.iter().map(|(entry, _)| *entry).find(|entry| matches(entry, name))
}

/// `file/section/test`, or the beginning of it before a star.
fn matches(entry: &str, name: &str) -> bool {
    entry.strip_suffix('*').map_or(entry == name, |beginning| name.starts_with(beginning))
}

#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    outside: usize,
}

#[test]
fn the_public_suite_holds() {
    let Some(folder) = std::env::var_os("PORTCULLIS_CEL_CASES") else {
        eprintln!(
            "==== THE PUBLIC CEL SUITE IS NOT RUN: PORTCULLIS_CEL_CASES names no folder with its *.textproto ===="
        );
        return;
    };
    let (allowed, outside) = (list(include_str!("allowed.txt")), list(include_str!("outside.txt")));
    let mut used: BTreeMap<&str, usize> = allowed.iter().chain(&outside).map(|(entry, _)| (*entry, 0)).collect();
    let (mut counts, mut wrong) = (BTreeMap::<String, Counts>::new(), Vec::new());
    let tests = read(Path::new(&folder));
    assert!(!tests.is_empty(), "{} has no *.textproto", Path::new(&folder).display());
    for test in &tests {
        let counts = counts.entry(test.file.clone()).or_default();
        if let Some(entry) = listed(&outside, &test.name) {
            counts.outside += 1;
            *used.entry(entry).or_default() += 1;
            continue;
        }
        match (test.run(), listed(&allowed, &test.name)) {
            (Outcome::Outside, _) => counts.outside += 1,
            (Outcome::Pass, None) => counts.passed += 1,
            (Outcome::Pass, Some(entry)) if entry.ends_with('*') => counts.passed += 1,
            (Outcome::Pass, Some(_)) => {
                wrong.push(format!("{} passes, and is not allowed to fail any more", test.name))
            }
            (Outcome::Fail(_), Some(entry)) => {
                counts.failed += 1;
                *used.entry(entry).or_default() += 1;
            }
            (Outcome::Fail(why), None) => wrong.push(format!("{}: {why}", test.name)),
        }
    }
    for (file, Counts { passed, failed, outside }) in &counts {
        println!("CEL, public suite, {file:16} {passed:4} pass, {failed:3} fail as allowed, {outside:4} outside");
    }
    let sum = |of: fn(&Counts) -> usize| counts.values().map(of).sum::<usize>();
    let (passed, failed, outside) = (sum(|c| c.passed), sum(|c| c.failed), sum(|c| c.outside));
    println!(
        "CEL, public suite: {passed} pass, {failed} fail as allowed, {outside} outside, {} are wrong",
        wrong.len()
    );
    // Of a part of the suite, only what is there can be said.
    let files: Vec<&String> = counts.keys().collect();
    let of_here = |entry: &str| files.iter().any(|file| entry.split('/').next() == Some(file.as_str()));
    let unused = used
        .iter()
        .filter(|(entry, uses)| **uses == 0 && of_here(entry))
        .map(|(entry, _)| format!("{entry} is used by nothing"));
    wrong.extend(unused);
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The tests of all files of a folder.
fn read(folder: &Path) -> Vec<Test> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "textproto"));
    files.sort();
    let tests = |file: &std::path::PathBuf| suite::tests(&textproto::read(&fs::read_to_string(file).unwrap()));
    files.iter().flat_map(tests).collect()
}
