//! Claims as the admin group takes and shows them.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    api::{
        Answer, Call,
        read::{self, said},
    },
    domain::{
        Failure,
        claim::{self, Claim, ClaimToken},
    },
};

const ID_TOKEN: &str = "id_token";
const ACCESS_TOKEN: &str = "access_token";

/// A claim on the wire.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Claim")]
pub struct ClaimBody {
    /// Its identifier; made when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Must be the path's when given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// The authorization server it belongs to. Required to create one; stays afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_server_id: Option<String>,
    /// Its name in the token, where dots nest. Required, and unique in the authorization server for each type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where its value comes from: a dotted path in the authentication context, or `cel:` and a CEL expression over it, such as
    /// `cel:authn_ctx.groups.filter(g, g.startsWith('shop-'))`. Required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<String>,
    /// The token it goes into: `id_token` or `access_token`. Required.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The names of the scopes of which one must be granted; none means always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
}

/// All claims of an authorization server.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Claims")]
pub struct ClaimsBody {
    /// By id.
    pub claims: Vec<ClaimBody>,
}

/// listClaims
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let found = claim::list(&call.app.domain, call.tenant(), call.param("aid"))?;
    let claims = found.into_iter().map(|(id, state)| show(call.tenant(), &id, state.value)).collect();
    Ok(call.json(StatusCode::OK, &ClaimsBody { claims }))
}

/// createClaim
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let (id, claim) = parse(read::json(&call.request)?, call.tenant())?;
    let (id, state) = claim::create(&call.app.domain, &call.by(), call.tenant(), id.as_deref(), claim).await?;
    Ok(call.one(StatusCode::CREATED, &show(call.tenant(), &id, state.value), state.version))
}

/// updateClaim
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let id = call.param("claim");
    let (given, claim) = parse(read::json(&call.request)?, call.tenant())?;
    read::agrees("/id", given, id)?;
    let state = claim::update(&call.app.domain, &call.by(), call.tenant(), id, claim).await?;
    Ok(call.one(StatusCode::OK, &show(call.tenant(), id, state.value), state.version))
}

/// deleteClaim
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    claim::delete(&call.app.domain, &call.by(), call.tenant(), call.param("claim")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// The claim of a body, with its id.
pub(super) fn parse(body: ClaimBody, tenant: &str) -> Result<(Option<String>, Claim), Failure> {
    let ClaimBody { id, tenant_id, authorization_server_id, name, mapping, kind, scopes } = body;
    read::agrees("/tenant_id", tenant_id, tenant)?;
    let token = match kind.as_deref() {
        Some(ID_TOKEN) => ClaimToken::IdToken,
        Some(ACCESS_TOKEN) => ClaimToken::AccessToken,
        _ => return Err(Failure::invalid("/type", format!("must be `{ID_TOKEN}` or `{ACCESS_TOKEN}`"))),
    };
    let claim = Claim {
        server: authorization_server_id.unwrap_or_default(),
        name: name.unwrap_or_default(),
        mapping: mapping.unwrap_or_default(),
        token,
        scopes: scopes.unwrap_or_default(),
    };
    Ok((said(id), claim))
}

/// A claim.
pub(super) fn show(tenant: &str, id: &str, claim: Claim) -> ClaimBody {
    let Claim { server, name, mapping, token, scopes } = claim;
    let kind = match token {
        ClaimToken::IdToken => ID_TOKEN,
        ClaimToken::AccessToken => ACCESS_TOKEN,
    };
    ClaimBody {
        id: Some(id.to_owned()),
        tenant_id: Some(tenant.to_owned()),
        authorization_server_id: Some(server),
        name: Some(name),
        mapping: Some(mapping),
        kind: Some(kind.to_owned()),
        scopes: Some(scopes),
    }
}
