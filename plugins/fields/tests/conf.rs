//! Confs that are refused, with their place; and that the schemas and the reader agree.
#![allow(clippy::unwrap_used, reason = "tests")]

use portcullis_fields::{Comparator, Conf, Fields, Json, Problem, SCHEMA, SCHEMA_WITH_REFERENCES, Scope, limits};

fn problem(conf: &str, scope: Scope) -> Option<Problem> {
    Fields::new(&Conf::read(conf).unwrap(), scope).err()
}

fn place(conf: &str) -> Option<String> {
    problem(conf, Scope::Document).map(|problem| problem.path)
}

fn one(field: &str) -> String {
    format!(r#"{{"fields":[{{"field":"a","comparator":"exists"}},{field}]}}"#)
}

#[test]
fn the_place_of_a_mistake_is_named() {
    for (conf, path) in [
        ("null", ""),
        ("[]", ""),
        ("{}", "/fields"),
        (r#"{"fields":{}}"#, "/fields"),
        (r#"{"fields":[]}"#, "/fields"),
        (r#"{"fields":[{"field":"a","comparator":"exists"}],"a/b":1}"#, "/a~1b"),
        (r#"{"fields":[1]}"#, "/fields/0"),
    ] {
        assert_eq!(place(conf).as_deref(), Some(path), "{conf}");
    }
    for (field, path) in [
        (r#"{"comparator":"exists"}"#, "/field"),
        (r#"{"field":"a..b","comparator":"exists"}"#, "/field"),
        (r#"{"field":1,"comparator":"exists"}"#, "/field"),
        (r#"{"field":"a"}"#, "/comparator"),
        (r#"{"field":"a","comparator":"is"}"#, "/comparator"),
        (r#"{"field":"a","comparator":"equals"}"#, "/value"),
        (r#"{"field":"a","comparator":"equals","values":1}"#, "/values"),
        (r#"{"field":"a","comparator":"equals","value":1,"value_from":"b"}"#, "/value_from"),
        (r#"{"field":"a","comparator":"equals","value_from":""}"#, "/value_from"),
        (r#"{"field":"a","comparator":"matches","value_from":"b"}"#, "/value_from"),
        (r#"{"field":"a","comparator":"exists","value_from":"b"}"#, "/value_from"),
    ] {
        assert_eq!(place(&one(field)).as_deref(), Some(format!("/fields/1{path}").as_str()), "{field}");
    }
}

#[test]
fn values_that_cannot_mean_anything_are_refused() {
    for (comparator, values) in [
        ("equals", &["null", "{}", "[[]]", "[null]", r#""a\\""#, r#""\\a""#][..]),
        ("not_equals", &["null", "{}"]),
        ("contains", &["null", "[]", r#"["a"]"#, r#""""#]),
        ("not_contains", &["[]", r#""""#]),
        ("contains_all", &["[]", r#""a""#, r#"[""]"#, "[null]"]),
        ("contains_any", &["[]", "1", r#"["a",""]"#]),
        ("exists", &["1", r#""true""#, "null"]),
        ("matches", &["1", r#""(""#, r#""a)|(b""#, r#""(?:a{1000}){1000}""#, r#""(?x)a # b""#]),
        ("greater", &[r#""1""#, "null", "[1]"]),
        ("less", &[r#""1""#, "true"]),
        ("starts_with", &["1", r#""""#, r#"["a"]"#]),
        ("ends_with", &["1", r#""""#]),
        ("in_cidr", &["1", "[]", r#""10.0.0.1/8""#, r#"["10.0.0.0/8","x"]"#]),
        ("before", &["true", r#""2025-11-21""#, r#""noon""#]),
        ("after", &["null", r#""08:00""#, "1e300"]),
    ] {
        for value in values {
            let field = format!(r#"{{"field":"a","comparator":"{comparator}","value":{value}}}"#);
            assert_eq!(place(&one(&field)).as_deref(), Some("/fields/1/value"), "{field}");
        }
    }
}

#[test]
fn references_belong_to_the_whole_document() {
    let conf = r#"{"fields":[{"field":"a","comparator":"equals","value_from":"b"}]}"#;
    assert_eq!(problem(conf, Scope::Document), None);
    for scope in [Scope::Member("authn_ctx"), Scope::Headers] {
        assert_eq!(problem(conf, scope).unwrap().path, "/fields/0/value_from");
    }
}

#[test]
fn limits_hold() {
    let fields =
        |count| format!(r#"{{"fields":[{}]}}"#, vec![r#"{"field":"a","comparator":"exists"}"#; count].join(","));
    assert_eq!(place(&fields(limits::MAX_FIELDS)), None);
    assert_eq!(place(&fields(limits::MAX_FIELDS + 1)).as_deref(), Some("/fields"));
    let text = |length| one(&format!(r#"{{"field":"a","comparator":"equals","value":"{}"}}"#, "x".repeat(length)));
    assert_eq!(place(&text(limits::MAX_TEXT)), None);
    assert_eq!(place(&text(limits::MAX_TEXT + 1)).as_deref(), Some("/fields/1/value"));
    let list =
        |length| one(&format!(r#"{{"field":"a","comparator":"equals","value":[{}]}}"#, vec!["1"; length].join(",")));
    assert_eq!(place(&list(limits::MAX_LIST)), None);
    assert_eq!(place(&list(limits::MAX_LIST + 1)).as_deref(), Some("/fields/1/value"));
}

#[test]
fn the_schemas_differ_by_value_from_only() {
    let plain = serde_json::from_str::<serde_json::Value>(SCHEMA).unwrap();
    let mut with_references = serde_json::from_str::<serde_json::Value>(SCHEMA_WITH_REFERENCES).unwrap();
    let field = with_references.pointer_mut("/properties/fields/items/properties").unwrap().as_object_mut().unwrap();
    assert!(field.remove("value_from").is_some());
    assert_eq!(plain, with_references);
}

#[test]
fn the_schema_names_every_comparator() {
    let schema = Json::read(SCHEMA).unwrap();
    let names = schema.get("properties.fields.items.properties.comparator.enum").and_then(Json::as_array).unwrap();
    let names: Vec<&str> = names.iter().filter_map(Json::as_str).collect();
    assert_eq!(names, Comparator::ALL.map(Comparator::as_str));
}
