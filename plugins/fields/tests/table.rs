//! Reads the table of README.md and tries every cell: every comparator on every JSON type.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use portcullis_fields::{Comparator, Conf, Fields, Json, Scope};

const TYPES: [&str; 7] = ["missing", "null", "boolean", "number", "string", "array", "object"];

/// A row: what README.md calls it, the value of the conf, and values that pass and that do not. The comparable
/// types are those of these samples.
struct Row {
    name: &'static str,
    value: &'static str,
    pass: &'static [&'static str],
    fail: &'static [&'static str],
}

const fn row(
    name: &'static str,
    value: &'static str,
    pass: &'static [&'static str],
    fail: &'static [&'static str],
) -> Row {
    Row { name, value, pass, fail }
}

const ROWS: [Row; 28] = [
    row("`equals` text", r#""a*c""#, &[r#""abc""#, r#""ac""#], &[r#""ab""#, r#""""#, r#""ABC""#]),
    row("`equals` number", "1", &["1", "1.0"], &["2", "1.5", "-1"]),
    row("`equals` boolean", "true", &["true"], &["false"]),
    row("`equals` list", r#"["a",1]"#, &[r#"[1,"a"]"#, r#"["a",1,1]"#], &["[]", r#"["a"]"#, r#"["a",1,null]"#, "[1]"]),
    row("`not_equals` text", r#""a*c""#, &[r#""ab""#], &[r#""abc""#]),
    row("`not_equals` number", "9007199254740993", &["9007199254740992"], &["9007199254740993"]),
    row("`not_equals` boolean", "true", &["false"], &["true"]),
    row("`not_equals` list", r#"["a",1]"#, &["[]", r#"["a"]"#], &[r#"[1,"a"]"#]),
    row(
        "`contains` text",
        r#""b*""#,
        &[r#""abc""#, r#"["a","bc"]"#, r#"[1,"b"]"#],
        &[r#""ac""#, r#"["ab"]"#, "[]", "[[\"b\"]]"],
    ),
    row("`contains` number", "1", &["[0,1.0]"], &["[]", r#"["1"]"#, "[11]"]),
    row("`contains` boolean", "true", &["[true]"], &["[false]", r#"["true"]"#]),
    row("`contains_all` texts", r#"["a","b"]"#, &[r#""cab""#, r#"["b","c","a"]"#], &[r#""ac""#, r#"["a"]"#, "[]"]),
    row("`contains_all` mixed", r#"["a",1]"#, &[r#"[1,"a"]"#], &[r#"["a"]"#, r#"["a","1"]"#]),
    row("`contains_any` texts", r#"["a","b"]"#, &[r#""cb""#, r#"["b","c"]"#], &[r#""c""#, r#"["c"]"#, "[]"]),
    row("`contains_any` mixed", r#"["a",1]"#, &["[1]", r#"["a"]"#], &[r#"["1"]"#, "[]"]),
    row("`not_contains` text", r#""b""#, &[r#""ac""#, r#"["a"]"#, "[]", "[1]"], &[r#""abc""#, r#"["b"]"#]),
    row("`not_contains` number", "1", &["[]", r#"["1"]"#], &["[1]"]),
    row("`not_contains` boolean", "true", &["[false]"], &["[true]"]),
    row("`exists` true", "true", &["false", "0", r#""""#, "[]", "{}"], &[]),
    row("`exists` false", "false", &[], &["true", "0", r#""""#, "[]", "{}"]),
    row("`matches`", r#""a|b+""#, &[r#""a""#, r#""bb""#], &[r#""ab""#, r#""xa""#, r#""a\n""#, r#""""#]),
    row("`greater`", "1", &["2", "1.5"], &["1", "0", "-5"]),
    row("`less`", "1", &["0", "0.5"], &["1", "2"]),
    row("`starts_with`", r#""a*c""#, &[r#""abcd""#], &[r#""xabc""#, r#""ab""#]),
    row("`ends_with`", r#""a*c""#, &[r#""xabc""#], &[r#""abcd""#]),
    row(
        "`in_cidr`",
        r#"["10.0.0.0/8","2001:db8::/32"]"#,
        &[r#""10.1.1.1""#, r#""2001:db8::1""#],
        &[r#""11.0.0.1""#, r#""::1""#],
    ),
    row(
        "`before`",
        r#""2025-11-21T00:00:00Z""#,
        &["1763683199", r#""2025-11-20T23:59:59Z""#],
        &["1763683200", r#""2025-11-21T01:00:00+01:00""#],
    ),
    row(
        "`after`",
        "1763683200",
        &["1763683200.5", r#""2025-11-21T00:00:01Z""#],
        &["1763683200", r#""2025-11-20T00:00:00Z""#],
    ),
];

/// What README.md says about a row, a cell for each of [`TYPES`].
fn documented(name: &str) -> Vec<String> {
    let start = format!("| {name} | missing");
    let absent = format!("| {name} | ✓");
    let line = include_str!("../README.md").lines().find(|line| line.starts_with(&start) || line.starts_with(&absent));
    let line = line.unwrap_or_else(|| panic!("README.md has no row {name}"));
    line.split('|').skip(2).take(TYPES.len()).map(|cell| cell.trim().to_owned()).collect()
}

fn comparator(name: &str) -> &str {
    name.split('`').nth(1).unwrap()
}

/// The code, empty when it passes.
fn answer(row: &Row, actual: Option<&str>) -> &'static str {
    let (comparator, value) = (comparator(row.name), row.value);
    let conf = format!(r#"{{"fields":[{{"field":"f","comparator":"{comparator}","value":{value}}}]}}"#);
    let fields = Fields::new(&Conf::read(&conf).unwrap(), Scope::Document).unwrap();
    let document = actual.map_or("{}".to_owned(), |actual| format!(r#"{{"f":{actual}}}"#));
    fields.check(&Json::read(&document).unwrap()).err().map_or("", |failure| failure.code.as_str())
}

fn samples_of(kind: &str) -> Vec<Option<&'static str>> {
    match kind {
        "missing" => vec![None],
        "null" => vec![Some("null")],
        "boolean" => vec![Some("true"), Some("false")],
        "number" => vec![Some("0"), Some("1"), Some("1.5"), Some("18446744073709551615")],
        "string" => vec![Some(r#""""#), Some(r#""a""#), Some(r#""1""#), Some(r#""true""#)],
        "array" => vec![Some("[]"), Some(r#"["a"]"#), Some("[1]"), Some("[null,[],{}]")],
        _ => vec![Some("{}"), Some(r#"{"a":1}"#)],
    }
}

fn kind_of(sample: &str) -> &'static str {
    match sample.as_bytes()[0] {
        b't' | b'f' => "boolean",
        b'"' => "string",
        b'[' => "array",
        b'{' => "object",
        _ => "number",
    }
}

#[test]
fn the_table_has_every_comparator() {
    let rows: BTreeSet<&str> = ROWS.iter().map(|row| comparator(row.name)).collect();
    assert_eq!(rows, Comparator::ALL.map(Comparator::as_str).into());
}

#[test]
fn every_cell_is_as_documented() {
    for row in &ROWS {
        for (kind, cell) in TYPES.iter().zip(documented(row.name)) {
            let code = cell.strip_prefix("✓ / ");
            for sample in samples_of(kind) {
                let answer = answer(row, sample);
                let place = format!("{} on {kind} {sample:?}", row.name);
                match (cell.as_str(), code) {
                    ("✓", _) => assert_eq!(answer, "", "{place}"),
                    (_, Some(code)) => {
                        assert!(answer.is_empty() || answer == code || answer == "malformed", "{place}: {answer}")
                    }
                    (word, None) => assert_eq!(answer, word, "{place}"),
                }
            }
        }
    }
}

#[test]
fn cells_that_depend_on_the_value_have_both_answers() {
    for row in &ROWS {
        let cells: Vec<(&str, String)> = TYPES.into_iter().zip(documented(row.name)).collect();
        for (kind, cell) in cells.iter().filter(|(_, cell)| cell.starts_with("✓ / ")) {
            let code = cell.trim_start_matches("✓ / ");
            let of_kind = |samples: &[&'static str]| -> Vec<&'static str> {
                samples.iter().copied().filter(|sample| kind_of(sample) == *kind).collect()
            };
            let (pass, fail) = (of_kind(row.pass), of_kind(row.fail));
            assert!(!pass.is_empty() && !fail.is_empty(), "{} has no samples of {kind}", row.name);
            for sample in pass {
                assert_eq!(answer(row, Some(sample)), "", "{} on {sample}", row.name);
            }
            for sample in fail {
                assert_eq!(answer(row, Some(sample)), code, "{} on {sample}", row.name);
            }
        }
    }
}

#[test]
fn samples_never_touch_types_that_cannot_be_compared() {
    for row in &ROWS {
        let cells = documented(row.name);
        for sample in row.pass.iter().chain(row.fail) {
            let at = TYPES.iter().position(|kind| *kind == kind_of(sample)).unwrap();
            assert_ne!(cells[at], "type_mismatch", "{} on {sample}", row.name);
        }
    }
}

#[test]
fn unreadable_addresses_and_times_are_malformed() {
    for row in ROWS.iter().filter(|row| ["in_cidr", "before", "after"].contains(&comparator(row.name))) {
        for sample in [r#""""#, r#""yesterday""#, r#""10.0.0.1:80""#, r#""2025-11-21""#, r#""08:00Z""#] {
            assert_eq!(answer(row, Some(sample)), "malformed", "{} on {sample}", row.name);
        }
    }
    let after = ROWS.iter().find(|row| row.name == "`after`").unwrap();
    assert_eq!(answer(after, Some("1e300")), "malformed");
}
