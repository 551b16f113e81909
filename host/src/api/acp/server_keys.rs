//! The signing keys of an authorization server, as administrators list and exchange them.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    api::{Answer, Call, read},
    crypto::keys::{Algorithm, KeyType},
    domain::{
        Failure, Problem,
        key_ring::{self, StoredKey, Turn},
        server,
    },
};

/// All signing keys of an authorization server.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SigningKeys")]
pub struct SigningKeysBody {
    /// The one that signs first.
    pub keys: Vec<SigningKeyBody>,
}

/// A signing key.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SigningKey")]
pub struct SigningKeyBody {
    /// Its name.
    pub kid: String,
    /// `current` signs, `next` will, `retired` has signed before, `kept` was brought along. `next` and `kept` sign userinfo for
    /// clients that ask for their algorithm.
    pub state: &'static str,
    /// `rsa`, `ecdsa` or `eddsa`.
    pub key_type: Value,
    /// What it signs with: `RS256`, `PS256`, `ES256` or `EdDSA`.
    pub signing_alg: &'static str,
    /// When a retired key goes, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retired_until: Option<i64>,
    /// The public half.
    pub jwk: Value,
}

/// What the next key is to be.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewSigningKey")]
pub struct NewKeyBody {
    /// `rsa`, `ecdsa` or `eddsa`; as the present key when left out.
    #[serde(default)]
    pub key_type: Option<String>,
    /// `RS256`, `PS256`, `ES256` or `EdDSA`: what it is to sign with, where its type leaves a choice. An `rsa` key signs with `RS256`
    /// unless this says `PS256`.
    #[serde(default)]
    pub signing_alg: Option<String>,
}

/// listSigningKeys
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let version = server::current(&call.app.domain, call.tenant(), call.param("aid"))?.version;
    answer(&call, StatusCode::OK, version)
}

/// addSigningKey
pub async fn add(call: Call) -> Result<Answer, Failure> {
    let NewKeyBody { key_type, signing_alg } = match call.request.body.is_empty() {
        true => NewKeyBody::default(),
        false => read::json(&call.request)?,
    };
    let chosen = algorithm(read::said(key_type).as_deref(), read::said(signing_alg).as_deref());
    let chosen = chosen.map_err(|problem| Failure::Invalid(vec![problem]))?;
    let state = server::add_key(&call.app.domain, &call.by(), call.tenant(), call.param("aid"), chosen).await?;
    answer(&call, StatusCode::CREATED, state.version)
}

/// rotateSigningKeys
pub async fn rotate(call: Call) -> Result<Answer, Failure> {
    let state = server::rotate_keys(&call.app.domain, &call.by(), call.tenant(), call.param("aid")).await?;
    answer(&call, StatusCode::OK, state.version)
}

/// deleteSigningKey
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    let (server, kid) = (call.param("aid"), call.param("kid"));
    server::remove_key(&call.app.domain, &call.by(), call.tenant(), server, kid).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// Reads what a key is to sign with, from its type and its algorithm; none when neither is said.
pub(super) fn algorithm(key_type: Option<&str>, signing_alg: Option<&str>) -> Result<Option<Algorithm>, Problem> {
    let kind = key_type.map(kind).transpose()?;
    let Some(name) = signing_alg else { return Ok(kind.map(Algorithm::from)) };
    let named = Algorithm::of_name(name);
    let named = named.ok_or_else(|| Problem::new("/signing_alg", "must be `RS256`, `PS256`, `ES256` or `EdDSA`"))?;
    match kind.is_none_or(|kind| kind == named.kind()) {
        true => Ok(Some(named)),
        false => Err(Problem::new("/signing_alg", "is not what a key of this `key_type` signs with")),
    }
}

fn kind(word: &str) -> Result<KeyType, Problem> {
    serde_json::from_value(Value::from(word))
        .map_err(|_| Problem::new("/key_type", "must be `rsa`, `ecdsa` or `eddsa`"))
}

fn answer(call: &Call, status: StatusCode, version: u64) -> Result<Answer, Failure> {
    let ring = key_ring::current(&call.app.domain, call.tenant(), call.param("aid"))?;
    let keys = ring.keys.iter().enumerate().map(|(place, key)| show(place == 0, key)).collect();
    Ok(call.one(status, &SigningKeysBody { keys }, version))
}

fn show(signs: bool, key: &StoredKey) -> SigningKeyBody {
    let StoredKey { kid, thumbprint: _, algorithm, public_jwk, private: _, turn } = key;
    let (state, retired_until) = match turn {
        _ if signs => ("current", None),
        Turn::Kept => ("kept", None),
        Turn::Next => ("next", None),
        Turn::Retired(ends) => ("retired", Some(*ends)),
    };
    let key_type = serde_json::to_value(algorithm.kind()).unwrap_or_default();
    // It was written by the server itself, so it is JSON.
    let jwk = serde_json::from_str(public_jwk).unwrap_or_default();
    SigningKeyBody { kid: kid.clone(), state, key_type, signing_alg: algorithm.name(), retired_until, jwk }
}
