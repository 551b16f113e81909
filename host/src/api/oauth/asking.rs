//! Who asks about a token, or revokes one, from exactly one place: a token in the header, or what a client shows of itself
//! (RFC 7662 §2.1).
//!
//! Called by introspection and revocation.

use super::{client, token as endpoint, words::invalid_token};
use crate::{
    api::{Answer, Call, read},
    authn::bearer,
    domain::{
        Failure,
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
        Err(unproven) => endpoint::unknown(unproven).map(Err),
    }
}
