//! What a client shows of itself in a form or a header, from exactly one place (RFC 6749 §2.3, RFC 7523 §2.2).
//!
//! Called by every endpoint that authenticates clients.

use crate::{
    api::{Call, read},
    authn::basic,
    crypto::Secret,
    domain::{Credentials, Failure, proof::Shown},
};

/// The only kind of assertion there is (RFC 7523 §2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

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
