//! The public keys of an authorization server (RFC 7517 §5).

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::discovery;
use crate::{
    api::{Answer, Call},
    domain::{Failure, encryption, key_ring},
};

/// A JWK set.
#[derive(Serialize, JsonSchema)]
pub struct KeySet {
    /// The keys, the signing one first, then the next one, then those that signed before, then the one that requests are
    /// encrypted with (`use`: `enc`).
    #[schemars(with = "Vec<serde_json::Value>")]
    pub keys: Vec<Box<RawValue>>,
}

/// jwks
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let (domain, tenant, server) = (&call.app.domain, call.tenant(), call.param("aid"));
    let mut keys = key_ring::published(domain, tenant, server)?;
    keys.push(encryption::published(domain, tenant, server)?.to_string());
    let keys: Result<Vec<_>, _> = keys.into_iter().map(RawValue::from_string).collect();
    let keys = keys.map_err(|error| Failure::Internal { log: format!("a published key is no JSON: {error}") })?;
    Ok(discovery::public(Answer::json(StatusCode::OK, &KeySet { keys })))
}
