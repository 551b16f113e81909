//! A tenant: the wall around everything else. Used by the admin group (getAdminTenant, updateAdminTenant).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    By, Domain, Failure,
    noun::{self, Named},
    stamp::Author,
};
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

impl Named for Tenant {
    const NAME: &'static str = "tenant";
}

/// The tenant `id`, as it is now. Every tenant is filed under itself.
pub fn current(domain: &Domain, id: &str) -> Result<Arc<State<Tenant>>, Failure> {
    noun::current(domain, id, id)
}

/// Replaces the configuration of the tenant `id`.
pub async fn update(domain: &Domain, by: &By<'_>, id: &str, tenant: Tenant) -> Result<State<Tenant>, Failure> {
    let (id, author) = (id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            stamp.target::<Tenant>(write, &id, &id)?;
            Ok(stamp.replace(write, &id, &id, tenant.clone())?)
        })
        .await
}
