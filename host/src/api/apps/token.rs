//! The token endpoint of organizations' clients (RFC 6749 §3.2): one for all tenants, since a client says which it is of.
//!
//! What it does is what the token endpoint of that tenant's server does, with its answers and its errors.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    api::{
        Answer, Call,
        oauth::{
            client,
            token::{At, LISTS, answer, grant_type, unknown, unsupported},
        },
        read,
    },
    domain::{
        Failure,
        issue::{self, refresh::REFRESH_TOKEN},
        organization,
        proof::{self, Unproven},
        server, tenant,
        token::CLIENT_CREDENTIALS,
    },
};

/// The form (RFC 6749 §4.4.2 and §6).
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct OrganizationTokenForm {
    /// `client_credentials` or `refresh_token`.
    grant_type: String,
    /// Space separated; everything the client may have, or was granted, when left out.
    scope: Option<String>,
    /// The refresh token. It is good once: the answer has the next one.
    refresh_token: Option<String>,
    /// The client, unless it is in the header.
    client_id: Option<String>,
    /// Its secret, unless it is in the header.
    client_secret: Option<String>,
    /// The application that the client acts for. It may be in the header `X-ApplicationId` instead.
    application_id: Option<String>,
}

/// organizationToken
pub async fn issue(call: Call) -> Result<Answer, Failure> {
    let form = read::form_with_lists(&call.request, LISTS)?;
    let name = grant_type(&form)?;
    if ![CLIENT_CREDENTIALS, REFRESH_TOKEN].contains(&name) {
        return Ok(unsupported());
    }
    let (domain, shown) = (&call.app.domain, client::shown(&call, &form)?);
    let found = organization::of_client(domain, &shown.id().unwrap_or_default())?;
    // A client that is unknown is looked for like every other, so that it takes as long.
    let tenant = found.as_deref().unwrap_or(tenant::DEFAULT);
    let server = match server::current(domain, tenant, organization::SERVER) {
        Err(Failure::NotFound { .. }) => return unknown(Unproven::Client),
        server => server?,
    };
    let at = At { tenant, server: (organization::SERVER, &server.value), lasting: true };
    match proof::client(domain, tenant, at.server, shown).await {
        // It is another client of this tenant, which has an endpoint of its own.
        Ok(_) if found.is_none() => unknown(Unproven::Client),
        Ok(proven) => match issue::grant_type(at.server.1, name) {
            Some(grant) => answer(&call, &form, at, grant, &proven).await,
            None => Ok(unsupported()),
        },
        Err(unproven) => unknown(unproven),
    }
}
