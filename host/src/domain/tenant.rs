//! A tenant: the wall around everything else. Seen by itself (getAdminTenant, updateAdminTenant) and by whoever sets tenants
//! up (createTenant, listTenants, getTenant, updateTenant, deleteTenant).

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    By, Domain, Failure, Problem,
    client::Client,
    id,
    noun::{self, Named},
    organization,
    permit::SYSTEM_TENANT,
    plugin,
    server::Server,
    stamp::{Author, Stamp},
    text,
    workspace::{self, Workspace},
};
use crate::{
    crypto::Secret,
    store::{Kind, Noun, State, Write, tenants, timeline},
};

/// The tenant that is meant where none is named.
pub const DEFAULT: &str = "default";

/// A tenant's configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tenant {
    /// For people.
    pub name: String,
    /// What the authentication context of this tenant may hold.
    pub attributes: Vec<Attribute>,
}

/// An attribute of the authentication context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its dotted name.
    pub name: String,
    /// For people.
    pub description: String,
}

impl Noun for Tenant {
    const KIND: Kind = Kind::Tenant;
}

impl Named for Tenant {
    const NAME: &'static str = "tenant";
}

/// A tenant that was just made, with what it has from the start.
#[derive(Debug)]
pub struct Created {
    /// Its identifier.
    pub id: String,
    /// Its configuration.
    pub tenant: State<Tenant>,
    /// Its authorization servers, by id.
    pub servers: Vec<(String, Server)>,
    /// Its machine clients with their secrets, which are shown this once.
    pub clients: Vec<(String, Client, Secret)>,
}

/// The tenant `id`, as it is now. Every tenant is filed under itself.
pub fn current(domain: &Domain, id: &str) -> Result<Arc<State<Tenant>>, Failure> {
    noun::current(domain, id, id)
}

/// All tenants, by id (listTenants).
pub fn list(domain: &Domain) -> Result<Vec<(String, State<Tenant>)>, Failure> {
    let (read, now) = (domain.store.read()?, domain.now());
    let mut found = Vec::new();
    for id in tenants::known(&read)? {
        if let Some(state) = timeline::current::<Tenant>(&read, &id, &id, now)?.filter(|state| !state.deleted) {
            found.push((id, state));
        }
    }
    Ok(found)
}

/// Makes a tenant with the built-in policies and, when asked for, the servers and clients that make it usable
/// (createTenant). Without `id` it gets one, without attributes the usual ones.
pub async fn create(
    domain: &Domain,
    by: &By<'_>,
    id: Option<&str>,
    tenant: Tenant,
    workspaces: bool,
) -> Result<Created, Failure> {
    let id = id.map_or_else(|| id::generate(&domain.world), str::to_owned);
    let mut problems = problems(&tenant);
    problems.extend(id::check_tenant("/id", &id).err());
    Failure::unless_fine(problems)?;
    // Making keys takes a while, which a name that is taken is not worth.
    if domain.store.current::<Tenant>(&id, &id, domain.now())?.is_some() {
        return Err(taken(&id));
    }
    let servers: &[&str] = if workspaces { &workspace::SERVERS } else { &[] };
    let mut workspace = Workspace::plan(domain, &id, tenant, servers, Vec::new()).await?;
    let secrets = if workspaces { workspace.give_clients(domain) } else { Vec::new() };
    let (author, policies) = (Author::of(domain, by), Arc::clone(&domain.policies));
    let (tenant, servers, clients) = domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            stamp.absent::<Tenant>(write, workspace.id(), workspace.id())?;
            workspace.insert(write, &policies, &stamp)
        })
        .await?;
    let servers = servers.into_iter().map(|(id, state)| (id, state.value)).collect();
    let clients = clients.into_iter().zip(secrets).map(|((id, state), secret)| (id, state.value, secret)).collect();
    Ok(Created { id, tenant, servers, clients })
}

/// Replaces the configuration of the tenant `id` (updateAdminTenant, updateTenant).
pub async fn update(domain: &Domain, by: &By<'_>, id: &str, tenant: Tenant) -> Result<State<Tenant>, Failure> {
    check(&tenant)?;
    let (id, author) = (id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            stamp.target::<Tenant>(write, &id, &id)?;
            save(write, &id, &tenant, &stamp)
        })
        .await
}

/// Removes a tenant with everything in it, in one transaction (deleteTenant). Only the record that it was there, and who
/// removed it, is kept. The tenant `system` stays: without it nobody could set tenants up any more.
pub async fn delete(domain: &Domain, by: &By<'_>, id: &str) -> Result<(), Failure> {
    let (id, author) = (id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let last = stamp.target::<Tenant>(write, &id, &id)?.value;
            if id == SYSTEM_TENANT {
                return Err(Failure::InUse { noun: Tenant::NAME, by: vec!["the installation itself".to_owned()] });
            }
            organization::forget(write, &id)?;
            plugin::forget(write, &id, stamp.now)?;
            tenants::erase(write, &id)?;
            stamp.append(write, &id, &id, last)?;
            stamp.soft_delete::<Tenant>(write, &id, &id)?;
            Ok(())
        })
        .await
}

/// Writes a tenant's configuration inside a transaction.
pub(super) fn save(write: &mut Write<'_>, id: &str, tenant: &Tenant, stamp: &Stamp) -> Result<State<Tenant>, Failure> {
    Ok(stamp.replace(write, id, id, tenant.clone())?)
}

/// The rules that need no store.
pub fn check(tenant: &Tenant) -> Result<(), Failure> {
    Failure::unless_fine(problems(tenant))
}

fn taken(id: &str) -> Failure {
    Failure::Conflict { noun: Tenant::NAME, reason: format!("`{id}` exists already") }
}

fn problems(tenant: &Tenant) -> Vec<Problem> {
    const ATTRIBUTES: &str = "/authentication_context_settings/attributes";
    let Tenant { name, attributes } = tenant;
    let mut problems: Vec<Problem> =
        [text::name("/name", name), text::items(ATTRIBUTES, attributes)].into_iter().flatten().collect();
    let mut names = BTreeSet::new();
    for (place, Attribute { name, description }) in attributes.iter().enumerate() {
        let member = format!("{ATTRIBUTES}/{place}/name");
        problems.extend(text::name(&member, name));
        problems.extend(text::description(&format!("{ATTRIBUTES}/{place}/description"), description));
        if !names.insert(name) {
            problems.push(Problem::new(member, "is given more than once"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(tenant: &Tenant) -> Vec<String> {
        problems(tenant).into_iter().map(|problem| problem.member).collect()
    }

    #[test]
    fn a_tenant_has_a_name_and_attributes_of_different_names() {
        let attribute =
            |name: &str, description: &str| Attribute { name: name.into(), description: description.into() };
        let tenant = |name: &str, attributes: Vec<Attribute>| Tenant { name: name.into(), attributes };
        assert_eq!(wrong(&tenant("Shop", vec![attribute("email", ""), attribute("address.city", "City")])), [""; 0]);
        let bad = tenant(" ", vec![attribute("a", ""), attribute("", &"x".repeat(4097)), attribute("a", "")]);
        let place = |rest: &str| format!("/authentication_context_settings/attributes/{rest}");
        assert_eq!(wrong(&bad), ["/name".to_owned(), place("1/name"), place("1/description"), place("2/name")]);
        let many = (0..1001).map(|number| attribute(&number.to_string(), "")).collect();
        assert_eq!(wrong(&tenant("Shop", many)), ["/authentication_context_settings/attributes"]);
    }
}
