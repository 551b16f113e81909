//! A gateway: a policy enforcement point that asks us, with a client of its own on the tenant's `system` server.
//!
//! A gateway and its client are made and removed together. What it enforces is in `gateway_configuration`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    By, Domain, Failure,
    client::{self, Client, ClientScopes},
    credential::{self, Credential},
    gateway_activity::LastActive,
    id, name,
    noun::{self, Named},
    permit::{READ_GATEWAY, SYSTEM_SERVER},
    server::Server,
    service::{self, Service},
    stamp::{Author, Stamp},
    tenant, text,
    token::CLIENT_CREDENTIALS,
};
use crate::{
    crypto::Secret,
    store::{Index, Kind, Noun, State, View, Write, index, records},
};

/// A gateway's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gateway {
    /// The authorization server whose services it protects.
    pub server: String,
    /// Unique within the server.
    pub name: String,
    /// For people.
    pub description: String,
    /// What it is.
    pub kind: GatewayKind,
    /// Its client on the `system` server.
    pub client_id: String,
}

/// The gateways that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "products under their own names")]
pub enum GatewayKind {
    Pyron,
    Aws,
    Azure,
    Istio,
    Envoy,
    Nginx,
    Standalone,
}

impl Noun for Gateway {
    const KIND: Kind = Kind::Gateway;
}

impl Named for Gateway {
    const NAME: &'static str = "gateway";
}

/// The kind of thing under which the clients of gateways are listed among the names that are given once.
const CLIENT: &str = "gateway client";
/// The longest name of a client, in characters.
const CLIENT_NAME: usize = 256;

/// What is asked for when a gateway is made.
#[derive(Clone, Debug)]
pub struct NewGateway {
    /// The authorization server whose services it is to protect.
    pub server: String,
    /// Unique within the server.
    pub name: String,
    /// For people.
    pub description: String,
    /// What it is.
    pub kind: GatewayKind,
}

/// A gateway that was just made.
#[derive(Debug)]
pub struct Created {
    /// Its id.
    pub id: String,
    /// Its configuration.
    pub state: State<Gateway>,
    /// Its client.
    pub client: State<Client>,
    /// Its client's secret.
    pub secret: Secret,
}

/// The gateway `id` as it is now.
pub fn current(domain: &Domain, tenant: &str, id: &str) -> Result<Arc<State<Gateway>>, Failure> {
    noun::current(domain, tenant, id)
}

/// All gateways of a server, by id (listGateways). A server that is not there has none.
pub fn list(domain: &Domain, tenant: &str, server: &str) -> Result<Vec<(String, State<Gateway>)>, Failure> {
    noun::below(&domain.store.read()?, Index::ServerGateways, tenant, server, domain.now())
}

/// Makes a gateway and its client in one transaction (createGateway).
pub async fn create(domain: &Domain, by: &By<'_>, tenant: &str, wanted: NewGateway) -> Result<Created, Failure> {
    tenant::current(domain, tenant)?;
    let NewGateway { server, name, description, kind } = wanted;
    let (id, client_id) = (id::generate(&domain.world), id::generate(&domain.world));
    let gateway = Gateway { server, name, description, kind, client_id };
    check(&gateway)?;
    let (secret, credential) = credential::generate(domain, tenant, &gateway.client_id);
    let client = client_of(&gateway, domain.world.now_seconds());
    let (tenant, author) = (tenant.to_owned(), Author::of(domain, by));
    let (id, state, client) = domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let client = insert_client(write, &tenant, &gateway.client_id, &client, &credential, &stamp)?;
            let state = save(write, &tenant, &id, None, &gateway, &stamp)?;
            Ok((id.clone(), state, client))
        })
        .await?;
    Ok(Created { id, state, client, secret })
}

/// Gives a gateway another name and description (updateGateway). What it is and whom it protects stays.
pub async fn update(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    name: String,
    description: String,
) -> Result<State<Gateway>, Failure> {
    let change = move |old: &Gateway| {
        let gateway = Gateway { name: name.clone(), description: description.clone(), ..old.clone() };
        check(&gateway)?;
        Ok(gateway)
    };
    noun::update(domain, by, tenant, id, change, save).await
}

/// Removes a gateway with its client, and disconnects its services (deleteGateway).
pub async fn delete(domain: &Domain, by: &By<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    noun::delete(domain, by, tenant, id, |_| Ok(()), remove).await
}

