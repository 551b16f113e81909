//! A scope: a name for a right, granted to clients of an authorization server.
//!
//! Clients and claims refer to scopes by name (`scope_use`), policies decide who gets one (`policy_use`), consent actions what
//! people agree to first (`consent_use`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    By, Domain, Failure, Problem, consent_use, name,
    noun::{self, Named},
    policy_use::{self, Reference},
    scope_use,
    server::Server,
    service::Service,
    setup::members::ScopeMembers,
    stamp::Stamp,
    text,
};
use crate::{
    store::{Index, Kind, Noun, State, StoreError, View, Write, index},
    world::Micros,
};

/// A scope's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scope {
    /// The authorization server it belongs to.
    pub server: String,
    /// The name on the wire.
    pub name: String,
    /// For people.
    pub display_name: String,
    /// For people.
    pub description: String,
    /// The service it belongs to.
    pub service: Option<String>,
    /// Decides when a person's token would get it: a scope that it denies is left out.
    pub user_policy: Option<String>,
    /// Decides when a developer assigns it to a client.
    pub developer_policy: Option<String>,
    /// Decides when a client would get it on its own behalf: a scope that it denies is left out.
    pub client_policy: Option<String>,
    /// The consent action whose required consents people must have given before it is granted.
    pub consent_action: Option<String>,
    /// Made by the server itself: it keeps its name and its service, and cannot be removed.
    pub system: bool,
    /// Since when this record has this name, in microseconds; 0 where it has had it always, or nobody wrote it down. What people
    /// agreed to earlier was another scope. Where it is saved, this is put right.
    pub since: Micros,
    /// What only setups say of it. None, where it is saved, leaves it as it is.
    pub setup: Option<Box<ScopeMembers>>,
}

impl Noun for Scope {
    const KIND: Kind = Kind::Scope;
}

impl Named for Scope {
    const NAME: &'static str = "scope";

    /// Who schedules a scope sees its name, its place and what only setups say; a new name or place that the scope gets now
    /// is that of the same scope later.
    fn carried(scheduled: Scope, before: &Scope, now: &Scope) -> Scope {
        let (name, since) = match scheduled.name == before.name {
            true => (now.name.clone(), scheduled.since.max(now.since)),
            false => (scheduled.name, scheduled.since),
        };
        let service = if scheduled.service == before.service { now.service.clone() } else { scheduled.service };
        Scope { name, since, service, setup: scheduled.setup, ..now.clone() }
    }

    fn bears(&self, parent: &str, name: &str) -> bool {
        self.server == parent && self.name == name
    }
}

/// The scope `id` as it is now.
pub fn current(domain: &Domain, tenant: &str, id: &str) -> Result<Arc<State<Scope>>, Failure> {
    noun::current(domain, tenant, id)
}

/// All scopes of a server, by id. A server that is not there has none (listScopes has no other answer).
pub fn list(domain: &Domain, tenant: &str, server: &str) -> Result<Vec<(String, State<Scope>)>, Failure> {
    noun::below(&domain.store.read()?, Index::ServerScopes, tenant, server, domain.now())
}

/// All scopes of a service, by id.
pub fn of_service(domain: &Domain, tenant: &str, service: &str) -> Result<Vec<(String, State<Scope>)>, Failure> {
    noun::below(&domain.store.read()?, Index::ServiceScopes, tenant, service, domain.now())
}

/// The names of a server's scopes, in order.
pub fn names(view: &impl View, tenant: &str, server: &str, at: i64) -> Result<Vec<String>, Failure> {
    let scopes = noun::below::<Scope>(view, Index::ServerScopes, tenant, server, at)?;
    let mut names: Vec<String> = scopes.into_iter().map(|(_, state)| state.value.name).collect();
    names.sort_unstable();
    Ok(names)
}

/// Whether a server has a scope of this name at `at`.
pub(super) fn exists(view: &impl View, tenant: &str, server: &str, name: &str, at: Micros) -> Result<bool, Failure> {
    Ok(name::holder::<Scope>(view, tenant, server, name, at)?.is_some())
}

/// Makes a scope (createScope). Without `id` it gets one.
pub async fn create(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: Option<&str>,
    scope: Scope,
) -> Result<(String, State<Scope>), Failure> {
    check(&scope)?;
    noun::create(domain, by, tenant, id, Scope { system: false, ..scope }, save).await
}

