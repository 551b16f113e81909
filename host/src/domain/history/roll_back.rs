//! Going back: a record gets the value of an earlier state again, as a new state that holds from now on.
//!
//! It is a change like any other: the rules of the noun decide, indexes follow, the caller is its author. What lies outside the
//! timeline (secrets, keys) stays as it is; what is scheduled stays scheduled.

use super::{Named, states};
use crate::{
    domain::{
        By, Domain, Failure, api,
        api::Api,
        application::{self, Application},
        claim::{self, Claim},
        client::{self, Client},
        connection::{self, Connection},
        consent::{self, Consent, Draft},
        consent_action::{self, ConsentAction},
        credential::Given,
        gateway::{self, Gateway},
        plugin::{self, Plugin},
        policy::{self, Policy},
        scope::{self, Scope},
        server::{self, Server},
        service::{self, Service},
        tenant::{self, Tenant},
    },
    store::Kind,
};

/// Gives a record the value that it had in its state `version`, and answers the version of the new state. One that has been
/// deleted comes back, where that can be: a server and a gateway have lost what was below them, and a tenant everything.
pub async fn roll_back(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    kind: Kind,
    id: &str,
    version: u64,
) -> Result<u64, Failure> {
    let at = At { domain, by, tenant, id, version };
    match kind {
        Kind::Tenant => at.tenant().await,
        Kind::Server => at.server().await,
        Kind::Client => at.client().await,
        Kind::Scope => at.scope().await,
        Kind::Service => at.service().await,
        Kind::Api => at.api().await,
        Kind::Claim => at.claim().await,
        Kind::Gateway => at.gateway().await,
        Kind::Policy => at.policy().await,
        Kind::Consent => at.consent().await,
        Kind::ConsentAction => at.action().await,
        Kind::Application => at.application().await,
        Kind::Connection => at.connection().await,
        Kind::Plugin => at.plugin().await,
    }
}

/// Which state of which record.
struct At<'a> {
    domain: &'a Domain,
    by: &'a By<'a>,
    tenant: &'a str,
    id: &'a str,
    version: u64,
}

impl At<'_> {
    /// The value it had then, and whether the record is there now.
    fn value<T: Named>(&self) -> Result<(T, bool), Failure> {
        let states = states::<T>(self.domain, self.tenant, self.id)?;
        let there = self.domain.store.current::<T>(self.tenant, self.id, self.domain.now())?.is_some();
        let wanted = states.into_iter().find(|state| state.version == self.version);
        match wanted {
            None => Err(Failure::invalid("/version", "there is no such version, or it is no longer kept")),
            Some(state) if state.deleted => Err(Failure::invalid("/version", "the record is deleted in this version")),
            Some(state) => Ok((state.value, there)),
        }
    }

    async fn tenant(&self) -> Result<u64, Failure> {
        let (value, _) = self.value::<Tenant>()?;
        Ok(tenant::update(self.domain, self.by, self.id, value).await?.version)
    }

    async fn server(&self) -> Result<u64, Failure> {
        let (value, _) = self.value::<Server>()?;
        Ok(server::put_back(self.domain, self.by, self.tenant, self.id, value).await?.version)
    }

    async fn client(&self) -> Result<u64, Failure> {
        let (value, there) = self.value::<Client>()?;
        let given = Given::Nothing;
        let state = match there {
            true => client::update(self.domain, self.by, self.tenant, self.id, given, value).await?,
            false => client::create(self.domain, self.by, self.tenant, Some(self.id), given, value).await?.1,
        };
        Ok(state.version)
    }

    async fn scope(&self) -> Result<u64, Failure> {
        let (value, there) = self.value::<Scope>()?;
        let state = match there {
            true => scope::update(self.domain, self.by, self.tenant, self.id, value).await?,
            false => scope::create(self.domain, self.by, self.tenant, Some(self.id), value).await?.1,
        };
        Ok(state.version)
    }

    async fn service(&self) -> Result<u64, Failure> {
        let (value, there) = self.value::<Service>()?;
        let state = match there {
            true => service::update(self.domain, self.by, self.tenant, self.id, value).await?,
            false => service::create(self.domain, self.by, self.tenant, Some(self.id), value).await?.1,
        };
        Ok(state.version)
    }

    async fn api(&self) -> Result<u64, Failure> {
        let (value, there) = self.value::<Api>()?;
        let state = match there {
            true => api::put_back(self.domain, self.by, self.tenant, self.id, value).await?,
            false => api::create(self.domain, self.by, self.tenant, Some(self.id), value).await?.1,
        };
        Ok(state.version)
    }

    async fn claim(&self) -> Result<u64, Failure> {
        let (value, there) = self.value::<Claim>()?;
        let state = match there {
            true => claim::update(self.domain, self.by, self.tenant, self.id, value).await?,
            false => claim::create(self.domain, self.by, self.tenant, Some(self.id), value).await?.1,
        };
        Ok(state.version)
    }

    async fn gateway(&self) -> Result<u64, Failure> {
        let (Gateway { name, description, .. }, _) = self.value::<Gateway>()?;
        Ok(gateway::update(self.domain, self.by, self.tenant, self.id, name, description).await?.version)
    }

    async fn policy(&self) -> Result<u64, Failure> {
        let (value, there) = self.value::<Policy>()?;
        let state = match there {
            true => policy::update(self.domain, self.by, self.tenant, self.id, value).await?,
            false => policy::create(self.domain, self.by, self.tenant, self.id, value).await?,
        };
        Ok(state.version)
    }

    /// People have agreed to what was said in between, so the old words are a new version of the consent.
    async fn consent(&self) -> Result<u64, Failure> {
        let (Consent { terms, .. }, there) = self.value::<Consent>()?;
        let (draft, id) = (Draft { terms, valid_from: None, version: 0 }, self.id.to_owned());
        let state = match there {
            true => consent::update(self.domain, self.by, self.tenant, self.id, draft).await?,
            false => consent::create(self.domain, self.by, self.tenant, Some(id), draft).await?.1,
        };
        Ok(state.version)
    }

    async fn application(&self) -> Result<u64, Failure> {
        let (value, there) = self.value::<Application>()?;
        Ok(application::put_back(self.domain, self.by, self.tenant, self.id, value, there).await?.version)
    }

    async fn connection(&self) -> Result<u64, Failure> {
        let (value, _) = self.value::<Connection>()?;
        Ok(connection::put_back(self.domain, self.by, self.tenant, self.id, value).await?.version)
    }

    async fn plugin(&self) -> Result<u64, Failure> {
        let (value, _) = self.value::<Plugin>()?;
        Ok(plugin::put_back(self.domain, self.by, self.tenant, self.id, value).await?.version)
    }

    async fn action(&self) -> Result<u64, Failure> {
        let (value, there) = self.value::<ConsentAction>()?;
        let state = match there {
            true => consent_action::update(self.domain, self.by, self.tenant, self.id, value).await?,
            false => {
                let id = Some(self.id.to_owned());
                consent_action::create(self.domain, self.by, self.tenant, id, value).await?.1
            }
        };
        Ok(state.version)
    }
}
