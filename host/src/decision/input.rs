//! The policy input document: the one JSON text a validator sees.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Everything a policy may look at. Missing parts are empty objects, so that a path simply finds nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Input {
    /// The authentication context: `sub`, `amr`, `groups`, …
    pub authn_ctx: Map<String, Value>,
    /// `client`, `developer`, `scopes`, `consents`.
    pub contexts: Map<String, Value>,
    /// `method`, `path`, `headers`, `path_params`, `query_params`.
    pub request: Map<String, Value>,
    /// AuthZEN subject: `type`, `id`, `properties`.
    pub subject: Map<String, Value>,
    /// AuthZEN action: `name`, `properties`.
    pub action: Map<String, Value>,
    /// AuthZEN resource: `type`, `id`, `properties`.
    pub resource: Map<String, Value>,
    /// AuthZEN context, as it was sent.
    pub context: Map<String, Value>,
    /// When the decision was asked for, in seconds since 1970. The only clock a validator has.
    pub now: i64,
}
