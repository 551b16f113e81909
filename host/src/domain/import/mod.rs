//! Imports of OpenAPI documents: the APIs of a service, and the policies and scopes that come with them (the
//! importSpecification operations and removeSpecification).
//!
//! An import replaces what was there: every API of the service, and the policies that its last import has made. An API
//! whose method and path come again keeps its id and its data classifications. Scopes stay, since clients have them.
//! Everything that is checked outside the store, the policies in the sandbox above all, is checked before the one
//! transaction (`plan`), and the transaction does the rest (`apply`).

mod apply;
mod plan;

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use super::{
    By, Domain, Failure,
    api::Api,
    gateway::GatewayKind,
    policy::{self, Policy},
    scope::Scope,
    service,
    stamp::Author,
};
use crate::{
    openapi::Document,
    store::{Record, Table},
};

pub(super) use apply::{disown, forget};

/// How long a document waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// A document to import.
pub struct Import {
    /// What it says.
    pub document: Document,
    /// Its policies, one for each of [`Document::policies`]: the id when it has one, and the policy.
    pub policies: Vec<(Option<String>, Policy)>,
    /// The kind of gateway that it is for.
    pub gateway_type: Option<GatewayKind>,
}

/// What the last import of a service has made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Specification {
    /// The kind of gateway that it was for.
    pub gateway_type: Option<GatewayKind>,
    /// The ids of its policies.
    pub policies: Vec<String>,
    /// The ids of the scopes that it has added.
    pub scopes: Vec<String>,
}

impl Record for Specification {
    const TABLE: Table = Table::Specification;
}

/// What an import has changed. What is in `removed` and in `created` under one id was replaced.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    /// The APIs that the service has now, in the order of the document.
    pub apis: Vec<(String, Api)>,
    /// Operations with the method and the path of an earlier one of the document.
    pub ignored_apis: Vec<Api>,
    /// The policies that were written.
    pub policies: Vec<(String, Policy)>,
    /// Policies of the document whose ids others have: those were left as they are, and are what the APIs ask.
    pub ignored_policies: Vec<(String, Policy)>,
    /// The scopes that were added.
    pub scopes: Vec<(String, Scope)>,
    /// Scopes of the server that have names of the document's, as they are.
    pub ignored_scopes: Vec<(String, Scope)>,
    /// What was there before.
    pub removed: Removed,
}

/// What was there before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Removed {
    /// Every API of the service.
    pub apis: Vec<(String, Api)>,
    /// The policies of the last import that nobody else uses.
    pub policies: Vec<(String, Policy)>,
    /// The policies of the last import that stay, because they are in use.
    pub not_removed: Vec<(String, Policy)>,
}

/// The document at a URL, as bytes.
pub async fn fetch(domain: &Domain, url: &str) -> Result<Vec<u8>, Failure> {
    domain.outbound.get(url).await.map_err(|failure| Failure::invalid("/url", failure.to_string()))
}

/// Waits until a document may be read: while it is, it takes many times its size in memory, so few are at once. Whoever
/// waits holds the text in memory, so nobody waits for long.
pub async fn turn(domain: &Domain) -> Result<OwnedSemaphorePermit, Failure> {
    match timeout(PATIENCE, Arc::clone(&domain.reading).acquire_owned()).await {
        Ok(turn) => turn.map_err(|error| Failure::Internal { log: error.to_string() }),
        Err(_) => Err(Failure::Unavailable { log: "too many documents are read at once".to_owned() }),
    }
}

/// Replaces the APIs of a service by those of a document.
pub async fn import(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    service: &str,
    import: Import,
) -> Result<Imported, Failure> {
    let found = service::current(domain, tenant, service)?;
    let plan = plan::plan(domain, (tenant, service), &found.value.server, import).await?;
    let (of, service, author) = (tenant.to_owned(), service.to_owned(), Author::of(domain, by));
    let imported = domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            apply::import(write, &of, &service, &plan, &stamp)
        })
        .await?;
    for (id, _) in &imported.policies {
        policy::prepare(domain, tenant, id).await;
    }
    Ok(imported)
}

/// Removes what the last import of a service has made, and takes the service from its gateway.
pub async fn remove(domain: &Domain, by: &By<'_>, tenant: &str, service: &str) -> Result<Removed, Failure> {
    let (tenant, service, author) = (tenant.to_owned(), service.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            apply::remove(write, &tenant, &service, &stamp)
        })
        .await
}
