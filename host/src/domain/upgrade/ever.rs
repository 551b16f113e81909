//! Filing whatever has ever been below a server, in stores that have not: clients, services and scopes, also those that have
//! gone, and the names that setups have for clients.
//!
//! Called by `upgrade` at every start; newer records file themselves.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        Domain, Failure,
        client::{self, Client},
        noun::Named,
        scope::{self, Scope},
        service::Service,
    },
    store::{Index, Record, Table, Write, index, records, tenants, timeline},
};

/// How many clients are filed in one transaction.
const AT_ONCE: usize = 10_000;

/// Notes that the clients, the services and the scopes of a tenant are filed, also those that have gone.
#[derive(Serialize, Deserialize)]
struct Filed {
    /// Up to here, and all of them when none.
    clients_to: Option<String>,
}

impl Record for Filed {
    const TABLE: Table = Table::Meta;
}

/// Files the clients, the services and the scopes that every tenant has ever had, once: newer ones file themselves.
pub(super) async fn file(domain: &Domain) -> Result<(), Failure> {
    for tenant in tenants::known(&domain.store.read()?)? {
        loop {
            let tenant = tenant.clone();
            let done = domain
                .write(move |write| {
                    let key = ["filed", tenant.as_str()];
                    let before = records::get::<Filed>(write, &key)?;
                    if before.as_ref().is_some_and(|filed| filed.clients_to.is_none()) {
                        return Ok(true);
                    }
                    let after = before.and_then(|filed| filed.clients_to);
                    let clients_to = file_some(write, &tenant, after.as_deref())?;
                    let done = clients_to.is_none();
                    records::put(write, &key, &Filed { clients_to })?;
                    Ok::<_, Failure>(done)
                })
                .await?;
            if done {
                break;
            }
        }
    }
    Ok(())
}

/// Files some clients behind `after`, with the first ones all services and scopes. Answers up to which client, or none when that was all.
fn file_some(write: &mut Write<'_>, tenant: &str, after: Option<&str>) -> Result<Option<String>, Failure> {
    if after.is_none() {
        for (id, service) in timeline::list_ever::<Service>(&*write, tenant, None, usize::MAX)? {
            index::put(write, Index::EverOfServer, &[tenant, Service::NAME, &service.value.server], &id)?;
        }
        for (id, scope) in timeline::list_ever::<Scope>(&*write, tenant, None, usize::MAX)? {
            scope::file_for_good(write, tenant, &id, &scope.value)?;
        }
    }
    let clients = timeline::list_ever::<Client>(&*write, tenant, after, AT_ONCE)?;
    for (id, client) in &clients {
        client::file_for_good(write, tenant, id, &client.value.server)?;
    }
    Ok(clients.into_iter().nth(AT_ONCE - 1).map(|(id, _)| id))
}
