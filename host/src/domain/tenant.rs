//! A tenant: the wall around everything else. Used by the admin group (getAdminTenant, updateAdminTenant).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Caller, Domain, Failure, stamp::Author};
use crate::store::{Kind, Noun, State};

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
    let found = domain.store.current::<Tenant>(id, id, domain.now())?;
    found.ok_or_else(|| Failure::not_found("tenant", id))
}

/// Replaces the configuration of the tenant `id`.
pub async fn update(domain: &Domain, caller: &Caller, id: &str, tenant: Tenant) -> Result<State<Tenant>, Failure> {
    let (id, author) = (id.to_owned(), Author::of(domain, caller));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            match stamp.live::<Tenant>(write, &id, &id)? {
                Some(_) => Ok(stamp.append(write, &id, &id, tenant.clone())?),
                None => Err(Failure::not_found("tenant", id.clone())),
            }
        })
        .await
}
