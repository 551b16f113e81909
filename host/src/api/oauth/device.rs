//! The device authorization endpoint (RFC 8628 §3.1): a device that has no browser begins to wait for a person.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{client, token};
use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure,
        elsewhere::{
            Wish,
            device::{self, Begun},
        },
        issue::DEVICE_CODE,
    },
};

/// The form (RFC 8628 §3.1), beside what authenticates the client, as at the token endpoint.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct DeviceForm {
    /// Space separated; without it, the client's own scopes but `openid` and `offline_access`.
    scope: Option<String>,
    /// For which resources the tokens are to be: a field each (RFC 8707).
    resource: Option<Vec<String>>,
    /// A JSON array of what is asked for besides scopes (RFC 9396).
    authorization_details: Option<String>,
    /// With client_secret_post, or of a client without a secret.
    client_id: Option<String>,
    /// With client_secret_post.
    client_secret: Option<String>,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
    client_assertion_type: Option<String>,
    /// With client_secret_jwt and private_key_jwt.
    client_assertion: Option<String>,
}

/// The answer (RFC 8628 §3.2).
#[derive(Serialize, JsonSchema)]
pub struct DeviceAnswer<'a> {
    /// What the device asks the token endpoint with.
    pub device_code: &'a str,
    /// What the device shows, and the person types. Case and what stands between the letters do not matter.
    pub user_code: &'a str,
    /// The page where they type it.
    pub verification_uri: String,
    /// The same with the code in it, for a picture or a link. The person is asked all the same.
    pub verification_uri_complete: String,
    /// How long both codes are good, in seconds.
    pub expires_in: i64,
    /// How often the device may ask the token endpoint, in seconds.
    pub interval: i64,
}

/// What may be there more than once (RFC 8707 §2).
pub const LISTS: &[&str] = &["resource"];

/// authorizeDevice
pub async fn begin(call: Call) -> Result<Answer, Failure> {
    let form = read::form_with_lists(&call.request, LISTS)?;
    let client = match client::arrived(&call, &form, Some(DEVICE_CODE)).await? {
        Ok(client) => client,
        Err(refused) => return Ok(refused),
    };
    let (domain, tenant, server) = (&call.app.domain, call.tenant(), client.server());
    let resources: Vec<&str> = form.all("resource").collect();
    let wish = Wish { scope: form.get("scope"), resources: &resources, details: form.get("authorization_details") };
    match device::begin(domain, tenant, server, &client.proven, wish, &client.address).await {
        Ok(begun) => Ok(show(&domain.issuer(tenant, server.0), &begun)),
        Err(refused) => token::word(refused),
    }
}

fn show(issuer: &str, Begun { device_code, user_code, expires_in, interval }: &Begun) -> Answer {
    let body = DeviceAnswer {
        device_code: device_code.expose(),
        user_code,
        verification_uri: format!("{issuer}/device"),
        verification_uri_complete: format!("{issuer}/device?user_code={user_code}"),
        expires_in: *expires_in,
        interval: *interval,
    };
    Answer::json(StatusCode::OK, &body)
}
