//! A verdict's parts on the wire (reference/acp.md §1.3), shared by policy tests, decisions and gateways.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::decision::{Failed, Output, Recovery};

/// A validator that did not pass, or a `not` whose condition holds.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Failing {
    /// The validator, or `not`.
    pub validator: String,
    /// Its place among the validators of the policy in the order they are written, counted from 0; for a `not` that of the first
    /// one inside.
    pub index: usize,
    /// A stable word: the validator's own, or `not_denied` of a `not`.
    pub code: String,
    /// A sentence.
    pub message: String,
    /// What the validator adds.
    pub details: Value,
    /// The embedded policy that the validator is of; left out for the policy's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub policy: String,
}

/// What a validator that passed hands over.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "Output")]
pub struct OutputBody {
    /// The validator.
    pub validator: String,
    /// Its place among the validators of the policy in the order they are written, counted from 0.
    pub index: usize,
    /// What it hands over.
    pub value: Value,
    /// The embedded policy that the validator is of; left out for the policy's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub policy: String,
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

/// A failure on the wire.
pub fn failing(failed: Failed) -> Failing {
    let Failed { validator, index, code, message, details, policy } = failed;
    Failing { validator, index, code, message, details: details_value(&details), policy }
}

/// An output on the wire.
pub fn output(output: Output) -> OutputBody {
    let Output { validator, index, value, policy } = output;
    OutputBody { validator, index, value: details_value(&value), policy }
}

/// A recovery on the wire.
pub fn recovery(recovery: Recovery) -> RecoveryBody {
    let Recovery { id, kind } = recovery;
    RecoveryBody { id, kind }
}

/// Details are JSON text of a guest's making: what is not JSON is shown as the string it is.
pub(super) fn details_value(details: &str) -> Value {
    match details {
        "" => Value::Object(serde_json::Map::new()),
        text => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
    }
}
