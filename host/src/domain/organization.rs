//! What makes a client one of its organization, which is its tenant: roles of its own instead of a person's.
//!
//! Part of a client of the tenant's `default` server, so whoever sees the clients of that server sees it.

use serde::{Deserialize, Serialize};

use super::{Failure, Problem, authorities::Role, workspace::DEFAULT_SERVER};
use crate::store::{Index, Write, index};

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

/// Keeps the list of clients that are found without their tenant in step, inside a transaction. There a name is one client's.
pub(super) fn file(write: &mut Write<'_>, tenant: &str, id: &str, now: Option<&Organization>) -> Result<(), Failure> {
    if now.is_none() {
        return Ok(index::remove(write, Index::OrganizationClients, &[id], tenant)?);
    }
    if index::ids(&*write, Index::OrganizationClients, &[id])?.iter().any(|other| other != tenant) {
        return Err(Failure::invalid("/client_id", "is the name of a client of another organization"));
    }
    Ok(index::put(write, Index::OrganizationClients, &[id], tenant)?)
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
