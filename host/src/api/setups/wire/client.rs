//! A client on the wire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{MetadataBody, metadata, required, show_metadata, valid_from};
use crate::{
    api::read::said,
    crypto::Secret,
    domain::{
        Failure,
        client::AuthMethod,
        moment,
        setup::{
            Snapshot,
            client::{Confidentiality, SetupClient},
        },
    },
};

/// A client of a setup.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Client")]
pub struct ClientBody {
    /// The OAuth client id. Made when left out; stays afterwards.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Its secret. Made when a confidential client gives none, and kept when an update gives none. Left out where the client has
    /// none, and of snapshots, which it is no part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// For people. Required.
    #[schemars(required)]
    pub name: Option<String>,
    /// Who looks after it: the developer of this name may see, replace and delete it. When left out, it stays as it
    /// is; a new client has nobody but the administrators then, and an empty text here.
    #[serde(default)]
    pub owner: Option<String>,
    /// For people.
    #[serde(default)]
    pub comment: Option<String>,
    /// From when on it is to hold, not in the past (RFC 3339). Left out, or as a GET has brought it: now.
    #[serde(default)]
    pub valid_from: Option<String>,
    /// Notes. `client_name`, `client_uri` and `client_logo` are well-known names.
    #[serde(default)]
    pub metadata: Option<Vec<MetadataBody>>,
    /// Whether it can keep a secret.
    #[serde(default)]
    pub confidentiality_type: Option<ConfidentialityWord>,
    /// How it proves itself at the token endpoint. Fits the confidentiality when left out.
    #[serde(default)]
    pub token_endpoint_auth_method: Option<String>,
    /// Where the authorization endpoint may send its answer.
    #[serde(default)]
    pub redirect_uris: Option<Vec<String>>,
    /// The grants it may use; the setup's when left out or empty.
    #[serde(default)]
    pub grant_types: Option<Vec<String>>,
    /// What it may ask the authorization endpoint for.
    #[serde(default)]
    pub response_types: Option<Vec<String>>,
    /// The scopes it may ask for.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// Who can be asked about it.
    #[serde(default)]
    pub contacts: Option<Vec<String>>,
    /// `web` or `native`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_type: Option<String>,
    /// Its public keys, a JWK set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// How its ID tokens are signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_signed_response_alg: Option<String>,
    /// How keys of ID tokens are encrypted: not at all.
    #[serde(default)]
    pub id_token_encrypted_response_alg: Option<NotEncrypted>,
    /// How ID tokens are encrypted: not at all.
    #[serde(default)]
    pub id_token_encrypted_response_enc: Option<NotEncrypted>,
    /// Whether people must log in anew; as the setup says when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force_reauthentication: Option<bool>,
    /// How long an access token is good, in seconds; as the setup says when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_ttl: Option<i64>,
    /// How long a refresh token is good, in seconds; as the setup says when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token_ttl: Option<i64>,
    /// How long an ID token is good, in seconds; as the setup says when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_ttl: Option<i64>,
    /// How long a consent is remembered, in seconds; as the setup says when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persisted_consent_ttl: Option<i64>,
}

/// Whether a client can keep a secret (RFC 6749 §2.1).
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ConfidentialityType")]
#[expect(missing_docs, reason = "the words themselves, see above")]
pub enum ConfidentialityWord {
    Public,
    Confidential,
}

/// The only value there is: tokens are not encrypted.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the word itself")]
pub enum NotEncrypted {
    None,
}

/// What a body says of a client.
pub struct Parsed {
    /// The client.
    pub client: SetupClient,
    /// Its secret.
    pub secret: Option<Secret>,
    /// From when on it is to hold, in microseconds.
    pub valid_from: Option<i64>,
}

