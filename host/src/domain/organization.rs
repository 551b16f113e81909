//! What makes a client one of its organization, which is its tenant: roles of its own instead of a person's.
//!
//! Part of a client of the tenant's `default` server, so whoever sees the clients of that server sees it.
//!
//! ```text
//! clients   what an organization does with its clients     application   which of its applications one acts for
//! ```

mod application;
pub mod clients;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    Domain, Failure, Problem,
    authorities::{Authorities, Role},
    client::Client,
    token::Order,
    workspace::DEFAULT_SERVER,
};
use crate::store::{Index, View, Write, index};

pub(super) use application::application;

/// What an organization has made of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Organization {
    /// What the client may be; only of [`Role::OF_CLIENTS`].
    pub roles: Vec<Role>,
    /// The application that it is bound to, by id.
    pub application: Option<String>,
}

impl Organization {
    /// Everything that is wrong with it, for a client of `server`.
    pub(super) fn problems(&self, server: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        if server != DEFAULT_SERVER {
            let reason = format!("goes with a client of the authorization server `{DEFAULT_SERVER}` only");
            problems.push(Problem::new("/organization", reason));
        }
        for (place, role) in self.roles.iter().enumerate() {
            let member = format!("/organization/roles/{place}");
            if !Role::OF_CLIENTS.contains(role) {
                problems.push(Problem::new(member, format!("`{}` is no role of a client", role.word())));
            } else if self.roles.iter().take(place).any(|other| other == role) {
                problems.push(Problem::new(member, format!("`{}` is there twice", role.word())));
            }
        }
        problems
    }
}

/// What stands where other indexes have the tenant. It is no tenant's id, so the removal of none takes entries along.
const EVERYWHERE: &str = "";

/// Keeps the lists of organizations' clients in step, inside a transaction. Without a tenant, a name is one client's.
pub(super) fn file(write: &mut Write<'_>, tenant: &str, id: &str, client: &Client) -> Result<(), Failure> {
    if client.organization.is_none() {
        return unfile(write, tenant, id, &client.server);
    }
    if of(&*write, id)?.is_some_and(|other| other != tenant) {
        return Err(Failure::invalid("/client_id", "is the name of a client of another organization"));
    }
    index::put(write, Index::OrganizationClients, &[EVERYWHERE, id], tenant)?;
    Ok(index::put(write, Index::ClientsOfOrganization, &[tenant, &client.server], id)?)
}

/// Takes a client that goes, or is its organization's no more, out of the lists.
pub(super) fn unfile(write: &mut Write<'_>, tenant: &str, id: &str, server: &str) -> Result<(), Failure> {
    index::remove(write, Index::OrganizationClients, &[EVERYWHERE, id], tenant)?;
    Ok(index::remove(write, Index::ClientsOfOrganization, &[tenant, server], id)?)
}

/// Lets go of the names of all clients of an organization, which goes itself, inside a transaction.
pub(super) fn forget(write: &mut Write<'_>, tenant: &str) -> Result<(), Failure> {
    for id in index::ids(&*write, Index::ClientsOfOrganization, &[tenant, SERVER])? {
        index::remove(write, Index::OrganizationClients, &[EVERYWHERE, &id], tenant)?;
    }
    Ok(())
}

fn of(view: &impl View, id: &str) -> Result<Option<String>, Failure> {
    Ok(index::ids_after(view, Index::OrganizationClients, &[EVERYWHERE, id], None, 1)?.pop())
}

/// The organization of a client that does not say which it is of. The server of its clients is [`SERVER`].
pub fn of_client(domain: &Domain, id: &str) -> Result<Option<String>, Failure> {
    of(&domain.store.read()?, id)
}

/// The authorization server of an organization's clients.
pub const SERVER: &str = DEFAULT_SERVER;

/// What the token of a client that acts for its organization says besides, in place of what the tenant's claims say; nothing for
/// every other token.
pub(super) fn claims(order: &Order<'_>) -> Map<String, Value> {
    let (mut claims, (_, client)) = (Map::new(), order.client);
    let Some(organization) = client.organization.as_ref().filter(|_| order.person().is_none()) else { return claims };
    let authorities = Authorities::of_client(order.tenant, organization, order.scopes.to_vec());
    let roles: Vec<&str> = authorities.roles.iter().map(|role| role.word()).collect();
    claims.insert("organization_id".to_owned(), json!(order.tenant));
    claims.insert("roles".to_owned(), json!(roles));
    claims.insert("authorities".to_owned(), json!(authorities.words()));
    claims.extend(order.application.map(|id| ("application_id".to_owned(), json!(id))));
    claims
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_never_more_than_its_organization_may_make_it() {
        let wrong = |roles: &[Role], server: &str| {
            let found = Organization { roles: roles.to_vec(), application: None }.problems(server);
            found.into_iter().map(|problem| problem.member).collect::<Vec<_>>()
        };
        assert_eq!(wrong(&Role::OF_CLIENTS, "default"), Vec::<String>::new());
        assert_eq!(wrong(&[], "shop"), ["/organization"]);
        for role in [Role::GlobalAdmin, Role::Service, Role::Customer] {
            assert_eq!(wrong(&[Role::Agent, role], "default"), ["/organization/roles/1"], "{role:?}");
        }
        assert_eq!(wrong(&[Role::Agent, Role::Agent], "default"), ["/organization/roles/1"]);
    }
}
