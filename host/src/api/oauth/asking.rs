//! Who asks about a token, or revokes one, from exactly one place: a token in the header, or what a client shows of itself
//! (RFC 7662 §2.1).
//!
//! Called by introspection and revocation.

use super::{
    client,
    words::{invalid_client, invalid_token},
};
use crate::{
    api::{Answer, Call, read},
    authn::bearer,
    domain::{
        Failure,
        proof::Unproven,
        server::Server,
        token::{
            self,
            asker::{self, Asker},
        },
    },
};

/// Who asks at a server, or why nobody may. `scope` is what it takes for tokens of others.
pub async fn asker(
    call: &Call,
    form: &read::Pairs,
    server: (&str, &Server),
    scope: &str,
) -> Result<Result<Asker, Answer>, Failure> {
    let (domain, tenant) = (&call.app.domain, call.tenant());
    if let Some(shown) = bearer::presented(call.request.head())? {
        return match token::verify(domain, tenant, &shown) {
            Ok(bearer) => asker::bearer(domain, &bearer, server.0, scope).map(Ok),
            Err(Failure::Unauthenticated(credentials)) => Ok(Err(invalid_token(credentials))),
            Err(failure) => Err(failure),
        };
    }
    match asker::client(domain, tenant, server, client::shown(call, form)?, scope).await {
        Ok(asker) => Ok(Ok(asker)),
        Err(Unproven::Client) => Ok(Err(invalid_client("the client is unknown or its secret is wrong"))),
        Err(Unproven::Failure(failure)) => Err(failure),
    }
}
