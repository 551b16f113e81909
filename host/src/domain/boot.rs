//! The first start: two tenants, their servers, three machine clients and the built-in policies, in one transaction
//! (DESIGN §8). Either all of it exists or nothing does.

use std::{io, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    Domain, Failure,
    authentication::{self, Authentication, Mapping, Method, Password, StaticUser, StaticUsers},
    credential::{self, Credential},
    permit::{ADMIN_SERVER, SYSTEM_SERVER, SYSTEM_TENANT},
    stamp::{Author, Stamp},
    tenant::Tenant,
    upgrade,
    workspace::{self, Workspace},
};
use crate::{
    crypto::Secret,
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
const DEMO: &str = "demo";
/// The client that sets tenants up.
const SETUP: &str = "setup";

/// A tenant of the first start: its id, its name, its servers, and its clients with the server of each. Client ids are filed
/// by tenant, so clients of one name in two tenants are two clients.
type Plan = (&'static str, &'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

/// The tenants. All their clients share the bootstrap secret.
const TENANTS: [Plan; 2] = [
    (DEFAULT, "Default", &workspace::SERVERS, &workspace::CLIENTS),
    (SYSTEM_TENANT, "System", &[SYSTEM_SERVER], &[(SETUP, SYSTEM_SERVER)]),
];

/// The sample tenant of `--demo`.
const SAMPLE: Plan = (DEMO, "DEMO: sample data, not for production", &workspace::SERVERS, &workspace::CLIENTS);

/// Hands a secret to the operator; an error means that nobody can have seen it.
pub type ShowSecret = dyn FnOnce(&Secret) -> io::Result<()> + Send;

/// What the first start is to make.
pub struct FirstStart {
    /// `PORTCULLIS_BOOTSTRAP_SECRET`.
    pub secret: Option<Secret>,
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
    // The one client that is always there.
    credential::verify(domain, SYSTEM_TENANT, SETUP, vec![secret]).await
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
    let FirstStart { secret: given, demo, show } = first;
    given.as_ref().map_or(Ok(()), check_secret)?;
    let made = given.is_none();
    let secret = given.unwrap_or_else(|| Secret::generate(&domain.world));
    let password = credential::choose(domain, secret.clone()).await?;
    let mut workspaces = Vec::new();
    for (tenant, name, servers, clients) in TENANTS.into_iter().chain(demo.then_some(SAMPLE)) {
        let value = Tenant { name: name.to_owned(), ..Tenant::default() };
        let people = if tenant == DEFAULT { vec![(ADMIN_SERVER, administrator(&password)?)] } else { Vec::new() };
        let mut workspace = Workspace::plan(domain, tenant, value, servers, people).await?;
        for (id, server) in clients {
            // A secret of ours cannot be guessed; one that somebody chose perhaps can.
            let ours = || credential::generated(domain, tenant, id, &secret);
            workspace.add_client(id, server, if made { ours() } else { password.clone() });
        }
        workspaces.push(workspace);
    }
    let (fingerprint, policies) = (domain.vault.fingerprint(), Arc::clone(&domain.policies));
    let author = Author::named(domain, AUTHOR.to_owned());
    if made {
        show(&secret).map_err(|error| Failure::Unavailable {
            log: format!("the bootstrap secret cannot be shown, and nobody could use the server without it: {error}"),
        })?;
    }
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            for workspace in &workspaces {
                workspace.insert(write, &policies, &stamp)?;
            }
            settle(write, &fingerprint, &stamp)
        })
        .await
}

/// Writes down that this store is in use and by which key, if it is not yet: no first start follows.
pub(super) fn settle(write: &mut Write<'_>, fingerprint: &str, stamp: &Stamp) -> Result<(), Failure> {
    if records::get::<Installation>(write, &[INSTALLATION])?.is_none() {
        let installation = Installation { at: stamp.now, key_fingerprint: fingerprint.to_owned() };
        records::put(write, &[INSTALLATION], &installation)?;
    }
    Ok(())
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
