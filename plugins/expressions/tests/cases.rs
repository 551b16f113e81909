//! Cases written from the CEL specification (doc/langdef.md of google/cel-spec), in `cases.txt`: one a line.
//!
//! `expression => JSON` for a value, `=> error` for an evaluation that fails, `=> refused` for one that is not even read. Those of
//! `allowed.txt` may fail, each for a reason, and have to: one that passes no longer belongs there.

use std::collections::BTreeMap;

use portcullis_expressions::Expression;
use portcullis_fields::Json;

/// What every case sees.
const DOCUMENT: &str = r#"{
    "authn_ctx": {
        "sub": "anna", "level": 7, "ratio": 0.5, "nothing": null, "groups": ["staff", "shop-admin"], "x": "hidden",
        "address": { "country": "CH", "of": { "kind": "home" } }, "big": 18446744073709551615, "odd.name": true,
        "grants": [{ "on": "a", "can": ["read", "write"] }, { "on": "b", "can": ["read"] }]
    },
    "request": { "method": "GET", "headers": { "x-tenant": "t1" } },
    "subject": { "type": "user", "id": "anna" },
    "now": 1763752000
}"#;

struct Case {
    section: String,
    expression: String,
    expected: String,
}

fn cases() -> Vec<Case> {
    let (mut cases, mut section) = (Vec::new(), String::new());
    for line in include_str!("cases.txt").lines().filter(|line| !line.trim().is_empty()) {
        match line.strip_prefix("# ") {
            Some(name) => section = name.to_owned(),
            None => {
                let (expression, expected) = line.rsplit_once(" => ").unwrap_or_else(|| panic!("{line}"));
                let (expression, expected) = (expression.trim().to_owned(), expected.trim().to_owned());
                cases.push(Case { section: section.clone(), expression, expected });
            }
        }
    }
    cases
}

/// What comes of an expression, as it stands in `cases.txt`.
fn found(expression: &str, document: &Json<'_>) -> String {
    match Expression::read(expression) {
        Err(_) => "refused".to_owned(),
        Ok(read) => match read.json(document) {
            Err(_) => "error".to_owned(),
            Ok(None) => "none".to_owned(),
            Ok(Some(value)) => serde_json::to_string(&value).unwrap(),
        },
    }
}

#[test]
fn the_specification_holds() {
    let document = Json::read(DOCUMENT).unwrap();
    let allowed: BTreeMap<&str, &str> =
        include_str!("allowed.txt").lines().filter_map(|line| line.split_once(" : ")).collect();
    let (mut passed, mut failed, mut wrong) = (0, 0, Vec::new());
    for case in cases() {
        let found = found(&case.expression, &document);
        let passes = found == case.expected;
        match (passes, allowed.get(case.expression.as_str())) {
            (true, None) => passed += 1,
            (false, Some(_)) => failed += 1,
            (true, Some(reason)) => wrong.push(format!("{} passes, though {reason}", case.expression)),
            (false, None) => {
                wrong.push(format!("{}: {} => {found}, not {}", case.section, case.expression, case.expected))
            }
        }
    }
    println!("CEL, own cases: {passed} pass, {failed} fail as allowed, {} are wrong", wrong.len());
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(failed, allowed.len(), "a case that may fail is not there");
    assert!(passed >= 80);
}
