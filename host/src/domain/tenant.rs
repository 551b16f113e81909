//! A tenant: the wall around everything else. Used by the admin group (getAdminTenant, updateAdminTenant).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Caller, Domain, Failure};
use crate::store::{Kind, Noun, State, timeline};

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

/// The tenant `id`, as it is now. Every tenant is filed under itself.
pub fn current(domain: &Domain, id: &str) -> Result<Arc<State<Tenant>>, Failure> {
    let found = domain.store.current::<Tenant>(id, id, domain.world.now())?;
    found.ok_or_else(|| Failure::not_found("tenant", id))
}

/// Replaces the configuration of the tenant `id`.
pub async fn update(domain: &Domain, caller: &Caller, id: &str, tenant: Tenant) -> Result<State<Tenant>, Failure> {
    let (id, author, now) = (id.to_owned(), caller.name(), domain.world.now());
    domain
        .write(move |write| {
            match timeline::current::<Tenant>(write, &id, &id, now)? {
                Some(state) if !state.deleted => {
                    Ok(timeline::append(write, &id, &id, tenant.clone(), now, now, &author)?)
                }
                _ => Err(Failure::not_found("tenant", id.clone())),
            }
        })
        .await
}
