//! The shapes of logins as pages of a tenant's own see them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    api::acp::scopes::{self, ScopeBody},
    domain::{
        Domain, Failure,
        authorize::{AuthorizationRequest, Prompt},
        elsewhere::Elsewhere,
        identity::Identity,
        issue,
        login::Login,
        moment, scope,
    },
};

/// Who a page says the person is.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AcceptLogin")]
pub struct AcceptLoginBody {
    /// The login; must be the path's when given.
    #[serde(default)]
    pub id: Option<String>,
    /// What the browser brought to the page. Required; good once.
    #[serde(default)]
    pub login_state: Option<String>,
    /// The name by which tokens will know the person. Required.
    #[serde(default)]
    pub subject: Option<String>,
    /// When the person has logged in. Now when left out.
    #[serde(default)]
    pub auth_time: Option<WhenBody>,
    /// The authentication context class.
    #[serde(default)]
    pub acr: Option<String>,
    /// How the person has logged in (RFC 8176).
    #[serde(default)]
    pub amr: Option<Vec<String>>,
    /// What else is known of the person, for claims and policies.
    #[serde(default)]
    pub authentication_context: Option<Map<String, Value>>,
}

/// An instant.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Instant")]
pub enum WhenBody {
    /// In seconds since 1970.
    Seconds(i64),
    /// As text (RFC 3339).
    Text(String),
}

/// Why a page says no.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Reject")]
pub struct RejectBody {
    /// The login; must be the path's when given.
    #[serde(default)]
    pub id: Option<String>,
    /// What the browser brought to the page. Required; good once.
    #[serde(default)]
    pub login_state: Option<String>,
    /// The word for the client (RFC 6749 §4.1.2.1). `access_denied` when left out.
    #[serde(default)]
    pub error: Option<String>,
    /// A sentence for the client.
    #[serde(default)]
    pub error_description: Option<String>,
    /// Taken, and of no effect.
    #[serde(default)]
    pub error_cause: Option<String>,
    /// Taken, and of no effect.
    #[serde(default)]
    pub status_code: Option<i64>,
}

/// Where the page sends the browser.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RedirectTo")]
pub struct RedirectBody {
    /// The address, for the browser that was sent to the page and for no other.
    pub redirect_to: String,
}

/// A login, or a scope grant, that waits for a page.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LoginSession")]
pub struct LoginBody {
    /// Its identifier.
    pub id: String,
    /// Its tenant.
    pub tenant_id: String,
    /// The authorization server.
    pub server_id: String,
    /// The client that asks.
    pub client_id: String,
    /// The person, once known.
    pub subject: String,
    /// The authentication method, once known.
    pub idp_id: String,
    /// The authentication context class, once known.
    pub acr: String,
    /// How the person has logged in, once known.
    pub amr: Vec<String>,
    /// When the person has logged in (RFC 3339), once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<String>,
    /// What else is known of the person.
    pub authentication_context: Map<String, Value>,
    /// The scopes that the client asks for.
    pub requested_scopes: Vec<RequestedScope>,
    /// The scopes that were granted, once that is known.
    pub granted_scopes: Vec<String>,
    /// Which of the scopes the policies let the person have.
    pub allowed_scopes: BTreeMap<String, bool>,
    /// For whom tokens are asked for.
    pub requested_audience: Vec<String>,
    /// For whom they will be.
    pub granted_audience: Vec<String>,
    /// The authentication context classes asked for, the best first.
    pub requested_acr: Vec<String>,
    /// The claims asked for (OpenID Connect Core §5.5).
    pub requested_claims: Map<String, Value>,
    /// The grant that is asked for.
    pub requested_grant_type: &'static str,
    /// When it began (RFC 3339).
    pub requested_at: String,
    /// The oldest login that is good enough, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<i64>,
    /// The authorization request, as it was understood.
    pub request_url: String,
    /// Its parameters.
    pub request_query_params: BTreeMap<String, Vec<String>>,
    /// Whether the person is known.
    pub login_approved: bool,
    /// Whether it was given up before.
    pub login_rejected: bool,
    /// Whether the scopes are known.
    pub scope_grant_approved: bool,
    /// Whether it was given up when the person was known.
    pub scope_grant_rejected: bool,
    /// Why it was given up.
    pub error: String,
}

/// A scope that a client asks for.
#[derive(Serialize, JsonSchema)]
pub struct RequestedScope {
    /// The scope.
    #[serde(flatten)]
    pub scope: ScopeBody,
    /// Its name in the request.
    pub requested_name: String,
    /// The parameters in its name: scopes have none.
    pub params: Vec<String>,
}

/// What is known besides the login itself.
#[derive(Default)]
pub(in crate::api::acp) struct Seen {
    /// What the policies let the person have; everything while nobody is known.
    pub(in crate::api::acp) allowed: Option<Vec<String>>,
}

/// A page's no.
pub(in crate::api::acp) struct Refused {
    pub(in crate::api::acp) login_state: String,
    pub(in crate::api::acp) refused: (String, String),
}

