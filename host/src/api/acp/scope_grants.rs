//! What consent pages of a tenant's own ask and say (reference/acp.md §3.5).

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::logins::{self, RedirectBody, Refused, Seen};
use crate::{
    api::{Answer, Call, read},
    domain::{Failure, scope_grant},
};

/// What the client may have.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AcceptScopeGrant")]
pub struct AcceptScopesBody {
    /// The login; must be the path's when given.
    #[serde(default)]
    pub id: Option<String>,
    /// What the browser brought to the page. Required; good once.
    #[serde(default)]
    pub login_state: Option<String>,
    /// The names of the scopes, of those that were asked for.
    #[serde(default)]
    pub granted_scopes: Option<Vec<String>>,
}

/// getScopeGrant
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let (domain, tenant, id) = (&call.app.domain, call.tenant(), call.param("login"));
    let login = scope_grant::find(domain, tenant, id, logins::login_state(&call)?.as_deref())?;
    let allowed = scope_grant::allowed(domain, tenant, &login, &call.request.request_id).await?;
    let body = logins::show(domain, tenant, id, login, Seen { allowed: Some(allowed) })?;
    Ok(Answer::json(StatusCode::OK, &body))
}

/// acceptScopeGrant
pub async fn accept(call: Call) -> Result<Answer, Failure> {
    let AcceptScopesBody { id, login_state, granted_scopes } = read::json(&call.request)?;
    let (domain, tenant, login) = (&call.app.domain, call.tenant(), call.param("login"));
    let mut problems = logins::same(id.as_deref(), login);
    let login_state = logins::said(login_state, &mut problems);
    Failure::unless_fine(problems)?;
    let granted = granted_scopes.unwrap_or_default();
    let redirect_to = scope_grant::accept(domain, tenant, login, &login_state, granted).await?;
    Ok(Answer::json(StatusCode::OK, &RedirectBody { redirect_to }))
}

/// rejectScopeGrant
pub async fn reject(call: Call) -> Result<Answer, Failure> {
    let (domain, tenant, login) = (&call.app.domain, call.tenant(), call.param("login"));
    let Refused { login_state, refused } = logins::refusal(&call, "the person said no")?;
    let redirect_to = scope_grant::reject(domain, tenant, login, &login_state, refused).await?;
    Ok(Answer::json(StatusCode::OK, &RedirectBody { redirect_to }))
}
