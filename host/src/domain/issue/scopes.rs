//! The scopes of a client: what it may have, and what it asks for of that.

use std::collections::BTreeSet;

use super::Refused;
use crate::domain::{
    Domain, Failure,
    client::{Client, ClientScopes},
    scope,
};

/// What a client gets: what it asks for, if it may have all of it, or everything it may have (DESIGN §8).
pub fn of_client(domain: &Domain, tenant: &str, client: &Client, asked: Option<&str>) -> Result<Vec<String>, Refused> {
    let all = match &client.scopes {
        ClientScopes::Only(scopes) => scopes.clone(),
        ClientScopes::AllOfServer => {
            let read = domain.store.read().map_err(Failure::from)?;
            scope::names(&read, tenant, &client.server, domain.now())?
        }
    };
    let Some(asked) = asked else { return Ok(all) };
    let wanted: BTreeSet<&str> = asked.split(' ').filter(|name| !name.is_empty()).collect();
    match wanted.iter().find(|name| !all.iter().any(|scope| scope == *name)) {
        Some(refused) => Err(Refused::Scope((*refused).to_owned())),
        None => Ok(wanted.into_iter().map(str::to_owned).collect()),
    }
}
