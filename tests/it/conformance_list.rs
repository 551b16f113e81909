//! `tests/CONFORMANCE.md`: every test that it names is there, its counts are right, and nothing of the plans that must be whole is
//! left over.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The plans of which every module is shown by a test of ours.
const WHOLE: [&str; 3] = ["basic", "config", "dynamic"];
/// What a row says where there is no test, with the reason behind it.
const NOT: &str = "not covered: ";

/// A module of a plan.
struct Module {
    plan: String,
    name: String,
    /// The tests that show the same, or why there is none.
    shown: String,
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn list() -> String {
    fs::read_to_string(repository().join("tests/CONFORMANCE.md")).unwrap()
}

/// The cells of a line of a table.
fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

fn modules() -> Vec<Module> {
    let (mut plan, mut modules) = (String::new(), Vec::new());
    for line in list().lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            plan = heading.split(':').next().unwrap().to_owned();
        }
        if let ["module" | "---", ..] | [_] = cells(line)[..] {
            continue;
        }
        if let ([name, _, shown], false) = (&cells(line)[..], plan.is_empty()) {
            modules.push(Module { plan: plan.clone(), name: (*name).to_owned(), shown: (*shown).to_owned() });
        }
    }
    assert!(modules.len() > 100, "{} modules", modules.len());
    modules
}

#[test]
fn every_test_of_the_list_is_there() {
    let mut missing = BTreeSet::new();
    for module in modules().iter().filter(|module| !module.shown.starts_with(NOT)) {
        let tests: Vec<&str> = module.shown.split(", ").collect();
        assert!(!tests.is_empty(), "{}", module.name);
        for test in tests {
            let (file, function) = test.trim_matches('`').split_once("::").unwrap_or_else(|| panic!("{test}"));
            let text = fs::read_to_string(repository().join(file)).unwrap_or_default();
            if !text.contains(&format!("fn {function}()")) {
                missing.insert(format!("{file}::{function}"));
            }
        }
    }
    assert!(missing.is_empty(), "tests/CONFORMANCE.md names tests that are not there: {missing:#?}");
}

#[test]
fn nothing_of_basic_config_and_dynamic_is_left_over() {
    let modules = modules();
    for plan in WHOLE {
        let of: Vec<&Module> = modules.iter().filter(|module| module.plan == plan).collect();
        let left: Vec<&str> =
            of.iter().filter(|module| module.shown.starts_with(NOT)).map(|module| module.name.as_str()).collect();
        assert!(!of.is_empty() && left.is_empty(), "{plan}: {left:?}");
    }
    for module in &modules {
        let reason = module.shown.strip_prefix(NOT);
        assert!(reason.is_none_or(|reason| reason.len() > 20), "{} is not covered for no reason", module.name);
    }
}

#[test]
fn its_counts_are_right() {
    let mut counted: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for module in modules() {
        let (all, shown) = counted.entry(module.plan).or_default();
        *all += 1;
        *shown += usize::from(!module.shown.starts_with(NOT));
    }
    let list = list();
    for (plan, (all, shown)) in &counted {
        println!("{plan}: {all} modules, {shown} shown, {} not covered", all - shown);
        let line = format!("| {plan} | {all} | {shown} | {} |", all - shown);
        assert!(list.contains(&line), "tests/CONFORMANCE.md does not say: {line}");
    }
}
