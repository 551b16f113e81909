//! Whom the new token is for (RFC 8693 §2.1, `audience`): a name that the client's tokens are for anyway, a service that one of the
//! scopes belongs to, the client itself; where an exchange policy decides, also any other client of the server.

use super::super::{Asked, Refused};
use crate::domain::{Failure, client, in_force};

/// The most that a token is for by name.
const MOST: usize = 8;

/// The names that were sent, each once. None when none was.
pub(super) fn named(asked: &Asked<'_>, scopes: &[String]) -> Result<Vec<String>, Refused> {
    let sent = asked.sent.audience;
    if sent.len() > MOST {
        return Err(Failure::malformed("form.audience", format!("may be there {MOST} times at most")).into());
    }
    if sent.is_empty() {
        return Ok(Vec::new());
    }
    let services = in_force::services_of(asked.domain, asked.tenant, asked.server.0, scopes)?;
    let mut audience: Vec<String> = Vec::with_capacity(sent.len());
    for name in sent {
        let own = *name == asked.proven.id || asked.proven.client.value.audience.iter().any(|known| known == name);
        if !own && !services.contains(*name) && !is_client(asked, name)? {
            return Err(Refused::Target((*name).to_owned()));
        }
        if !audience.iter().any(|known| known == name) {
            audience.push((*name).to_owned());
        }
    }
    Ok(audience)
}

/// Whether a client of the server has this name, where a policy decides who may name it.
fn is_client(asked: &Asked<'_>, name: &str) -> Result<bool, Failure> {
    if asked.server.1.security.exchange_policy.is_none() {
        return Ok(false);
    }
    match client::current(asked.domain, asked.tenant, name) {
        Ok(found) => Ok(found.value.server == asked.server.0),
        Err(Failure::NotFound { .. }) => Ok(false),
        Err(failure) => Err(failure),
    }
}
