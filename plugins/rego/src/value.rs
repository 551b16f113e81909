//! The input document as the engine's value.

use std::collections::BTreeMap;

use portcullis_sdk::{Json, Number};
use regorus::Value;

/// The same value. Whole numbers stay exact.
pub(crate) fn of(json: &Json<'_>) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::from(*value),
        Json::Number(Number::Signed(value)) => Value::from(*value),
        Json::Number(Number::Unsigned(value)) => Value::from(*value),
        Json::Number(Number::Float(value)) => Value::from(*value),
        Json::String(text) => Value::from(text.as_ref()),
        Json::Array(elements) => Value::from(elements.iter().map(of).collect::<Vec<_>>()),
        // Of a name that occurs twice the last value counts, as everywhere.
        Json::Object(members) => {
            let member =
                |(name, value): &(std::borrow::Cow<'_, str>, Json<'_>)| (Value::from(name.as_ref()), of(value));
            Value::from(members.iter().map(member).collect::<BTreeMap<_, _>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_survives() {
        let text = r#"{"a":[null,true,-1,18446744073709551615,1.5,"x"],"b":{"c":{}},"b":{}}"#;
        let value = of(&Json::read(text).unwrap());
        let read = r#"{"a":[null,true,-1,18446744073709551615,1.5,"x"],"b":{}}"#;
        assert_eq!(value, Value::from_json_str(read).unwrap());
    }
}
