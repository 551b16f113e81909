//! What a client shows of itself in a form or a header, from exactly one place (RFC 6749 §2.3, RFC 7523 §2.2).
//!
//! Called by every endpoint that authenticates clients.

use crate::{
    api::{Call, read},
    authn::basic,
    crypto::Secret,
    domain::{Credentials, Failure, proof::Shown},
};

/// What the client of a request shows.
pub fn shown(call: &Call, form: &read::Pairs) -> Result<Shown, Failure> {
    let header = basic::credentials(&call.request.headers)?;
    match (header, form.get("client_secret")) {
        (Some(_), Some(_)) => Err(Failure::malformed("form.client_secret", "is given twice: also in the header")),
        (Some(basic), None) => match form.get("client_id") {
            Some(other) if other != basic.name => {
                Err(Failure::malformed("form.client_id", "differs from the header's"))
            }
            _ => Ok(Shown::Secret(basic.name, basic.candidates)),
        },
        (None, Some(secret)) => match form.get("client_id") {
            Some(client_id) => Ok(Shown::Secret(client_id.to_owned(), vec![Secret::new(secret)])),
            None => Err(Failure::malformed("form.client_id", "is required")),
        },
        (None, None) => Err(Failure::Unauthenticated(Credentials::Missing)),
    }
}
