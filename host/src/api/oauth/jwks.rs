//! The public keys of an authorization server (RFC 7517 §5).

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::discovery;
use crate::{
    api::{Answer, Call},
    domain::{Failure, key_ring},
};

/// A JWK set.
#[derive(Serialize, JsonSchema)]
pub struct KeySet {
    /// The keys, the signing one first, then the next one, then those that signed before.
    pub keys: Vec<Value>,
}

/// jwks
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let keys = key_ring::published(&call.app.domain, call.tenant(), call.param("aid"))?;
    Ok(discovery::public(Answer::json(StatusCode::OK, &keys)))
}
