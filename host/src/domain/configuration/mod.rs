//! The whole configuration, of one tenant or of all: out of the store in one view, and into it in one transaction.
//!
//! Called by the system group and by the command line. An export has whatever an import needs, so that a configuration that
//! went out and came in goes out again as it was. Knows the nouns, which write and check themselves.
//!
//! ```text
//! export    store → Kept → Opened         prepare   Wanted → Ready, before the transaction
//! import    Ready → store, by a mode      rehearse  the same, taken back
//! report    what an import did            setup     that somebody can still set tenants up
//! ```

mod export;
mod import;
mod positions;
mod prepare;
mod report;
mod setup;

use serde_json::Value;

use super::{
    api::Api,
    claim::Claim,
    client::{self, Client},
    consent::{Consent, Draft},
    consent_action::ConsentAction,
    credential::{Credential, Exported, Given},
    gateway::Gateway,
    import::Specification,
    key_ring::{KeyRing, given::Keys},
    policy::Policy,
    scope::Scope,
    server::{self, Server, ServerSecrets},
    service::Service,
    tenant::Tenant,
};

pub use export::{export, open};
pub use import::{Mode, Rehearsal, import, rehearse};
pub use report::Report;

/// A record with where it is filed.
#[derive(Clone, Debug)]
pub struct Entry<T> {
    /// Its tenant.
    pub tenant: String,
    /// Its id, unique among its kind in the tenant.
    pub id: String,
    /// What it is.
    pub value: T,
    /// Where it stands in the document that it comes from, as a JSON Pointer; empty when it comes from the store.
    pub place: String,
}

impl<T> Entry<T> {
    /// The same record with another value.
    fn with<V>(
        self,
        change: impl FnOnce(&str, &str, T) -> Result<V, super::Failure>,
    ) -> Result<Entry<V>, super::Failure> {
        let Entry { tenant, id, value, place } = self;
        let value = change(&tenant, &id, value)?;
        Ok(Entry { tenant, id, value, place })
    }
}

/// The records of every kind, by tenant and id when they come from the store. What holds secrets looks different at every
/// stage of its way; the rest is what it is.
#[expect(missing_docs, reason = "the nouns under their own names")]
pub struct Configuration<S: Stage> {
    pub tenants: Vec<Entry<S::Tenant>>,
    pub policies: Vec<Entry<Policy>>,
    pub servers: Vec<Entry<S::Server>>,
    pub services: Vec<Entry<ServiceRecord>>,
    pub scopes: Vec<Entry<Scope>>,
    pub apis: Vec<Entry<Api>>,
    pub claims: Vec<Entry<Claim>>,
    pub clients: Vec<Entry<S::Client>>,
    pub gateways: Vec<Entry<Gateway>>,
    pub consents: Vec<Entry<S::Consent>>,
    pub actions: Vec<Entry<ConsentAction>>,
}

impl<S: Stage> Default for Configuration<S> {
    fn default() -> Configuration<S> {
        Configuration {
            tenants: Vec::new(),
            policies: Vec::new(),
            servers: Vec::new(),
            services: Vec::new(),
            scopes: Vec::new(),
            apis: Vec::new(),
            claims: Vec::new(),
            clients: Vec::new(),
            gateways: Vec::new(),
            consents: Vec::new(),
            actions: Vec::new(),
        }
    }
}

/// How far a configuration has come on its way.
pub trait Stage {
    /// A tenant with its own keys.
    type Tenant;
    /// An authorization server with its keys, its secrets and its ways to log in.
    type Server;
    /// A client with its secret.
    type Client;
    /// A consent.
    type Consent;
}

/// A service with what its last import of an OpenAPI document has made.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the sentence above says it")]
pub struct ServiceRecord {
    pub service: Service,
    pub specification: Option<Specification>,
}

/// As the store has it: secrets sealed or hashed.
pub enum Kept {}

impl Stage for Kept {
    type Tenant = (Tenant, Option<KeyRing>);
    type Server = (Server, Option<KeyRing>, Option<ServerSecrets>);
    type Client = (Client, Option<Credential>);
    type Consent = Consent;
}

/// As a document shows it: secrets in clear, or as the hashes that are all there is.
pub enum Opened {}

impl Stage for Opened {
    type Tenant = (Tenant, Option<Value>);
    type Server = (Server, Option<Value>, Option<server::Opened>);
    type Client = (Client, Exported);
    type Consent = Consent;
}

/// As a document asks for it. The keys of a tenant are a JWK set.
pub enum Wanted {}

impl Stage for Wanted {
    type Tenant = (Tenant, Option<Value>);
    type Server = server::Wanted;
    type Client = (Client, Given);
    type Consent = Draft;
}

/// Checked, with everything done that takes long: ready to be written.
enum Ready {}

impl Stage for Ready {
    type Tenant = (Tenant, Keys);
    type Server = server::Prepared;
    type Client = client::Prepared;
    type Consent = Draft;
}
