//! AuthZEN's subject, action and resource (§5), and how they become a policy input document. Unknown members are ignored,
//! as the specification asks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::decision::Input;

/// Who or what: type, id, properties.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Entity {
    /// The kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// The name within the kind.
    pub id: String,
    /// Whatever the policy wants to know.
    #[serde(default)]
    pub properties: Map<String, Value>,
}

/// What is to be done.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Action {
    /// The name.
    pub name: String,
    /// Whatever the policy wants to know.
    #[serde(default)]
    pub properties: Map<String, Value>,
}

/// The policy input document of an evaluation.
///
/// The subject's properties and its id as `sub` are the authentication context. An object `contexts` or `request` in the
/// AuthZEN context stands where a gateway would put it; the whole AuthZEN context is under `context`.
pub fn input(subject: Entity, action: Action, resource: Entity, context: Map<String, Value>) -> Input {
    let mut authn_ctx = subject.properties.clone();
    authn_ctx.insert("sub".to_owned(), Value::String(subject.id.clone()));
    let object = |name: &str| context.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    Input {
        authn_ctx,
        contexts: object("contexts"),
        request: object("request"),
        subject: entity(subject),
        action: self::action(action),
        resource: entity(resource),
        context,
        now: 0, // set when the decision is made
    }
}

fn entity(entity: Entity) -> Map<String, Value> {
    let Entity { kind, id, properties } = entity;
    let members = [("type", Value::String(kind)), ("id", Value::String(id)), ("properties", Value::Object(properties))];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn action(action: Action) -> Map<String, Value> {
    let Action { name, properties } = action;
    let members = [("name", Value::String(name)), ("properties", Value::Object(properties))];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
