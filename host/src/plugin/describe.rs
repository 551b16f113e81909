//! What a component says about itself, and the schema that its configurations are checked against.
//!
//! Asked once per component. Knows nothing of wasmtime.

use serde_json::Value;

use super::{Kind, bindings::types};
use crate::{
    decision::ComponentId,
    schema::{Bounds, Schema},
};

/// What the schema of configurations may be. How long it is, is bounded where components are asked.
const BOUNDS: Bounds = Bounds { bytes: usize::MAX, patterns: 64, references: true };
/// Problems told about one configuration. The author of a policy fixes a few at a time.
const PROBLEMS: usize = 20;

/// What a component says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Exactly which component this is.
    pub component: ComponentId,
    /// What it does.
    pub kind: Kind,
    /// The name it gives itself. Policies use the name it was installed under.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// One or two sentences for the author of a policy.
    pub help: String,
    /// JSON Schema (2020-12) of one `conf`, as text.
    pub conf_schema: String,
}

/// [`About`] with its schema ready for use.
pub(super) struct Described {
    /// What the component said.
    pub(super) about: About,
    schema: Result<Schema, String>,
}

impl Described {
    /// Takes what the component said and compiles its schema, which may take a while.
    pub(super) fn new(component: ComponentId, kind: Kind, said: types::About) -> Described {
        let types::About { name, version, help, conf_schema } = said;
        let schema = schema(&conf_schema);
        Described { about: About { component, kind, name, version, help, conf_schema }, schema }
    }

    /// Why no configuration can be checked, if so.
    pub(super) fn fault(&self) -> Option<&str> {
        self.schema.as_ref().err().map(String::as_str)
    }

    /// What is wrong with `conf`: JSON Pointers into it, each with a sentence.
    pub(super) fn problems(&self, conf: &str) -> Vec<(String, String)> {
        let whole = |message: String| vec![(String::new(), message)];
        match (&self.schema, serde_json::from_str::<Value>(conf)) {
            (Err(why), _) => whole(format!("the component's own schema is broken: {why}")),
            (Ok(_), Err(error)) => whole(format!("not JSON: {error}")),
            (Ok(schema), Ok(value)) => schema.misfits(&value, conf.len(), PROBLEMS),
        }
    }
}

/// Reads the schema of a component's configurations, or says what is wrong with it.
pub(super) fn schema(text: &str) -> Result<Schema, String> {
    Schema::read(text, BOUNDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(schema: &str) -> Described {
        let text = |text: &str| text.to_owned();
        let said = types::About { name: text("x"), version: text("1"), help: text(""), conf_schema: text(schema) };
        Described::new(ComponentId { name: text("x"), digest: text("00") }, Kind::Validator, said)
    }

    #[test]
    fn problems_name_their_place() {
        let described = described(r#"{"properties":{"fields":{"items":{"required":["field"]}}}}"#);
        assert_eq!(described.problems(r#"{"fields":[{"field":"a"}]}"#), []);
        let problems = described.problems(r#"{"fields":[{"field":"a"},{}]}"#);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].0, "/fields/1");
        assert_eq!(described.problems("{").len(), 1);
    }

    #[test]
    fn a_broken_schema_is_a_problem_not_a_pass() {
        assert_eq!(described("{").problems("{}").len(), 1);
        assert_eq!(described(r#"{"type": 7}"#).problems("{}").len(), 1);
        assert_eq!(described(r#"{"$ref":"https://example.org/x"}"#).problems("{}").len(), 1);
    }
}
