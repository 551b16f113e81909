//! What a tenant has from the start: the built-in policies and, where it is to be usable at once, its authorization servers
//! with their machine clients. The first start and createTenant make the same.
//!
//! Keys and secrets are made in the plan, before the transaction that inserts it. Knows no caller.

use super::{
    Domain, Failure, authentication,
    client::{self, Client, ClientScopes},
    credential::{self, Credential},
    key_ring::{self, KeyRing, Owner},
    permit::{ADMIN_SERVER, DEVELOPER_SERVER, SYSTEM_SERVER},
    policy::{self, Policy},
    server::{self, Prepared, Server, Wanted},
    stamp::Stamp,
    tenant::{self, Attribute, Tenant},
    token::CLIENT_CREDENTIALS,
};
use crate::{
    crypto::{Secret, keys::Algorithm},
    store::{State, Write},
};

/// The one server of a usable tenant that the tenant itself does not need.
pub(super) const DEFAULT_SERVER: &str = "default";
/// The servers of a usable tenant, by id.
pub(super) const SERVERS: [&str; 4] = [ADMIN_SERVER, DEFAULT_SERVER, DEVELOPER_SERVER, SYSTEM_SERVER];
/// The machine clients of a usable tenant, as (client, server).
pub(super) const CLIENTS: [(&str, &str); 2] = [("admin", ADMIN_SERVER), ("system", SYSTEM_SERVER)];

/// Everything a tenant has from the start, ready to be inserted.
pub(super) struct Workspace {
    id: String,
    tenant: Tenant,
    ring: KeyRing,
    servers: Vec<(String, Prepared)>,
    clients: Vec<MachineClient>,
}

/// A client that gets tokens by itself, with all scopes of its server.
struct MachineClient {
    id: String,
    server: String,
    credential: Credential,
}

/// What was inserted: the tenant, its servers and its clients.
type Inserted = (State<Tenant>, Vec<(String, State<Server>)>, Vec<(String, State<Client>)>);

impl Workspace {
    /// The tenant `id` with these servers, each with a new key, and without clients; `people` are the ways to log in to one
    /// of the servers. A tenant without attributes gets the usual ones.
    pub(super) async fn plan(
        domain: &Domain,
        id: &str,
        mut tenant: Tenant,
        servers: &[&str],
        people: Vec<(&str, authentication::Wanted)>,
    ) -> Result<Workspace, Failure> {
        if tenant.attributes.is_empty() {
            tenant.attributes = default_attributes();
        }
        let (mut people, mut planned) = (people, Vec::new());
        for server in servers {
            let authentications: Vec<_> = people.extract_if(.., |(of, _)| of == server).map(|(_, way)| way).collect();
            let wanted =
                Wanted { server: new_server(id, server), authentications: Some(authentications), ..Wanted::default() };
            planned.push(((*server).to_owned(), server::prepare(domain, id, server, wanted).await?));
        }
        let ring = key_ring::generate_for_tenant(domain, id).await?;
        Ok(Workspace { id: id.to_owned(), tenant, ring, servers: planned, clients: Vec::new() })
    }

    /// The tenant's identifier.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Adds the machine clients of a usable tenant and answers their secrets, in the order of [`CLIENTS`].
    pub(super) fn give_clients(&mut self, domain: &Domain) -> Vec<Secret> {
        let make = |(id, server): (&str, &str)| {
            let (secret, credential) = credential::generate(domain, &self.id, id);
            (secret, MachineClient { id: id.to_owned(), server: server.to_owned(), credential })
        };
        let (secrets, clients): (Vec<_>, Vec<_>) = CLIENTS.into_iter().map(make).unzip();
        self.clients.extend(clients);
        secrets
    }

    /// Adds a machine client with a credential of the caller's.
    pub(super) fn add_client(&mut self, id: &str, server: &str, credential: Credential) {
        self.clients.push(MachineClient { id: id.to_owned(), server: server.to_owned(), credential });
    }

    /// Writes it all, inside a transaction.
    pub(super) fn insert(
        &self,
        write: &mut Write<'_>,
        policies: &[(String, Policy)],
        stamp: &Stamp,
    ) -> Result<Inserted, Failure> {
        let Workspace { id: tenant, tenant: value, ring, servers, clients } = self;
        let state = tenant::save(write, tenant, value, stamp)?;
        Owner::Tenant(tenant).put(write, ring)?;
        for (id, policy) in policies {
            policy::save(write, tenant, id, policy, stamp)?;
        }
        let mut inserted = (state, Vec::new(), Vec::new());
        for (id, prepared) in servers {
            let state = server::save(write, tenant, id, None, prepared, stamp)?;
            server::insert_below(write, tenant, id, stamp)?;
            inserted.1.push((id.clone(), state));
        }
        for MachineClient { id, server, credential } in clients {
            let state = client::insert(write, tenant, id, &machine(id, server), credential, stamp)?;
            inserted.2.push((id.clone(), state));
        }
        Ok(inserted)
    }
}

fn new_server(tenant: &str, id: &str) -> Server {
    let name = format!("{tenant}/{id}");
    Server { name, signing_alg: Algorithm::Es256, system: id != DEFAULT_SERVER, ..Server::default() }
}

fn machine(id: &str, server: &str) -> Client {
    Client {
        server: server.to_owned(),
        name: format!("Bootstrap client {id}"),
        grant_types: vec![CLIENT_CREDENTIALS.to_owned()],
        scopes: ClientScopes::AllOfServer,
        system: true,
        ..Client::default()
    }
}

/// What a tenant's authentication context may hold (OpenID Connect Core §5.1 and `scp`, `groups`).
fn default_attributes() -> Vec<Attribute> {
    let attribute =
        |(name, description): (&str, &str)| Attribute { name: name.into(), description: description.into() };
    [
        ("scp", "Scopes"),
        ("groups", "Groups"),
        ("sub", "Subject"),
        ("amr", "Authentication methods"),
        ("acr", "Authentication context class"),
        ("name", "Full name"),
        ("given_name", "Given name"),
        ("family_name", "Family name"),
        ("preferred_username", "User name"),
        ("email", "Email address"),
        ("email_verified", "Whether the email address was verified"),
        ("phone_number", "Phone number"),
        ("phone_number_verified", "Whether the phone number was verified"),
        ("birthdate", "Date of birth"),
        ("zoneinfo", "Time zone"),
        ("locale", "Language"),
        ("updated_at", "When the profile was last changed"),
    ]
    .map(attribute)
    .to_vec()
}
