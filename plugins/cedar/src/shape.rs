//! What a schema declares, so that of a request only the declared part is taken.
//!
//! The input document has far more than a policy looks at, and Cedar's records are closed: an undeclared member would make
//! the whole request invalid.

use portcullis_sdk::Json;
use serde_json::{Map, Value};

use crate::value;

/// The declarations of a schema, in their JSON form.
pub(crate) struct Shapes(Value);

/// A declared type, and the namespace its names are looked up in.
#[derive(Clone, Copy)]
pub(crate) struct Shape<'s> {
    shapes: &'s Shapes,
    declared: &'s Value,
    namespace: &'s str,
}

impl Shapes {
    /// Of a schema in its JSON form.
    pub(crate) fn new(schema: Value) -> Shapes {
        Shapes(schema)
    }

    /// What entities of a type look like.
    pub(crate) fn entity<'s>(&'s self, name: &'s str) -> Option<Shape<'s>> {
        let (namespace, base) = name.rsplit_once("::").unwrap_or(("", name));
        let declared = self.0.get(namespace)?.get("entityTypes")?.get(base)?.get("shape")?;
        Some(Shape { shapes: self, declared, namespace })
    }

    /// What the context of an action looks like. `kind` is `Action` with its namespace.
    pub(crate) fn context<'s>(&'s self, kind: &'s str, action: &str) -> Option<Shape<'s>> {
        let (namespace, _) = kind.rsplit_once("::").unwrap_or(("", kind));
        let declared = self.0.get(namespace)?.get("actions")?.get(action)?.get("appliesTo")?.get("context")?;
        Some(Shape { shapes: self, declared, namespace })
    }

    fn common<'s>(&'s self, namespace: &'s str, name: &'s str) -> Option<Shape<'s>> {
        let (own, base) = name.rsplit_once("::").unwrap_or((namespace, name));
        let find = |namespace: &'s str| {
            let declared = self.0.get(namespace)?.get("commonTypes")?.get(base)?;
            Some(Shape { shapes: self, declared, namespace })
        };
        find(own).or_else(|| find(""))
    }
}

impl Shape<'_> {
    /// The declared part of a value, as Cedar's own JSON. `None` is a null.
    pub(crate) fn take(&self, json: &Json<'_>) -> Option<Value> {
        let kind = self.declared.get("type").and_then(Value::as_str).unwrap_or_default();
        let name = self.declared.get("name").and_then(Value::as_str).unwrap_or(kind);
        match (kind, json) {
            ("Record", Json::Object(_)) => Some(Value::Object(self.members(json))),
            ("Set", Json::Array(elements)) => {
                let element = self.declared.get("element").map(|declared| Shape { declared, ..*self });
                let taken =
                    elements.iter().filter_map(|json| element.map_or_else(|| plain(json), |shape| shape.take(json)));
                Some(Value::Array(taken.collect()))
            }
            (_, Json::Number(number)) if number.as_integer().is_none() => {
                // Whether it is a decimal after all is said by the schema.
                value::decimal(number.as_f64()).map(Value::String)
            }
            _ => match self.shapes.common(self.namespace, name) {
                Some(shape) if !std::ptr::eq(shape.declared, self.declared) => shape.take(json),
                _ => plain(json),
            },
        }
    }

    /// The declared members of an object.
    pub(crate) fn members(&self, json: &Json<'_>) -> Map<String, Value> {
        let Some(Value::Object(attributes)) = self.declared.get("attributes") else {
            let name = self.declared.get("name").or_else(|| self.declared.get("type")).and_then(Value::as_str);
            let common = name.and_then(|name| self.shapes.common(self.namespace, name));
            return common.map(|shape| shape.members(json)).unwrap_or_default();
        };
        let taken = attributes
            .iter()
            .filter_map(|(name, declared)| Some((name.clone(), Shape { declared, ..*self }.take(json.member(name)?)?)));
        taken.collect()
    }
}

fn plain(json: &Json<'_>) -> Option<Value> {
    if *json == Json::Null { None } else { serde_json::to_value(json).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(json: &str) -> Value {
        let shapes = Shapes::new(serde_json::json!({ "Shop": {
            "commonTypes": { "Address": { "type": "Record", "attributes": { "zip": { "type": "String" } } } },
            "entityTypes": { "User": { "shape": { "type": "Record", "attributes": {
                "home": { "type": "EntityOrCommon", "name": "Address" },
                "all": { "type": "Set", "element": { "type": "Address" } },
                "limit": { "type": "Extension", "name": "decimal" },
                "age": { "type": "Long" },
            } } } },
            "actions": {},
        } }));
        Value::Object(shapes.entity("Shop::User").unwrap().members(&Json::read(json).unwrap()))
    }

    #[test]
    fn only_what_is_declared_is_taken() {
        let json = r#"{"home":{"zip":"1","x":1},"all":[{"zip":"2","x":1}],"limit":1.5,"age":null,"other":1}"#;
        let expected = serde_json::json!({ "home": { "zip": "1" }, "all": [{ "zip": "2" }], "limit": "1.5000" });
        assert_eq!(taken(json), expected);
    }

    #[test]
    fn a_value_of_another_kind_stays_for_the_schema_to_refuse() {
        assert_eq!(taken(r#"{"home":7,"all":{"zip":1}}"#), serde_json::json!({ "home": 7, "all": { "zip": 1 } }));
    }
}