/// The client of a body.
pub fn parse(body: ClientBody) -> Result<Parsed, Failure> {
    let ClientBody {
        client_id,
        client_secret,
        name,
        owner,
        comment,
        valid_from: from,
        metadata: notes,
        confidentiality_type,
        token_endpoint_auth_method,
        redirect_uris,
        grant_types,
        response_types,
        scopes,
        contacts,
        application_type,
        jwks,
        id_token_signed_response_alg,
        // There is one value for each, and nothing to do for it.
        id_token_encrypted_response_alg: _,
        id_token_encrypted_response_enc: _,
        force_reauthentication,
        access_token_ttl,
        refresh_token_ttl,
        id_token_ttl,
        persisted_consent_ttl,
    } = body;
    let client = SetupClient {
        client_id: client_id.unwrap_or_default(),
        name: required("/name", said(name))?,
        owner: owner.unwrap_or_default(),
        comment: comment.unwrap_or_default(),
        metadata: metadata(notes)?,
        confidentiality: parse_confidentiality(confidentiality_type),
        token_endpoint_auth_method: parse_method(said(token_endpoint_auth_method))?,
        redirect_uris: redirect_uris.unwrap_or_default(),
        grant_types: grant_types.unwrap_or_default(),
        response_types: response_types.unwrap_or_default(),
        scopes: scopes.unwrap_or_default(),
        contacts: contacts.unwrap_or_default(),
        application_type: said(application_type),
        jwks: jwks.map(|keys| keys.to_string()),
        id_token_signed_response_alg: said(id_token_signed_response_alg),
        force_reauthentication,
        access_token_ttl,
        refresh_token_ttl,
        id_token_ttl,
        persisted_consent_ttl,
    };
    let secret = said(client_secret).map(Secret::new);
    Ok(Parsed { client, secret, valid_from: valid_from(from.as_deref())? })
}

fn parse_confidentiality(word: Option<ConfidentialityWord>) -> Confidentiality {
    match word {
        Some(ConfidentialityWord::Public) => Confidentiality::Public,
        Some(ConfidentialityWord::Confidential) => Confidentiality::Confidential,
        None => Confidentiality::default(),
    }
}

fn parse_method(word: Option<String>) -> Result<Option<AuthMethod>, Failure> {
    let Some(word) = word else { return Ok(None) };
    let found = AuthMethod::of_word(&word);
    found.map(Some).ok_or_else(|| {
        let known = AuthMethod::ALL.map(AuthMethod::word).join(", ");
        Failure::invalid("/token_endpoint_auth_method", format!("`{word}` is not one of {known}"))
    })
}

/// A state of a client as a body, with its secret where that is shown.
pub fn show(snapshot: Snapshot<SetupClient>, secret: Option<Secret>) -> ClientBody {
    let Snapshot { id: _, value, valid_from, version: _, author: _, deleted: _ } = snapshot;
    let SetupClient {
        client_id,
        name,
        owner,
        comment,
        metadata,
        confidentiality,
        token_endpoint_auth_method,
        redirect_uris,
        grant_types,
        response_types,
        scopes,
        contacts,
        application_type,
        jwks,
        id_token_signed_response_alg,
        force_reauthentication,
        access_token_ttl,
        refresh_token_ttl,
        id_token_ttl,
        persisted_consent_ttl,
    } = value;
    ClientBody {
        client_id: Some(client_id),
        client_secret: secret.map(|secret| secret.expose().to_owned()),
        name: Some(name),
        owner: Some(owner),
        comment: Some(comment),
        valid_from: Some(moment::show(valid_from)),
        metadata: Some(show_metadata(metadata)),
        confidentiality_type: Some(match confidentiality {
            Confidentiality::Public => ConfidentialityWord::Public,
            Confidentiality::Confidential => ConfidentialityWord::Confidential,
        }),
        token_endpoint_auth_method: token_endpoint_auth_method.map(|method| method.word().to_owned()),
        redirect_uris: Some(redirect_uris),
        grant_types: Some(grant_types),
        response_types: Some(response_types),
        scopes: Some(scopes),
        contacts: Some(contacts),
        application_type,
        // It was checked when it was saved.
        jwks: jwks.and_then(|keys| serde_json::from_str(&keys).ok()),
        id_token_signed_response_alg,
        id_token_encrypted_response_alg: Some(NotEncrypted::None),
        id_token_encrypted_response_enc: Some(NotEncrypted::None),
        force_reauthentication,
        access_token_ttl,
        refresh_token_ttl,
        id_token_ttl,
        persisted_consent_ttl,
    }
}
