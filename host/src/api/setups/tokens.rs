//! The live refresh tokens of a setup.

use http::{HeaderName, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use super::query::Query;
use crate::{
    api::{Answer, Call},
    domain::{
        Failure, moment,
        setup::{
            LiveFilter,
            page::Listed,
            tokens::{self, Token},
        },
    },
};

/// How many there are on all pages.
pub(super) const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// A refresh token that is good now.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Token")]
pub struct TokenBody {
    /// The person whose it is.
    pub user: String,
    /// What it is known by here, as `tokenId` too. Not the token itself, of which only a hash is kept.
    pub value: String,
    /// When it ends (RFC 3339).
    pub expiration: String,
    /// When it was made (RFC 3339).
    pub issue_date: String,
    /// What was granted.
    pub scopes: Vec<String>,
    /// Whom access tokens made from it are for.
    pub audience: Vec<String>,
    /// The authorization server.
    pub issuer: String,
    /// The client that may use it, by its OAuth id.
    pub authorized_party: String,
    /// The same.
    pub client_id: String,
    /// The client, by its entity id.
    pub client_entity_id: String,
}

/// listSetupTokens
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let query = Query::of(&call.request)?;
    let filter = LiveFilter { client: query.one("client-entity-id")?, user: query.one("user")? };
    let found = tokens::list(&call.app.domain, &call.caller, call.param("setupId"), filter, query.page()?)?;
    Ok(answer(&call, found, show))
}

/// deleteUserSetupTokens
pub async fn delete_of_user(call: Call) -> Result<Answer, Failure> {
    let query = Query::of(&call.request)?;
    tokens::delete_of(&call.app.domain, &call.caller, call.param("setupId"), query.one("user")?).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// showSetupToken
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let token = tokens::one(&call.app.domain, &call.caller, call.param("setupId"), call.param("tokenId"))?;
    Ok(call.json(StatusCode::OK, &show(token)))
}

/// deleteSetupToken
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    tokens::delete(&call.app.domain, &call.caller, call.param("setupId"), call.param("tokenId")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// A page of a list: 204 when nothing is on it, as documented.
pub(super) fn answer<T, B: Serialize>(call: &Call, found: Listed<T>, show: fn(T) -> B) -> Answer {
    let Listed { items, total } = found;
    let answer = match items.is_empty() {
        true => Answer::empty(StatusCode::NO_CONTENT),
        false => call.json(StatusCode::OK, &items.into_iter().map(show).collect::<Vec<_>>()),
    };
    answer.header(TOTAL, &total.to_string())
}

fn show(token: Token) -> TokenBody {
    let Token { id, user, client_id, client_entity, scopes, audience, issuer, issued, expires } = token;
    TokenBody {
        user,
        value: id,
        expiration: moment::show_seconds(expires),
        issue_date: moment::show_seconds(issued),
        scopes,
        audience,
        issuer,
        authorized_party: client_id.clone(),
        client_id,
        client_entity_id: client_entity,
    }
}
