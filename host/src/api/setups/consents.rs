//! What people let the clients of a setup have, remembered.

use schemars::JsonSchema;
use serde::Serialize;

use super::{query::Query, tokens::answer};
use crate::{
    api::{Answer, Call},
    domain::{
        Failure, moment,
        setup::{
            LiveFilter,
            consents::{self, Consent},
        },
    },
};

/// What a person lets a client have without being asked again.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Consent")]
pub struct ConsentBody {
    /// The scopes.
    pub scopes: Vec<String>,
    /// The person.
    pub user: String,
    /// When it was given last (RFC 3339).
    pub issue_date: String,
    /// When the person will be asked again (RFC 3339). Left out where that is never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration: Option<String>,
    /// The client, by its OAuth id.
    pub client_id: String,
    /// The client, by its entity id.
    pub entity_id: String,
}

/// listSetupConsents
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let query = Query::of(&call.request)?;
    let client = match query.one("client-id")? {
        Some(client) => Some(client),
        None => query.one("client-entity-id")?,
    };
    let filter = LiveFilter { client, user: query.one("user")? };
    let found = consents::list(&call.app.domain, &call.caller, call.param("setupId"), filter, query.page()?)?;
    Ok(answer(&call, found, show))
}

fn show(consent: Consent) -> ConsentBody {
    let Consent { user, client_id, client_entity, scopes, issued, expires } = consent;
    ConsentBody {
        scopes,
        user,
        issue_date: moment::show_seconds(issued),
        expiration: expires.map(moment::show_seconds),
        client_id,
        entity_id: client_entity,
    }
}
