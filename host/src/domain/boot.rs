//! The first start: two tenants, their servers, three machine clients and the built-in policies, in one transaction
//! (DESIGN §8). Either all of it exists or nothing does.

use std::io;

use serde::{Deserialize, Serialize};

use super::{
    Domain, Failure,
    authentication::{self, Authentication, Mapping, Method, Password, StaticUser, StaticUsers},
    client::{self, Client, ClientScopes},
    credential::{self, Credential},
    key_ring::{self, KeyRing, Owner},
    permit::{ADMIN_SERVER, DEVELOPER_SERVER, SYSTEM_SERVER},
    policy::{self, Policy},
    server::{self, Prepared, Server},
    stamp::{Author, Stamp},
    tenant::{Attribute, Tenant},
    token::CLIENT_CREDENTIALS,
    upgrade,
};
use crate::{
    crypto::{Secret, keys::KeyType},
    store::{Record, Table, Write, records},
};

/// Written last, read at every start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Installation {
    /// When the first start was, in microseconds.
    pub at: i64,
    /// Which key seals the secrets of this store.
    pub key_fingerprint: String,
}

impl Record for Installation {
    const TABLE: Table = Table::Meta;
}

const INSTALLATION: &str = "installation";
const AUTHOR: &str = "first start";
const DEFAULT: &str = "default";
const SYSTEM: &str = "system";
const DEMO: &str = "demo";

/// The tenant, its name and its servers.
const TENANTS: [(&str, &str, &[&str]); 2] = [
    (DEFAULT, "Default", &[ADMIN_SERVER, DEVELOPER_SERVER, SYSTEM_SERVER, DEFAULT]),
    (SYSTEM, "System", &[SYSTEM_SERVER]),
];

/// The sample tenant of `--demo`.
const SAMPLE: (&str, &str, &[&str]) =
    (DEMO, "DEMO: sample data, not for production", &[ADMIN_SERVER, DEVELOPER_SERVER, SYSTEM_SERVER, DEFAULT]);

/// The client, its tenant and its server. All share the bootstrap secret.
const CLIENTS: [(&str, &str, &str); 3] =
    [("admin", DEFAULT, ADMIN_SERVER), ("system", DEFAULT, SYSTEM_SERVER), ("setup", SYSTEM, SYSTEM_SERVER)];

/// The sample tenant's clients. Client ids are filed by tenant, so these are other clients than the ones above.
const SAMPLE_CLIENTS: [(&str, &str, &str); 2] = [("admin", DEMO, ADMIN_SERVER), ("system", DEMO, SYSTEM_SERVER)];

/// Hands a secret to the operator; an error means that nobody can have seen it.
pub type ShowSecret = dyn FnOnce(&Secret) -> io::Result<()> + Send;

/// What the first start is to make.
pub struct FirstStart {
    /// `PORTCULLIS_BOOTSTRAP_SECRET`.
    pub secret: Option<Secret>,
    /// The built-in policies of every tenant, by id.
    pub policies: Vec<(String, Policy)>,
    /// Whether to add the sample tenant.
    pub demo: bool,
    /// Shows the secret that is made when none is given, just before it becomes valid: a secret that was committed and
    /// not shown would lock everybody out. A start that fails after it leaves a secret that is worth nothing.
    pub show: Box<ShowSecret>,
}

/// Checks a secret chosen by the operator.
pub fn check_secret(secret: &Secret) -> Result<(), Failure> {
    credential::check("PORTCULLIS_BOOTSTRAP_SECRET", secret).map_err(|problem| Failure::Invalid(vec![problem]))
}

/// Whether `secret` is the one that the first start gave to its clients.
pub async fn is_secret(domain: &Domain, secret: Secret) -> Result<bool, Failure> {
    credential::verify(domain, DEFAULT, "admin", vec![secret]).await
}

/// Checks that this store belongs to this key, gives an older one what it lacks, and fills an empty one.
pub async fn start(domain: &Domain, first: FirstStart) -> Result<(), Failure> {
    match domain.store.record::<Installation>(&[INSTALLATION])? {
        Some(installation) if installation.key_fingerprint == domain.vault.fingerprint() => upgrade::run(domain).await,
        Some(_) => Err(Failure::Unavailable {
            log: "this store was made with another master key; give the key it was made with".to_owned(),
        }),
        None => fill(domain, first).await,
    }
}