/// A gateway with its client's secret, for a package (getGatewayPackage).
pub fn with_secret(domain: &Domain, tenant: &str, id: &str) -> Result<(Arc<State<Gateway>>, Secret), Failure> {
    let found = current(domain, tenant, id)?;
    if matches!(found.value.kind, GatewayKind::Pyron | GatewayKind::Aws | GatewayKind::Azure) {
        return Err(Failure::Unsupported { reason: "there is no package for this type of gateway".to_owned() });
    }
    match credential::reveal(domain, tenant, &found.value.client_id)? {
        Some(secret) => Ok((found, secret)),
        None => Err(Failure::Unsupported {
            reason: "the secret of the gateway's client was chosen by somebody and cannot be shown in a package"
                .to_owned(),
        }),
    }
}

/// The gateway whose client this is.
pub fn of_client(view: &impl View, tenant: &str, client_id: &str) -> Result<Option<String>, Failure> {
    Ok(index::ids(view, Index::Names, &[tenant, CLIENT, "", client_id])?.into_iter().next())
}

/// The rules that need no store.
pub(super) fn check(gateway: &Gateway) -> Result<(), Failure> {
    let problems = [text::name("/name", &gateway.name), text::description("/description", &gateway.description)];
    Failure::unless_fine(problems.into_iter().flatten().collect())
}

/// Writes a gateway inside a transaction. Its client must be there.
pub(super) fn save(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: Option<&Gateway>,
    gateway: &Gateway,
    stamp: &Stamp,
) -> Result<State<Gateway>, Failure> {
    let server = gateway.server.as_str();
    let server_before = old.map(|old| old.server.as_str());
    noun::parent::<Server>(write, tenant, "/server_id", server_before, server, stamp)?;
    let client_before = old.map(|old| old.client_id.as_str());
    let client = noun::parent::<Client>(write, tenant, "/client_id", client_before, &gateway.client_id, stamp)?;
    if client.value.server != SYSTEM_SERVER {
        return Err(Failure::invalid("/client_id", format!("is no client of the server `{SYSTEM_SERVER}`")));
    }
    let another = of_client(write, tenant, &gateway.client_id)?.is_some_and(|owner| owner != id);
    if client.value.system || another {
        return Err(Failure::invalid("/client_id", "is the client of the tenant itself or of another gateway"));
    }
    let name_before = old.map(|old| old.name.as_str());
    name::switch::<Gateway>(write, tenant, server, id, name_before, ("/name", &gateway.name), stamp)?;
    index::put(write, Index::ServerGateways, &[tenant, server], id)?;
    index::put(write, Index::Names, &[tenant, CLIENT, "", &gateway.client_id], id)?;
    Ok(stamp.replace(write, tenant, id, gateway.clone())?)
}

/// Removes a gateway with its client and what is known of it, and disconnects its services, inside a transaction.
pub(super) fn remove(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: &Gateway,
    stamp: &Stamp,
) -> Result<(), Failure> {
    for (service_id, found) in noun::below::<Service>(write, Index::GatewayServices, tenant, id, stamp.now)? {
        let alone = Service { gateway: None, ..found.value.clone() };
        service::save(write, tenant, &service_id, Some(&found.value), &alone, stamp)?;
    }
    name::take_back::<Gateway>(write, tenant, &old.server, &old.name, id)?;
    index::remove(write, Index::ServerGateways, &[tenant, &old.server], id)?;
    index::remove(write, Index::Names, &[tenant, CLIENT, "", &old.client_id], id)?;
    records::delete::<LastActive>(write, &[tenant, id])?;
    if let Some(client) = stamp.live::<Client>(write, tenant, &old.client_id)? {
        client::remove(write, tenant, &old.client_id, &client.value, stamp)?;
    }
    stamp.soft_delete::<Gateway>(write, tenant, id)?;
    Ok(())
}

/// Removes the gateways of a server that goes, inside a transaction.
pub(super) fn delete_all(write: &mut Write<'_>, tenant: &str, server: &str, stamp: &Stamp) -> Result<(), Failure> {
    noun::remove_below(write, Index::ServerGateways, tenant, server, stamp, remove)
}

/// The client that a gateway proves itself with.
fn client_of(gateway: &Gateway, now: i64) -> Client {
    Client {
        server: SYSTEM_SERVER.to_owned(),
        name: format!("Gateway {}", gateway.name).chars().take(CLIENT_NAME).collect(),
        grant_types: vec![CLIENT_CREDENTIALS.to_owned()],
        scopes: ClientScopes::Only(vec![READ_GATEWAY.to_owned()]),
        issued_at: now,
        ..Client::default()
    }
}

fn insert_client(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    client: &Client,
    credential: &Credential,
    stamp: &Stamp,
) -> Result<State<Client>, Failure> {
    if stamp.live::<Server>(write, tenant, SYSTEM_SERVER)?.is_none() {
        let reason = format!("the tenant has no server `{SYSTEM_SERVER}`, which the clients of gateways belong to");
        return Err(Failure::invalid("", reason));
    }
    client::insert(write, tenant, id, client, credential, stamp)
}
