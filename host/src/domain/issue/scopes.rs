//! The scopes of a token: what a client may have, what it asks for of that, and what is still there of what it was granted.

use std::collections::BTreeSet;

use super::{Asked, Refused};
use crate::domain::{
    Domain, Failure,
    client::{Client, ClientScopes},
    in_force, scope,
};

/// What a client gets: what it asks for, if it may have all of it, or everything it may have (DESIGN §8).
pub fn of_client(domain: &Domain, tenant: &str, client: &Client, asked: Option<&str>) -> Result<Vec<String>, Refused> {
    let all = match &client.scopes {
        // One of them may have ended by itself.
        ClientScopes::Only(scopes) => in_force::those_there(domain, tenant, &client.server, scopes.clone())?,
        ClientScopes::AllOfServer => {
            let read = domain.store.read().map_err(Failure::from)?;
            scope::names(&read, tenant, &client.server, domain.now())?
        }
    };
    if asked.is_some() { narrowed(&all, asked) } else { Ok(all) }
}

/// What is asked for of `all`, each once; everything when nothing is said.
pub(super) fn narrowed(all: &[String], asked: Option<&str>) -> Result<Vec<String>, Refused> {
    let Some(asked) = asked else { return Ok(all.to_vec()) };
    let wanted: BTreeSet<&str> = asked.split(' ').filter(|name| !name.is_empty()).collect();
    match wanted.iter().find(|name| !all.iter().any(|scope| scope == *name)) {
        Some(refused) => Err(Refused::Scope((*refused).to_owned())),
        None => Ok(wanted.into_iter().map(str::to_owned).collect()),
    }
}

/// Those of the granted scopes that the client may still have.
pub(super) fn still(asked: &Asked<'_>, granted: &[String]) -> Result<Vec<String>, Failure> {
    let mut scopes = granted.to_vec();
    if let ClientScopes::Only(own) = &asked.proven.client.value.scopes {
        scopes.retain(|scope| own.contains(scope));
    }
    in_force::those_there(asked.domain, asked.tenant, asked.server.0, scopes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_narrow_and_never_widen() {
        let all = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(narrowed(&all, None).unwrap(), all);
        assert_eq!(narrowed(&all, Some("c a  a")).unwrap(), ["a", "c"]);
        assert_eq!(narrowed(&all, Some(" ")).unwrap(), Vec::<String>::new());
        assert!(matches!(narrowed(&all, Some("a d")), Err(Refused::Scope(scope)) if scope == "d"));
    }
}
