//! Removes an authorization server with everything below it.
//!
//! [`delete`] is the administrators' operation; setups and scheduled states that are taken back call [`remove`] inside a
//! transaction of their own. Knows nothing of how a server is made.

use super::{Server, policies, secrets::ServerSecrets, user_of_plugin, user_of_policy};
use crate::{
    domain::{
        By, Domain, Failure, claim, client, gateway,
        key_ring::Owner,
        noun::Named,
        plugin, policy_use, scope, service,
        stamp::{Author, Stamp},
    },
    store::Write,
};

/// Removes a server and everything below it in one transaction (deleteAuthorizationServer). System servers stay.
pub async fn delete(domain: &Domain, by: &By<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.target::<Server>(write, &tenant, &id)?;
            match old.value.is_system(&id) {
                true => Err(Failure::InUse { noun: Server::NAME, by: vec!["the tenant itself".to_owned()] }),
                false => remove(write, &tenant, &id, &old.value, &stamp),
            }
        })
        .await
}

/// Removes a server with everything below it, inside a transaction.
pub(in crate::domain) fn remove(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: &Server,
    stamp: &Stamp,
) -> Result<(), Failure> {
    policy_use::switch(write, tenant, &user_of_policy(id), &policies(old), &[], stamp)?;
    let components = ("/consent_checker/name", [&*old.consent_checker.name]);
    plugin::users::switch(write, tenant, &user_of_plugin(id), components, [], stamp)?;
    remove_below(write, tenant, id, stamp)?;
    stamp.soft_delete::<Server>(write, tenant, id)?;
    Ok(())
}

/// Everything that belongs to a server: one line for each noun.
fn remove_below(write: &mut Write<'_>, tenant: &str, id: &str, stamp: &Stamp) -> Result<(), Failure> {
    gateway::delete_all(write, tenant, id, stamp)?;
    client::delete_all(write, tenant, id, stamp)?;
    claim::delete_all(write, tenant, id, stamp)?;
    scope::delete_all(write, tenant, id, stamp)?;
    service::delete_all(write, tenant, id, stamp)?;
    Owner::Server(tenant, id).remove(write)?;
    ServerSecrets::remove(write, tenant, id)
}
