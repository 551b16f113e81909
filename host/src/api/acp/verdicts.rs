//! A verdict's parts on the wire (reference/acp.md §1.3), shared by policy tests, decisions and gateways.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::decision::{Failed, Output, Recovery};

/// A validator that did not pass.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Failing {
    /// The validator.
    pub validator: String,
    /// Its place in the policy, counted from 0.
    pub index: usize,
    /// A stable word.
    pub code: String,
    /// A sentence.
    pub message: String,
    /// What the validator adds.
    pub details: Value,
}

/// What a validator that passed hands over.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "Output")]
pub struct OutputBody {
    /// The validator.
    pub validator: String,
    /// Its place in the policy, counted from 0.
    pub index: usize,
    /// What it hands over.
    pub value: Value,
}

/// A way to pass after a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Recovery")]
pub struct RecoveryBody {
    /// Free text.
    #[serde(default)]
    pub id: String,
    /// The kind, such as `mfa`.
    #[serde(default, rename = "type")]
    pub kind: String,
}

/// `allow` or `deny`.
pub fn result(allow: bool) -> &'static str {
    if allow { "allow" } else { "deny" }
}

/// A failure on the wire.
pub fn failing(failed: Failed) -> Failing {
    let Failed { validator, index, code, message, details } = failed;
    Failing { validator, index, code, message, details: details_value(&details) }
}

/// An output on the wire.
pub fn output(output: Output) -> OutputBody {
    let Output { validator, index, value } = output;
    OutputBody { validator, index, value: details_value(&value) }
}

/// A recovery on the wire.
pub fn recovery(recovery: Recovery) -> RecoveryBody {
    let Recovery { id, kind } = recovery;
    RecoveryBody { id, kind }
}

/// Details are JSON text of a guest's making: what is not JSON is shown as the string it is.
fn details_value(details: &str) -> Value {
    match details {
        "" => Value::Object(serde_json::Map::new()),
        text => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
    }
}