/// Replaces a scope (updateScope). A new name is what its clients and claims have from then on; without a service it
/// stays where it is.
pub async fn update(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    scope: Scope,
) -> Result<State<Scope>, Failure> {
    let change = move |old: &Scope| {
        let scope = kept(old, scope.clone())?;
        check(&scope)?;
        Ok(scope)
    };
    noun::update(domain, by, tenant, id, change, save).await
}

/// Removes a scope, which its clients lose (deleteScope).
pub async fn delete(domain: &Domain, by: &By<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    let may_go = |scope: &Scope| match scope.system {
        true => Err(Failure::Forbidden { needs: "a scope that the server did not make itself".to_owned() }),
        false => Ok(()),
    };
    noun::delete(domain, by, tenant, id, may_go, remove).await
}

/// Writes a scope with its name, its place and what it refers to, inside a transaction.
pub(super) fn save(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: Option<&Scope>,
    scope: &Scope,
    stamp: &Stamp,
) -> Result<State<Scope>, Failure> {
    let (server, had) = (scope.server.as_str(), old.map(|old| old.name.as_str()));
    let before = old.map(|old| old.server.as_str());
    noun::parent::<Server>(write, tenant, "/authorization_server_id", before, server, stamp)?;
    if let Some(service) = &scope.service {
        let found = noun::parent::<Service>(write, tenant, "/service_id", None, service, stamp)?;
        if found.value.server != server {
            return Err(Failure::invalid("/service_id", format!("is no service of the server `{server}`")));
        }
    }
    let dangling = consent_use::problem(&*write, tenant, scope.consent_action.as_ref(), stamp.from())?;
    Failure::unless_fine(dangling.into_iter().collect())?;
    if name::switch::<Scope>(write, tenant, server, id, had, ("/name", &scope.name), stamp)? {
        // The one before has ended by itself, and nobody took it from those who had it.
        scope_use::forget(write, tenant, server, &scope.name, stamp)?;
    }
    if let Some(had) = had.filter(|had| *had != scope.name) {
        scope_use::rename(write, tenant, server, had, &scope.name, stamp)?;
    }
    let policies_before = old.map(policies).unwrap_or_default();
    policy_use::switch(write, tenant, &user(id), &policies_before, &policies(scope), stamp)?;
    let action_before = old.and_then(|old| old.consent_action.as_ref());
    consent_use::switch(write, tenant, &user(id), action_before, scope.consent_action.as_ref())?;
    noun::refile(write, Index::ServerScopes, tenant, before, Some(server), id)?;
    let service_before = stamp.leaving(old).and_then(|old| old.service.as_deref());
    noun::refile(write, Index::ServiceScopes, tenant, service_before, scope.service.as_deref(), id)?;
    file_for_good(write, tenant, id, scope)?;
    let setup = scope.setup.clone().or_else(|| old.and_then(|old| old.setup.clone()));
    let since = since(write, tenant, id, scope, stamp)?;
    Ok(stamp.replace(write, tenant, id, Scope { since, setup, ..scope.clone() })?)
}

/// Since when a scope has its name, which one that has gone in between has anew. The server's own are as old as the server.
fn since(write: &Write<'_>, tenant: &str, id: &str, scope: &Scope, stamp: &Stamp) -> Result<Micros, StoreError> {
    let due = stamp.due::<Scope>(write, tenant, id)?.map(|state| state.value);
    Ok(match due.filter(|due| due.bears(&scope.server, &scope.name)) {
        Some(due) => due.since,
        None if scope.system => 0,
        None => stamp.from(),
    })
}

/// Files a scope where it stays when it has gone, or goes to another service.
pub(super) fn file_for_good(write: &mut Write<'_>, tenant: &str, id: &str, scope: &Scope) -> Result<(), StoreError> {
    match &scope.service {
        Some(service) => index::put(write, Index::EverOfServer, &[tenant, Scope::NAME, service], id),
        None => Ok(()),
    }
}

