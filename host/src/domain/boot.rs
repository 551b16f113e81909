//! The first start: two tenants, their servers, three machine clients and the built-in policies, in one transaction
//! (DESIGN §8). Either all of it exists or nothing does.

use std::io;

use serde::{Deserialize, Serialize};

use super::{
    Domain, Failure,
    client::{self, Client, ClientScopes},
    credential::{self, Credential},
    key_ring::{self, KeyRing},
    permit::{ADMIN_SERVER, DEVELOPER_SERVER, SYSTEM_SERVER},
    policy::{self, Policy},
    server::{self, Server},
    stamp::{Author, Stamp},
    tenant::{Attribute, Tenant},
    token::CLIENT_CREDENTIALS,
    user::User,
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

/// Checks that this store belongs to this key, and fills an empty one.
pub async fn start(domain: &Domain, first: FirstStart) -> Result<(), Failure> {
    match domain.store.record::<Installation>(&[INSTALLATION])? {
        Some(installation) if installation.key_fingerprint == domain.vault.fingerprint() => Ok(()),
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
    let rings = rings(domain, &tenants).await?;
    let password = credential::choose(domain, secret.clone()).await?;
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
            for (tenant, name, servers) in &tenants {
                insert_tenant(write, tenant, name, &stamp)?;
                for (id, policy) in &policies {
                    policy::save(write, tenant, id, policy, &stamp)?;
                }
                for server in *servers {
                    insert_server(write, tenant, server, &rings, &stamp)?;
                }
            }
            for (id, tenant, server, credential) in &clients {
                client::insert(write, tenant, id, &machine(id, server), credential, &stamp)?;
            }
            insert_admin_user(write, &password)?;
            let installation = Installation { at: stamp.now, key_fingerprint: fingerprint.clone() };
            Ok(records::put(write, &[INSTALLATION], &installation)?)
        })
        .await
}

type Rings = Vec<(&'static str, &'static str, KeyRing)>;

async fn rings(
    domain: &Domain,
    tenants: &[(&'static str, &'static str, &'static [&'static str])],
) -> Result<Rings, Failure> {
    let mut rings = Vec::new();
    for (tenant, _, servers) in tenants {
        for server in *servers {
            rings.push((*tenant, *server, key_ring::generate(domain, tenant, server, KeyType::Ecdsa).await?));
        }
    }
    Ok(rings)
}

fn insert_tenant(write: &mut Write<'_>, id: &str, name: &str, stamp: &Stamp) -> Result<(), Failure> {
    let tenant = Tenant { name: name.to_owned(), attributes: default_attributes() };
    stamp.append(write, id, id, tenant)?;
    Ok(())
}

fn insert_server(write: &mut Write<'_>, tenant: &str, id: &str, rings: &Rings, stamp: &Stamp) -> Result<(), Failure> {
    let ring = rings.iter().find(|(of, server, _)| *of == tenant && *server == id).map(|(_, _, ring)| ring);
    let ring = ring.ok_or_else(|| Failure::Internal { log: format!("no key was made for {tenant}/{id}") })?;
    let server =
        Server { name: format!("{tenant}/{id}"), key_type: KeyType::Ecdsa, system: id != DEFAULT, ..Server::default() };
    server::save(write, tenant, id, None, &server, stamp)?;
    server::insert_below(write, tenant, id, ring, stamp)
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
fn insert_admin_user(write: &mut Write<'_>, credential: &Credential) -> Result<(), Failure> {
    match credential {
        Credential::Chosen(phc) => {
            Ok(records::put(write, &[DEFAULT, ADMIN_SERVER, "admin"], &User { password: phc.clone() })?)
        }
        Credential::Generated(_) => Err(Failure::Internal { log: "a password must be kept as argon2".to_owned() }),
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
