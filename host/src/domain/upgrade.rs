//! What stores of earlier versions lack, made at their next start: the tenants' own keys, the servers' secrets, scopes and
//! policies that servers and tenants were made without; the names of scopes and claims, which were not filed; and refresh tokens in
//! the place where they are now.
//!
//! Called by `boot` before anything is served. What is there already is left alone, so a start that is killed is repeated.

mod ever;
mod refresh_tokens;

use std::collections::BTreeSet;

use super::{
    Domain, Failure, claim, defaults,
    key_ring::{self, KeyRing, Owner},
    policy::{self, Policy},
    scope,
    server::{Secrets, ServerSecrets},
    stamp::Author,
    tenant,
};
use crate::store::{records, timeline};

/// Whom what is made comes from.
const AUTHOR: &str = "upgrade";

/// Makes what is missing.
pub(super) async fn run(domain: &Domain) -> Result<(), Failure> {
    ever::file(domain).await?;
    refresh_tokens::move_all(domain).await?;
    complete(domain).await?;
    give_policies(domain).await
}

/// Gives every tenant the built-in policies that it has never had, in one transaction. One that was removed stays so.
async fn give_policies(domain: &Domain) -> Result<(), Failure> {
    let (read, now) = (domain.store.read()?, domain.now());
    let mut lacking = Vec::new();
    for (tenant, _) in tenant::list(domain)? {
        for (id, policy) in domain.policies.iter() {
            if timeline::current::<Policy>(&read, &tenant, id, now)?.is_none() {
                lacking.push((tenant.clone(), id.clone(), policy.clone()));
            }
        }
    }
    if lacking.is_empty() {
        return Ok(());
    }
    let author = Author::named(domain, AUTHOR.to_owned());
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            for (tenant, id, policy) in &lacking {
                policy::save(write, tenant, id, policy, &stamp)?;
            }
            Ok(())
        })
        .await
}

/// Gives every tenant a ring and every server a secret and its scopes, and files names, in one transaction.
async fn complete(domain: &Domain) -> Result<(), Failure> {
    let read = domain.store.read()?;
    // Every server has a ring, under its tenant and its id; a tenant's own is under the tenant alone.
    let owners = records::list_prefix::<KeyRing>(&read, &[])?.into_iter().map(|(owner, _)| owner);
    let owners: BTreeSet<Vec<String>> = owners.collect();
    let mut rings = Vec::new();
    let mut secrets = Vec::new();
    let (mut servers, mut whole, now) = (Vec::new(), true, domain.now());
    for owner in &owners {
        let [tenant, server] = owner.as_slice() else { continue };
        let has_ring = owners.contains(std::slice::from_ref(tenant)) || rings.iter().any(|(id, _)| id == tenant);
        if !has_ring {
            rings.push((tenant.clone(), key_ring::generate_for_tenant(domain, tenant).await?));
        }
        if !ServerSecrets::exist(&read, tenant, server)? {
            let made = Secrets::prepare(domain, tenant, server, None, None);
            secrets.push((tenant.clone(), server.clone(), made));
        }
        whole = whole && defaults::is_complete(&read, tenant, server, now)?;
        servers.push((tenant.clone(), server.clone()));
    }
    if rings.is_empty() && secrets.is_empty() && whole {
        return Ok(());
    }
    let author = Author::named(domain, AUTHOR.to_owned());
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            for (tenant, ring) in &rings {
                Owner::Tenant(tenant).put(write, ring)?;
            }
            for (tenant, server, made) in &secrets {
                made.save(write, tenant, server)?;
                // A server without a secret is of the version that did not file names either.
                scope::file_names(write, tenant, server, &stamp)?;
                claim::file_names(write, tenant, server, &stamp)?;
            }
            for (tenant, server) in &servers {
                defaults::complete(write, tenant, server, &stamp)?;
            }
            Ok(())
        })
        .await
}
