//! What a client shows of itself in a form or a header, from exactly one place (RFC 6749 §2.3, RFC 7523 §2.2), and which client that
//! proves.
//!
//! Called by every endpoint that authenticates clients.

use super::token;
use crate::{
    api::{Answer, Call, read},
    authn::basic,
    crypto::Secret,
    domain::{
        Credentials, Failure, issue,
        proof::{self, Proven, Shown},
        server::{self, Server},
    },
};

/// The only kind of assertion there is (RFC 7523 §2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client that has come to an authorization server and proven who it is.
pub struct Arrived<'a> {
    /// The id of the server.
    id: &'a str,
    server: server::Current,
    /// The client.
    pub proven: Proven,
    /// From where.
    pub address: String,
}

impl Arrived<'_> {
    /// The server, with its id.
    pub fn server(&self) -> (&str, &Server) {
        (self.id, &self.server.value)
    }
}

/// The client of a request to the server of its path; otherwise what it is told. Where the endpoint is for one grant, the server
/// must have that.
pub async fn arrived<'a>(
    call: &'a Call,
    form: &read::Pairs,
    grant: Option<&str>,
) -> Result<Result<Arrived<'a>, Answer>, Failure> {
    let (domain, tenant, id) = (&call.app.domain, call.tenant(), call.param("aid"));
    let server = server::current(domain, tenant, id)?;
    if grant.is_some_and(|grant| issue::grant_type(&server.value, grant).is_none()) {
        return Ok(Err(token::unsupported()));
    }
    match proof::client(domain, tenant, (id, &server.value), shown(call, form)?).await {
        Ok(proven) => Ok(Ok(Arrived { id, server, proven, address: call.request.address() })),
        Err(unproven) => token::unknown(unproven).map(Err),
    }
}

/// What the client of a request shows.
pub fn shown(call: &Call, form: &read::Pairs) -> Result<Shown, Failure> {
    let header = basic::credentials(&call.request.headers)?;
    let id = form.get("client_id").map(str::to_owned);
    match (header, form.get("client_secret"), assertion(form)?) {
        (None, None, Some(assertion)) => Ok(Shown::Assertion(assertion, id)),
        (Some(basic), None, None) => match id {
            Some(other) if other != basic.name => {
                Err(Failure::malformed("form.client_id", "differs from the header's"))
            }
            _ => Ok(Shown::Secret(basic.name, basic.candidates)),
        },
        (None, Some(secret), None) => match id {
            Some(client_id) => Ok(Shown::Secret(client_id, vec![Secret::new(secret)])),
            None => Err(Failure::malformed("form.client_id", "is required")),
        },
        (None, None, None) => alone(id.ok_or(Failure::Unauthenticated(Credentials::Missing))?, call),
        (Some(_), Some(_), _) => Err(Failure::malformed("form.client_secret", "is given twice: also in the header")),
        (_, _, Some(_)) => Err(Failure::malformed("form.client_assertion", "is given beside a secret")),
    }
}

/// A client that shows nothing but its id, and perhaps a certificate by its connection (RFC 8705 §2).
fn alone(id: String, call: &Call) -> Result<Shown, Failure> {
    let certificates = &call.request.certificates;
    Ok(if certificates.is_empty() { Shown::Id(id) } else { Shown::Certificate(id, certificates.clone()) })
}

fn assertion(form: &read::Pairs) -> Result<Option<Secret>, Failure> {
    match (form.get("client_assertion"), form.get("client_assertion_type")) {
        (None, None) => Ok(None),
        (Some(assertion), Some(JWT_BEARER)) => Ok(Some(Secret::new(assertion))),
        (None, Some(_)) => Err(Failure::malformed("form.client_assertion", "is required with its type")),
        (Some(_), _) => Err(Failure::malformed("form.client_assertion_type", format!("must be `{JWT_BEARER}`"))),
    }
}
