//! The public keys of an authorization server (RFC 7517 §5).

use http::{StatusCode, header::CACHE_CONTROL};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{
    api::{Answer, Call},
    domain::{Failure, key_ring},
};

/// A JWK set.
#[derive(Serialize, JsonSchema)]
pub struct KeySet {
    /// The keys, the signing one first.
    pub keys: Vec<Value>,
}

/// jwks
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let keys = key_ring::jwks(&call.app.domain, call.tenant(), call.param("aid"))?;
    Ok(Answer::json(StatusCode::OK, &keys).header(CACHE_CONTROL, "public, max-age=300"))
}