/// A login as pages see it.
pub(in crate::api::acp) fn show(
    domain: &Domain,
    tenant: &str,
    id: &str,
    login: Login,
    seen: Seen,
) -> Result<LoginBody, Failure> {
    let Login {
        server,
        server_since: _,
        client_since: _,
        request,
        pushed: _,
        browser: _,
        method,
        errand,
        login_state: _,
        identity,
        session: _,
        entered: _,
        anew: _,
        confirmed: _,
        granted,
        refused,
        since,
        ends: _,
    } = login;
    let (known, rejected) = (identity.is_some(), refused.is_some());
    let issuer = domain.issuer(tenant, &server);
    let Identity { subject, method: used, auth_time, acr, amr, context, proof: _ } = identity.unwrap_or_default();
    let params = parameters(&request);
    let allowed = |scope: &String| seen.allowed.as_ref().is_none_or(|allowed| allowed.contains(scope));
    Ok(LoginBody {
        id: id.to_owned(),
        tenant_id: tenant.to_owned(),
        requested_scopes: requested(domain, tenant, &server, &request.scopes)?,
        allowed_scopes: request.scopes.iter().map(|scope| (scope.clone(), allowed(scope))).collect(),
        server_id: server,
        subject,
        idp_id: if known { used } else { method.unwrap_or_default() },
        acr: acr.unwrap_or_default(),
        amr,
        auth_time: known.then(|| moment::show(auth_time.saturating_mul(1_000_000))),
        authentication_context: serde_json::from_str(&context).unwrap_or_default(),
        scope_grant_approved: granted.is_some(),
        granted_scopes: granted.unwrap_or_default(),
        requested_audience: Vec::new(),
        granted_audience: vec![issuer.clone()],
        requested_claims: request
            .claims
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default(),
        requested_grant_type: grant_type(&request),
        requested_at: moment::show(since.saturating_mul(1_000_000)),
        max_age: request.max_age,
        request_url: url(&issuer, &params),
        request_query_params: params,
        client_id: request.client_id,
        requested_acr: request.acr_values,
        login_approved: known || errand.is_some(),
        login_rejected: rejected && !known,
        scope_grant_rejected: rejected && known,
        error: refused.map(|(error, _)| error).unwrap_or_default(),
    })
}

fn grant_type(request: &AuthorizationRequest) -> &'static str {
    match &request.elsewhere {
        Some(Elsewhere::Device(_)) => issue::DEVICE_CODE,
        Some(Elsewhere::Backchannel(_)) => issue::BACKCHANNEL,
        None if request.response_type.code => "authorization_code",
        None => "implicit",
    }
}

fn requested(domain: &Domain, tenant: &str, server: &str, names: &[String]) -> Result<Vec<RequestedScope>, Failure> {
    let known = scope::list(domain, tenant, server)?.into_iter();
    let requested = known.filter(|(_, state)| names.contains(&state.value.name)).map(|(id, state)| {
        let requested_name = state.value.name.clone();
        RequestedScope { scope: scopes::show(tenant, &id, state.value), requested_name, params: Vec::new() }
    });
    Ok(requested.collect())
}

/// The parameters of an authorization request, as they were understood.
fn parameters(request: &AuthorizationRequest) -> BTreeMap<String, Vec<String>> {
    let Prompt { none, login, consent, select_account } = request.prompt;
    let prompts =
        [("none", none), ("login", login), ("consent", consent), ("select_account", select_account)].into_iter();
    let prompts: Vec<&str> = prompts.filter(|(_, asked)| *asked).map(|(word, _)| word).collect();
    let types = request.response_type;
    let types = [("code", types.code), ("id_token", types.id_token), ("token", types.token)].into_iter();
    let types: Vec<&str> = types.filter(|(_, asked)| *asked).map(|(word, _)| word).collect();
    let pairs = [
        ("client_id", Some(request.client_id.clone())),
        ("redirect_uri", Some(request.redirect_uri.clone())),
        ("response_type", Some(types.join(" "))),
        ("scope", Some(request.scopes.join(" "))),
        ("state", request.state.clone()),
        ("nonce", request.nonce.clone()),
        ("code_challenge", request.challenge.clone()),
        ("prompt", Some(prompts.join(" "))),
        ("max_age", request.max_age.map(|seconds| seconds.to_string())),
        ("login_hint", request.login_hint.clone()),
        ("acr_values", Some(request.acr_values.join(" "))),
        ("claims", request.claims.clone()),
        ("ui_locales", Some(request.ui_locales.join(" "))),
    ];
    let there = pairs.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)));
    there.map(|(name, value)| (name.to_owned(), vec![value])).collect()
}

fn url(issuer: &str, params: &BTreeMap<String, Vec<String>>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, values) in params {
        query.extend_pairs(values.iter().map(|value| (name, value)));
    }
    format!("{issuer}/oauth2/authorize?{}", query.finish())
}
