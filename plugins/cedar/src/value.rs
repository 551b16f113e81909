//! JSON as Cedar has it, where no schema says what a value is.
//!
//! Cedar has neither null nor floating point numbers. A null is left out, as if the member were not there. A number with
//! a fraction becomes a `decimal` when four digits are enough for it, and is left out otherwise; so is a whole number
//! that does not fit into 64 bits. A policy that reads what was left out cannot be evaluated, which is a deny.

use cedar_policy::RestrictedExpression;
use portcullis_sdk::{Json, Number};

/// The same value, if Cedar can express it.
pub(crate) fn of(json: &Json<'_>) -> Option<RestrictedExpression> {
    match json {
        Json::Null => None,
        Json::Bool(value) => Some(RestrictedExpression::new_bool(*value)),
        Json::Number(number) => of_number(*number),
        Json::String(text) => Some(RestrictedExpression::new_string(text.clone().into_owned())),
        Json::Array(elements) => Some(RestrictedExpression::new_set(elements.iter().filter_map(of))),
        Json::Object(_) => RestrictedExpression::new_record(members(json)).ok(),
    }
}

/// The members of an object that Cedar can express, each once.
pub(crate) fn members(json: &Json<'_>) -> Vec<(String, RestrictedExpression)> {
    let Json::Object(members) = json else { return Vec::new() };
    let counts = |place: usize, name: &str| members.iter().skip(place + 1).all(|(later, _)| later != name);
    let kept = members.iter().enumerate().filter(|(place, (name, _))| counts(*place, name));
    kept.filter_map(|(_, (name, value))| Some((name.clone().into_owned(), of(value)?))).collect()
}

/// A number with a fraction as `decimal` writes it: with one to four digits after the point.
pub(crate) fn decimal(number: f64) -> Option<String> {
    let text = format!("{number:.4}");
    (text.parse() == Ok(number)).then_some(text)
}

fn of_number(number: Number) -> Option<RestrictedExpression> {
    match number.as_integer() {
        Some(whole) => i64::try_from(whole).ok().map(RestrictedExpression::new_long),
        None => decimal(number.as_f64()).map(RestrictedExpression::new_decimal),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use cedar_policy::{Entity, EntityUid};
    use serde_json::{Value, json};

    use super::*;

    /// The value of an attribute, as Cedar writes it.
    fn told(json: &str) -> Value {
        let Some(value) = of(&Json::read(json).unwrap()) else { return Value::Null };
        let uid: EntityUid = r#"A::"a""#.parse().unwrap();
        let entity = Entity::new(uid, HashMap::from([("x".to_owned(), value)]), HashSet::new()).unwrap();
        entity.to_json_value().unwrap()["attrs"]["x"].take()
    }

    #[test]
    fn what_cedar_cannot_express_is_left_out() {
        for json in ["null", "18446744073709551615", "0.00001"] {
            assert_eq!(told(json), Value::Null, "{json}");
        }
        assert_eq!(told("1.5"), json!({ "__extn": { "fn": "decimal", "arg": "1.5000" } }));
        assert_eq!(told("[1,null,true]").as_array().unwrap().len(), 2);
        assert_eq!(told(r#"{"a":null,"b":1,"b":2}"#), json!({ "b": 2 }));
    }
}