/// Removes a scope, also from the clients and claims that have it, inside a transaction.
pub(super) fn remove(write: &mut Write<'_>, tenant: &str, id: &str, old: &Scope, stamp: &Stamp) -> Result<(), Failure> {
    scope_use::forget(write, tenant, &old.server, &old.name, stamp)?;
    name::take_back::<Scope>(write, tenant, &old.server, &old.name, id)?;
    policy_use::switch(write, tenant, &user(id), &policies(old), &[], stamp)?;
    consent_use::switch(write, tenant, &user(id), old.consent_action.as_ref(), None)?;
    noun::refile(write, Index::ServerScopes, tenant, Some(&old.server), None, id)?;
    noun::refile(write, Index::ServiceScopes, tenant, old.service.as_deref(), None, id)?;
    stamp.soft_delete::<Scope>(write, tenant, id)?;
    Ok(())
}

/// Removes the scopes of a server that goes, inside a transaction.
pub(super) fn delete_all(write: &mut Write<'_>, tenant: &str, server: &str, stamp: &Stamp) -> Result<(), Failure> {
    noun::remove_below(write, Index::ServerScopes, tenant, server, stamp, remove)
}

/// Files the names of a server's scopes as [`save`] does, for a store that has none, inside a transaction.
pub(super) fn file_names(write: &mut Write<'_>, tenant: &str, server: &str, stamp: &Stamp) -> Result<(), Failure> {
    for (id, state) in noun::below::<Scope>(write, Index::ServerScopes, tenant, server, stamp.now)? {
        name::give::<Scope>(write, tenant, server, &state.value.name, &id, stamp)?;
    }
    Ok(())
}

/// Checks what needs no store.
pub(super) fn check(scope: &Scope) -> Result<(), Failure> {
    let mut problems = Vec::new();
    problems.extend(text::name("/authorization_server_id", &scope.server));
    problems.extend(token("/name", &scope.name));
    problems.extend(text::description("/display_name", &scope.display_name));
    problems.extend(text::description("/description", &scope.description));
    Failure::unless_fine(problems)
}

/// A scope-token (RFC 6749 §3.3): what stands in a list of scopes as it is.
fn token(member: &str, name: &str) -> Option<Problem> {
    let allowed = |c: char| matches!(c, '\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
    text::name(member, name).or_else(|| {
        let reason = "may have printable ASCII characters only, and no blank, `\"` or `\\`";
        (!name.chars().all(allowed)).then(|| Problem::new(member, reason))
    })
}

/// What an update leaves as it is: the server, and of the server's own scopes also their name and their service.
fn kept(old: &Scope, scope: Scope) -> Result<Scope, Failure> {
    let server = noun::fixed("/authorization_server_id", scope.server, &old.server)?;
    let service = scope.service.or_else(|| old.service.clone());
    if old.system && service != old.service {
        return Err(Failure::invalid("/service_id", "cannot be changed"));
    }
    let name = if old.system { noun::fixed("/name", scope.name, &old.name)? } else { scope.name };
    Ok(Scope { server, service, name, system: old.system, ..scope })
}

fn policies(scope: &Scope) -> Vec<Reference<'_>> {
    let policies = [
        ("/user_policy_id", &scope.user_policy),
        ("/developer_policy_id", &scope.developer_policy),
        ("/client_policy_id", &scope.client_policy),
    ];
    policies.into_iter().filter_map(|(member, policy)| Reference::of(member, policy.as_ref())).collect()
}

/// Its name among the users of a policy or a consent action.
fn user(id: &str) -> String {
    format!("scope `{id}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_scope_token() {
        for name in ["openid", "payments.read", "https://example.com/a#b", "a:b!~", "[]"] {
            assert_eq!(token("/name", name), None, "{name}");
        }
        for name in ["", " ", "a b", "a\"b", "a\\b", "a\tb", "ä", &"a".repeat(257)] {
            assert!(token("/name", name).is_some(), "{name:?}");
        }
    }

    #[test]
    fn the_servers_own_scopes_keep_their_names() {
        let old = Scope { server: "shop".into(), name: "email".into(), system: true, ..Scope::default() };
        let policy = Scope { user_policy: Some("block".into()), ..Scope::default() };
        assert_eq!(kept(&old, policy.clone()), Ok(Scope { user_policy: Some("block".into()), ..old.clone() }));
        let renamed = Scope { name: "mail".into(), ..policy };
        assert_eq!(kept(&old, renamed), Err(Failure::invalid("/name", "cannot be changed")));
    }
}
