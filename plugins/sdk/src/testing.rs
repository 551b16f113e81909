//! Helps to test a component natively: ask it as the host does, without a host.
//!
//! ```
//! use portcullis_sdk::testing::{input, json};
//!
//! let asked = input().authn_ctx("sub", "ann").header("x-key", "abc").now(1_763_752_000).with("resource.id", "17");
//! let document = asked.read(|input| input.document().clone().into_owned());
//! assert_eq!(document.get("request.headers.x-key.0").and_then(|value| value.as_str()), Some("abc"));
//! assert_eq!(input().with("context", json!({ "ip": "10.0.0.1" })).to_string(), r#"{"context":{"ip":"10.0.0.1"}}"#);
//! ```

#![allow(clippy::panic, reason = "a test that is set up wrongly shall end and say why")]

use std::fmt;

use serde::de::DeserializeOwned;
pub use serde_json::{Value, json};

use crate::{Input, Json, Problem, configure};

/// An input document in the making.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked(Value);

/// An empty input document.
pub fn input() -> Asked {
    Asked(json!({}))
}

impl Asked {
    /// The same with a value at a dotted path.
    pub fn with(mut self, path: &str, value: impl Into<Value>) -> Asked {
        let mut place = &mut self.0;
        for name in path.split('.') {
            if !place.is_object() {
                *place = json!({});
            }
            let Value::Object(members) = place else { break };
            place = members.entry(name).or_insert(Value::Null);
        }
        *place = value.into();
        self
    }

    /// The same with a member of the authentication context.
    pub fn authn_ctx(self, name: &str, value: impl Into<Value>) -> Asked {
        self.with(&format!("authn_ctx.{name}"), value)
    }

    /// The same, asked for this subject.
    pub fn subject(self, kind: &str, id: &str) -> Asked {
        self.with("subject.type", kind).with("subject.id", id)
    }

    /// The same, asked about this action.
    pub fn action(self, name: &str) -> Asked {
        self.with("action.name", name)
    }

    /// The same, asked about this resource.
    pub fn resource(self, kind: &str, id: &str) -> Asked {
        self.with("resource.type", kind).with("resource.id", id)
    }

    /// The same with one more value of a header.
    pub fn header(self, name: &str, value: &str) -> Asked {
        self.push(&["request", "headers", name], value.into())
    }

    /// The same with one more consent, given or not.
    pub fn consent(self, id: &str, granted: bool) -> Asked {
        self.push(&["contexts", "consents"], json!({ "id": id, "granted": granted }))
    }

    /// The same with one more scope.
    pub fn scope(self, name: &str) -> Asked {
        self.push(&["contexts", "scopes"], name.into())
    }

    /// The same at this time, in seconds since 1970.
    pub fn now(self, seconds: i64) -> Asked {
        self.with("now", seconds)
    }

    fn push(mut self, path: &[&str], value: Value) -> Asked {
        let mut place = &mut self.0;
        for name in path {
            place = &mut place[*name];
        }
        match place {
            Value::Array(values) => values.push(value),
            other => *other = json!([value]),
        }
        self
    }

    /// Hands it to `look` as a component sees it.
    pub fn read<T>(&self, look: impl FnOnce(&Input<'_>) -> T) -> T {
        let text = self.to_string();
        match Input::read(&text) {
            Ok(input) => look(&input),
            Err(_) => panic!("{text} is not an object"),
        }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// What a validator says about an input.
#[cfg(feature = "validator")]
#[track_caller]
pub fn validate<V: crate::Validator>(conf: Value, asked: &Asked) -> crate::Outcome {
    let validator = configured(&conf, V::configure);
    asked.read(|input| validator.validate(input))
}

/// What a consent checker says about an input.
#[cfg(feature = "consent-checker")]
#[track_caller]
pub fn check<C: crate::ConsentChecker>(conf: Value, asked: &Asked) -> crate::Outcome {
    let checker = configured(&conf, C::configure);
    asked.read(|input| checker.check(input))
}

/// The claims that a mapper makes, as an object, or why it makes none.
#[cfg(feature = "claim-mapper")]
#[track_caller]
pub fn map<M: crate::ClaimMapper>(conf: Value, asked: &Asked) -> Result<Value, String> {
    let mapper = configured(&conf, M::configure);
    asked.read(|input| {
        let claims = mapper.map(input)?;
        Ok(claims.into_iter().map(|claim| (claim.name, json!(claim.value))).collect())
    })
}

/// Why a conf is refused; `configure` is that of the component, such as `MinimumAge::configure`.
#[track_caller]
pub fn refused<Conf: DeserializeOwned, T>(conf: Value, configure: impl Fn(Conf) -> Result<T, Problem>) -> Problem {
    match configure::all(&[conf.to_string()], configure).map_err(|problems| problems.into_iter().next()) {
        Err(Some((_, problem))) => problem,
        _ => panic!("{conf} is not refused"),
    }
}

#[cfg_attr(
    not(any(feature = "validator", feature = "claim-mapper", feature = "consent-checker")),
    expect(dead_code, reason = "there is nothing to configure")
)]
#[track_caller]
fn configured<Conf: DeserializeOwned, T>(conf: &Value, configure: impl Fn(Conf) -> Result<T, Problem>) -> T {
    match configure::all(&[conf.to_string()], configure).map(|all| all.into_iter().next()) {
        Ok(Some(one)) => one,
        other => panic!("{conf} is refused: {:?}", other.err()),
    }
}

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
