//! Who refers to scopes by name: clients that may ask for them, and claims that go into tokens with them.
//!
//! Called by `scope` inside its transactions. A scope's new name is written through; a scope that goes is forgotten, so
//! that a later one of its name is given to nobody who has not asked for it. Both look at every client of the server: a
//! rare change is slow so that the common question, what a client may ask for, stays quick.

use super::{
    Failure,
    claim::{self, Claim},
    client::{Client, ClientScopes},
    stamp::Stamp,
};
use crate::store::{Index, Write, index};

/// Writes a new name through.
pub(super) fn rename(
    write: &mut Write<'_>,
    tenant: &str,
    server: &str,
    from: &str,
    to: &str,
    stamp: &Stamp,
) -> Result<(), Failure> {
    replace(write, tenant, server, from, Some(to), stamp)
}

/// Takes a scope from everybody who has it. A claim that had no other one goes with it: without scopes it would be in
/// every token.
pub(super) fn forget(
    write: &mut Write<'_>,
    tenant: &str,
    server: &str,
    name: &str,
    stamp: &Stamp,
) -> Result<(), Failure> {
    replace(write, tenant, server, name, None, stamp)
}

fn replace(
    write: &mut Write<'_>,
    tenant: &str,
    server: &str,
    from: &str,
    to: Option<&str>,
    stamp: &Stamp,
) -> Result<(), Failure> {
    for id in index::ids(write, Index::ServerClients, &[tenant, server])? {
        stamp.revise::<Client>(write, tenant, &id, |client| client_with(client, from, to))?;
    }
    for id in index::ids(write, Index::ServerClaims, &[tenant, server])? {
        let Some(state) = stamp.standing::<Claim>(write, tenant, &id)? else { continue };
        let Some(scopes) = names_with(&state.value.scopes, from, to) else { continue };
        if scopes.is_empty() {
            claim::remove(write, tenant, &id, &state.value, stamp)?;
        } else {
            stamp.revise(write, tenant, &id, |claim: Claim| Some(Claim { scopes: scopes.clone(), ..claim }))?;
        }
    }
    Ok(())
}

/// The client with `to` for `from`, if it has it.
fn client_with(mut client: Client, from: &str, to: Option<&str>) -> Option<Client> {
    let named = match &client.scopes {
        ClientScopes::Only(scopes) => names_with(scopes, from, to),
        ClientScopes::AllOfServer => None,
    };
    let privacy = client.privacy.remove(from);
    if named.is_none() && privacy.is_none() {
        return None;
    }
    if let Some(scopes) = named {
        client.scopes = ClientScopes::Only(scopes);
    }
    client.privacy.extend(to.map(str::to_owned).zip(privacy));
    Some(client)
}

/// The names with `to` for `from`, if it is among them.
fn names_with(names: &[String], from: &str, to: Option<&str>) -> Option<Vec<String>> {
    let has = names.iter().any(|name| name == from);
    let other = |name: &String| if name == from { to.map(str::to_owned) } else { Some(name.clone()) };
    has.then(|| names.iter().filter_map(other).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::client::ScopePrivacy;

    #[test]
    fn a_client_is_touched_only_when_it_has_the_scope() {
        let with = |scopes: &[&str], privacy: &[&str]| Client {
            scopes: ClientScopes::Only(scopes.iter().map(|&name| name.to_owned()).collect()),
            privacy: privacy.iter().map(|&name| (name.to_owned(), ScopePrivacy::default())).collect(),
            ..Client::default()
        };
        assert_eq!(client_with(with(&["a"], &["a"]), "b", Some("c")), None);
        assert_eq!(client_with(Client { scopes: ClientScopes::AllOfServer, ..Client::default() }, "b", None), None);
        assert_eq!(client_with(with(&["a", "b"], &["b"]), "b", Some("c")), Some(with(&["a", "c"], &["c"])));
        assert_eq!(client_with(with(&["a", "b"], &["b"]), "b", None), Some(with(&["a"], &[])));
    }
}
