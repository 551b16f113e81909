//! Helps to test a component natively.

use crate::Json;

/// What is wrong with a conf schema: it is no JSON object, accepts unknown members, or does not describe one.
///
/// ```
/// let schema = r#"{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}"#;
/// assert_eq!(portcullis_sdk::testing::schema_faults(schema), ["/properties/a has no description"]);
/// ```
pub fn schema_faults(schema: &str) -> Vec<String> {
    let mut faults = Vec::new();
    match Json::read(schema) {
        Ok(json @ Json::Object(_)) => visit(&json, "", &mut faults),
        Ok(_) => faults.push("the schema is not an object".to_owned()),
        Err(error) => faults.push(error.to_string()),
    }
    faults
}

fn visit(schema: &Json<'_>, path: &str, faults: &mut Vec<String>) {
    let Json::Object(members) = schema else { return };
    let is_object = schema.member("type").and_then(Json::as_str) == Some("object");
    if is_object && schema.member("additionalProperties").is_none_or(|more| *more == Json::Bool(true)) {
        faults.push(format!("{path} accepts unknown members"));
    }
    for (name, value) in members {
        match (name.as_ref(), value) {
            ("properties", Json::Object(properties)) => {
                for (property, schema) in properties {
                    let path = format!("{path}/properties/{property}");
                    if schema.member("description").is_none() {
                        faults.push(format!("{path} has no description"));
                    }
                    visit(schema, &path, faults);
                }
            }
            ("items" | "additionalProperties", Json::Object(_)) => visit(value, &format!("{path}/{name}"), faults),
            _ => {}
        }
    }
}
