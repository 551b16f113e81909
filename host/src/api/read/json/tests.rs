//! What the strict reader takes and refuses, and how it names what is wrong.

use serde::Deserialize;
use serde_json::json;

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Door {
    name: String,
    #[serde(default)]
    width: Option<i16>,
    #[serde(default)]
    locks: Vec<Lock>,
    #[serde(default)]
    extra: Map<String, Value>,
    #[serde(default)]
    any: Value,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Lock {
    kind: Kind,
    #[serde(default)]
    pins: (u8, u8),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Plain,
    Coded,
}

fn door(text: &str) -> Result<Door, Problem> {
    from_json(text.as_bytes())
}

#[track_caller]
fn wrong(text: &str, member: &str, reason: &str) {
    let problem = door(text).unwrap_err();
    assert_eq!(problem.member, member, "{text}: {problem}");
    assert!(problem.reason.contains(reason), "{text}: {problem}");
}

#[test]
fn reads_everything_that_a_struct_can_hold() {
    let text = r#"{"any":[null,{"a":-1}],"name":"Tür","width":-5,"extra":{"z":1.5,"a":[true]},
        "locks":[{"kind":"plain","pins":[1,2]},{"kind":"coded","more":{"ignored":1}}]}"#;
    let door = door(text).unwrap();
    assert_eq!((door.name.as_str(), door.width), ("Tür", Some(-5)));
    assert_eq!(door.any, json!([null, { "a": -1 }]));
    assert_eq!(Value::Object(door.extra.clone()), json!({ "z": 1.5, "a": [true] }));
    assert_eq!(door.extra.keys().collect::<Vec<_>>(), ["z", "a"], "in the order they were sent");
    let locks = [Lock { kind: Kind::Plain, pins: (1, 2) }, Lock { kind: Kind::Coded, pins: (0, 0) }];
    assert_eq!(door.locks, locks);
}

#[test]
fn reads_values_as_serde_json_does() {
    for text in [
        "null",
        "true",
        "0",
        "-0",
        "-0.0",
        "1e3",
        "18446744073709551615",
        "-9223372036854775808",
        "1e-400",
        "18446744073709551616",
        r#""\u00e4\n""#,
        "[]",
        "{}",
        r#"[{"a":[{}]},"",[[]]]"#,
        " [1 , 2 ] ",
        "12345.678901234567",
    ] {
        let expected: Value = serde_json::from_str(text).unwrap();
        assert_eq!(value(text.as_bytes()), Ok(expected.clone()), "{text}");
        assert_eq!(from_json(text.as_bytes()), Ok(expected), "{text}");
    }
}

#[test]
fn a_missing_or_unknown_member_is_named_itself() {
    wrong("{}", "/name", "`name` is required");
    wrong(r#"{"name":"x","nam":1}"#, "/nam", "`nam` is not one of name, width");
    wrong(r#"{"name":"x","locks":[{"kind":"plain"},{"kin":"plain"}]}"#, "/locks/1/kind", "is required");
    wrong(r#"{"name":"x","a/b~c":1}"#, "/a~1b~0c", "is not one of");
}

#[test]
fn a_wrong_value_is_named() {
    wrong(r#"{"name":1}"#, "/name", "expected a string");
    wrong(r#"{"name":"x","width":40000}"#, "/width", "40000");
    wrong(r#"{"name":"x","locks":[{"kind":"secret"}]}"#, "/locks/0/kind", "`secret` is not one of plain, coded");
    wrong(r#"{"name":"x","locks":[{"kind":7}]}"#, "/locks/0/kind", "must be a text");
    wrong(r#"{"name":"x","locks":[{"kind":"plain","pins":[1,2,3]}]}"#, "/locks/0/pins", "3 items instead of 2");
    wrong(r#"{"name":"x","locks":[{"kind":"plain","pins":[1]}]}"#, "/locks/0/pins", "has 1 items");
}

#[test]
fn only_an_object_is_an_object() {
    for text in ["[]", r#"["x"]"#, "null", "1", r#""x""#] {
        wrong(text, "", "must be an object");
    }
    wrong(r#"{"name":"x","locks":[["plain"]]}"#, "/locks/0", "must be an object");
    wrong(r#"{"name":"x","extra":[]}"#, "/extra", "must be an object");
    wrong(r#"{"name":"x","extra":[["a",1]]}"#, "/extra", "must be an object");
    wrong(r#"{"name":"x","locks":{}}"#, "/locks", "expected a sequence");
}

#[test]
fn a_member_given_twice_is_refused_wherever_it_is() {
    let twice = "is given more than once";
    wrong(r#"{"name":"x","name":"x"}"#, "/name", twice);
    wrong(r#"{"name":"x","\u006eame":"y"}"#, "/name", twice);
    wrong(r#"{"name":"x","any":[0,{"a":{"b":1,"c":2,"b":3}}]}"#, "/any/1/a/b", twice);
    wrong(r#"{"name":"x","locks":[{"kind":"plain","ignored":{"":1,"":2}}]}"#, "/locks/0/ignored/", twice);
    assert!(door(r#"{"name":"x","any":[{"a":1},{"a":2},{"A":{"a":3}}]}"#).is_ok());
}

#[test]
fn text_that_is_no_json_is_nobodys_member() {
    wrong("", "", "a JSON body is needed");
    for text in [" ", "{", r#"{"name":"x""#, r#"{"name":"x",}"#, r#"{"name":"x"} {}"#, r#"{"name":nul}"#, "{name:1}"] {
        wrong(text, "", "is not JSON");
    }
    assert!(from_json::<Door>(b"{\"name\":\"\xff\"}").unwrap_err().reason.contains("is not JSON"));
}

#[test]
fn nesting_is_bounded() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(from_json::<Value>(deep(127).as_bytes()).is_ok());
    for levels in [128, 200_000] {
        assert!(from_json::<Value>(deep(levels).as_bytes()).is_err(), "{levels}");
    }
}

#[test]
fn names_of_the_library_are_refused() {
    let text = r#"{"name":"x","any":{"$serde_json::private::RawValue":"{\"a\":1,\"a\":2}"}}"#;
    wrong(text, "/any/$serde_json::private::RawValue", "reserved");
}

#[test]
fn a_value_is_read_like_its_text() {
    let value = json!({ "name": "x", "locks": [{}] });
    assert_eq!(from_value::<Door>(value.clone()).unwrap_err(), door(&value.to_string()).unwrap_err());
    assert_eq!(from_value::<Door>(json!({ "name": "x" })), door(r#"{"name":"x"}"#));
}
