//! Before the transaction: every rule that needs no store, and whatever takes long: keys, hashes, the sandbox's opinion of
//! policies. All that is wrong is found, not only the first of it.

use std::collections::BTreeSet;

use super::{Configuration, Entry, Ready, Wanted};
use crate::{
    crypto::keys::Algorithm,
    domain::{
        Domain, Failure, Problem, api, claim, client, consent, consent_action, gateway, id,
        key_ring::{Owner, given::Keys},
        policy, scope, server, service, tenant,
        tenant::Tenant,
    },
};

/// How many records may be prepared before other requests get a turn on this worker.
const IN_A_ROW: usize = 64;

/// Checks everything and makes it ready.
pub(super) async fn prepare(domain: &Domain, wanted: Configuration<Wanted>) -> Result<Configuration<Ready>, Failure> {
    let Configuration {
        tenants,
        policies,
        servers,
        services,
        scopes,
        apis,
        claims,
        clients,
        gateways,
        consents,
        actions,
    } = wanted;
    let mut found = Found::default();
    found.ids(&tenants, "/id");
    found.ids(&policies, "/id");
    found.ids(&servers, "/id");
    found.ids(&services, "/id");
    found.ids(&scopes, "/id");
    found.ids(&apis, "/id");
    found.ids(&claims, "/id");
    found.ids(&clients, "/client_id");
    found.ids(&gateways, "/id");
    found.ids(&consents, "/id");
    found.ids(&actions, "/id");
    found.each(&services, |record| service::check(&record.service))?;
    for entry in &services {
        found.add(&entry.place, service::is_no_server(domain, &entry.tenant, &entry.value.service))?;
    }
    found.each(&scopes, scope::check)?;
    found.each(&apis, api::check)?;
    found.each(&gateways, gateway::check)?;
    let now = domain.now();
    found.each(&consents, |draft| consent::check(draft, now))?;
    found.each(&actions, consent_action::check)?;
    for entry in &policies {
        found.add(&entry.place, policy::check(domain, &entry.tenant, &entry.value).await)?;
    }
    for entry in &claims {
        found.add(&entry.place, claim::accept(domain, &entry.value).await)?;
    }
    let tenants = found.tenants(domain, tenants).await?;
    let servers = found.servers(domain, servers).await?;
    let clients = found.clients(domain, clients).await?;
    found.done()?;
    Ok(Configuration {
        tenants,
        policies,
        servers,
        services,
        scopes,
        apis,
        claims,
        clients,
        gateways,
        consents,
        actions,
    })
}

/// Problems, each with the place of the record that it is about.
#[derive(Default)]
pub(super) struct Found(Vec<Problem>);

impl Found {
    /// What was checked at `place`, or nothing and a note of what is wrong with it. Any other failure ends the import.
    pub(super) fn add<T>(&mut self, place: &str, checked: Result<T, Failure>) -> Result<Option<T>, Failure> {
        match checked {
            Ok(value) => Ok(Some(value)),
            Err(Failure::Invalid(problems)) => {
                let below = |problem: Problem| Problem::new(format!("{place}{}", problem.member), problem.reason);
                self.0.extend(problems.into_iter().map(below));
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// The end: nothing may be wrong.
    pub(super) fn done(self) -> Result<(), Failure> {
        Failure::unless_fine(self.0)
    }

    /// Ids that cannot be kept, and those that are there twice.
    fn ids<T>(&mut self, entries: &[Entry<T>], member: &str) {
        let mut seen = BTreeSet::new();
        for Entry { tenant, id, place, .. } in entries {
            let at = format!("{place}{member}");
            self.0.extend(id::check(&at, id).err());
            if !seen.insert((tenant, id)) {
                self.0.push(Problem::new(at, "is there twice"));
            }
        }
    }

    fn each<T>(&mut self, entries: &[Entry<T>], check: impl Fn(&T) -> Result<(), Failure>) -> Result<(), Failure> {
        entries.iter().try_for_each(|entry| self.add(&entry.place, check(&entry.value)).map(drop))
    }

    async fn tenants(
        &mut self,
        domain: &Domain,
        entries: Vec<Entry<(Tenant, Option<serde_json::Value>)>>,
    ) -> Result<Vec<Entry<(Tenant, Keys)>>, Failure> {
        let mut ready = Vec::with_capacity(entries.len());
        for Entry { tenant, id, value: (value, jwks), place } in entries {
            let checked = id::check_tenant("/id", &id).map_err(|problem| Failure::Invalid(vec![problem]));
            self.add(&place, checked.and(tenant::check(&value)))?;
            let missing = domain.store.current::<Tenant>(&id, &id, domain.now())?.is_none();
            let keys = Keys::prepare(domain, Owner::Tenant(&id), jwks, missing.then_some(Algorithm::Es256)).await;
            if let Some(keys) = self.add(&place, keys)? {
                ready.push(Entry { tenant, id, value: (value, keys), place });
            }
        }
        Ok(ready)
    }

    async fn servers(
        &mut self,
        domain: &Domain,
        entries: Vec<Entry<server::Wanted>>,
    ) -> Result<Vec<Entry<server::Prepared>>, Failure> {
        let mut ready = Vec::with_capacity(entries.len());
        for Entry { tenant, id, value, place } in entries {
            self.add(&place, server::check_length(&id))?;
            let prepared = server::prepare(domain, &tenant, &id, value).await;
            if let Some(value) = self.add(&place, prepared)? {
                ready.push(Entry { tenant, id, value, place });
            }
        }
        Ok(ready)
    }

    async fn clients(
        &mut self,
        domain: &Domain,
        entries: Vec<Entry<(client::Client, crate::domain::credential::Given)>>,
    ) -> Result<Vec<Entry<client::Prepared>>, Failure> {
        let mut ready = Vec::with_capacity(entries.len());
        for (number, Entry { tenant, id, value: (value, given), place }) in entries.into_iter().enumerate() {
            if number % IN_A_ROW == IN_A_ROW - 1 {
                tokio::task::yield_now().await;
            }
            let prepared = client::prepare(domain, &tenant, &id, value, given);
            if let Some(value) = self.add(&place, prepared)? {
                ready.push(Entry { tenant, id, value, place });
            }
        }
        Ok(ready)
    }
}