async fn fill(domain: &Domain, first: FirstStart) -> Result<(), Failure> {
    let FirstStart { secret: given, policies, demo, show } = first;
    given.as_ref().map_or(Ok(()), check_secret)?;
    let made = given.is_none();
    let secret = given.unwrap_or_else(|| Secret::generate(&domain.world));
    let mut tenants = TENANTS.to_vec();
    let mut clients = CLIENTS.to_vec();
    if demo {
        tenants.push(SAMPLE);
        clients.extend(SAMPLE_CLIENTS);
    }
    let password = credential::choose(domain, secret.clone()).await?;
    let tenants = prepare(domain, &tenants, &password).await?;
    let keep = |(id, tenant, server)| {
        // A secret of ours cannot be guessed; one that somebody chose perhaps can.
        let credential = if made { credential::generated(domain, tenant, id, &secret) } else { password.clone() };
        (id, tenant, server, credential)
    };
    let clients: Vec<(&str, &str, &str, Credential)> = clients.into_iter().map(keep).collect();
    let fingerprint = domain.vault.fingerprint();
    let author = Author::named(domain, AUTHOR.to_owned());
    if made {
        show(&secret).map_err(|error| Failure::Unavailable {
            log: format!("the bootstrap secret cannot be shown, and nobody could use the server without it: {error}"),
        })?;
    }
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            for tenant in &tenants {
                insert_tenant(write, tenant, &policies, &stamp)?;
            }
            for (id, tenant, server, credential) in &clients {
                client::insert(write, tenant, id, &machine(id, server), credential, &stamp)?;
            }
            let installation = Installation { at: stamp.now, key_fingerprint: fingerprint.clone() };
            Ok(records::put(write, &[INSTALLATION], &installation)?)
        })
        .await
}

/// A tenant with its servers, ready to be written.
struct Ready {
    id: &'static str,
    name: &'static str,
    ring: KeyRing,
    servers: Vec<(&'static str, Prepared)>,
}

/// Makes the keys and secrets of all tenants.
async fn prepare(
    domain: &Domain,
    tenants: &[(&'static str, &'static str, &'static [&'static str])],
    password: &Credential,
) -> Result<Vec<Ready>, Failure> {
    let mut ready = Vec::with_capacity(tenants.len());
    for (id, name, server_ids) in tenants.iter().copied() {
        let mut servers = Vec::with_capacity(server_ids.len());
        for server in server_ids.iter().copied() {
            let wanted = wanted_server(id, server, password)?;
            servers.push((server, server::prepare(domain, id, server, wanted).await?));
        }
        ready.push(Ready { id, name, ring: key_ring::generate_for_tenant(domain, id).await?, servers });
    }
    Ok(ready)
}

fn wanted_server(tenant: &str, id: &str, password: &Credential) -> Result<server::Wanted, Failure> {
    let server =
        Server { name: format!("{tenant}/{id}"), key_type: KeyType::Ecdsa, system: id != DEFAULT, ..Server::default() };
    let people = (tenant, id) == (DEFAULT, ADMIN_SERVER);
    let authentications = people.then(|| administrator(password)).transpose()?.map(|one| vec![one]);
    Ok(server::Wanted { server, authentications, ..server::Wanted::default() })
}

fn insert_tenant(
    write: &mut Write<'_>,
    Ready { id, name, ring, servers }: &Ready,
    policies: &[(String, Policy)],
    stamp: &Stamp,
) -> Result<(), Failure> {
    let tenant = Tenant { name: (*name).to_owned(), attributes: default_attributes() };
    stamp.append(write, id, id, tenant)?;
    Owner::Tenant(id).put(write, ring)?;
    for (policy, value) in policies {
        policy::save(write, id, policy, value, stamp)?;
    }
    for (server, prepared) in servers {
        server::save(write, id, server, None, prepared, stamp)?;
        server::insert_below(write, id, server, stamp)?;
    }
    Ok(())
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

/// The one person: user `admin` of the tenant's `admin` server, with the bootstrap secret as password.
fn administrator(password: &Credential) -> Result<authentication::Wanted, Failure> {
    let Credential::Chosen(phc) = password else {
        return Err(Failure::Internal { log: "a password must be kept as argon2".to_owned() });
    };
    let user = StaticUser {
        username: "admin".to_owned(),
        password: Some(Password::Hash(phc.clone())),
        context: r#"{"name":"Administrator"}"#.to_owned(),
    };
    Ok(Authentication {
        id: DEFAULT.to_owned(),
        name: "Default".to_owned(),
        method: Method::Static(StaticUsers { hint: false, users: vec![user] }),
        disabled: false,
        attributes: Vec::new(),
        mappings: vec![Mapping { source: ".".to_owned(), target: ".".to_owned() }],
    })
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
