//! The secrets of an authorization server: the one it uses, and earlier ones that it still knows. Sealed, and outside the
//! server's timeline, so that a secret that is taken back leaves the store.

use serde::{Deserialize, Serialize};

use crate::{
    crypto::{
        Secret,
        vault::{KeyedHash, Sealed},
    },
    domain::{Domain, Failure, Problem, credential},
    store::{Record, Table, View, Write, records},
};

/// The member of the current secret.
const SECRET: &str = "/secret";
/// The member of the earlier ones.
const ROTATED: &str = "/rotated_secrets";
/// The most earlier secrets a server knows; the oldest go first.
const MOST_ROTATED: usize = 10;

/// What is kept of a server's secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerSecrets {
    current: Held,
    /// The latest first.
    rotated: Vec<Held>,
}

/// A secret as it is kept. Sealing the same text twice gives different bytes, so its hash is kept to compare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Held {
    sealed: Sealed,
    hash: KeyedHash,
}

impl Record for ServerSecrets {
    const TABLE: Table = Table::Sealed;
}

/// A server's secrets in clear.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The one it uses.
    pub secret: Secret,
    /// Earlier ones, the latest first.
    pub rotated: Vec<Secret>,
}

/// The secrets of a server in clear.
pub fn opened(domain: &Domain, tenant: &str, server: &str) -> Result<Opened, Failure> {
    let found = domain.store.record::<ServerSecrets>(&key(tenant, server))?;
    found.ok_or_else(|| Failure::not_found("authorization server", server))?.open(domain, tenant, server)
}

fn key<'a>(tenant: &'a str, server: &'a str) -> [&'a str; 3] {
    [tenant, server, "secret"]
}

fn context(tenant: &str, server: &str) -> String {
    format!("server secret of {tenant}/{server}")
}

/// What is wrong with secrets that are given.
pub(super) fn problems(secret: Option<&Secret>, rotated: Option<&[Secret]>) -> Vec<Problem> {
    let rotated = rotated.unwrap_or_default();
    if rotated.len() > MOST_ROTATED {
        return vec![Problem::new(ROTATED, "must have at most 10 secrets")];
    }
    let one = secret.and_then(|secret| credential::check(SECRET, secret).err());
    let others = rotated.iter().enumerate();
    let others = others.filter_map(|(place, secret)| credential::check(&format!("{ROTATED}/{place}"), secret).err());
    one.into_iter().chain(others).collect()
}

/// What is to become of a server's secrets.
pub(in crate::domain) struct Secrets {
    given: Option<Held>,
    rotated: Option<Vec<Held>>,
    /// For a server that has none.
    fresh: Held,
}

impl Secrets {
    /// Seals what was given.
    pub(in crate::domain) fn prepare(
        domain: &Domain,
        tenant: &str,
        server: &str,
        secret: Option<&Secret>,
        rotated: Option<&[Secret]>,
    ) -> Secrets {
        let context = context(tenant, server);
        let hold = |secret: &Secret| Held {
            sealed: domain.vault.seal(&domain.world, &context, secret.expose().as_bytes()),
            hash: domain.vault.keyed_hash(&context, secret.expose()),
        };
        Secrets {
            given: secret.map(hold),
            rotated: rotated.map(|rotated| rotated.iter().map(hold).collect()),
            fresh: hold(&Secret::generate(&domain.world)),
        }
    }

    /// Keeps what is asked, inside a transaction. Answers whether anything changed.
    pub(in crate::domain) fn save(&self, write: &mut Write<'_>, tenant: &str, server: &str) -> Result<bool, Failure> {
        let now = records::get::<ServerSecrets>(write, &key(tenant, server))?;
        let then = self.settle(now.as_ref());
        let changed = now.is_none_or(|now| !now.same(&then));
        if changed {
            records::put(write, &key(tenant, server), &then)?;
        }
        Ok(changed)
    }

    /// A secret that is replaced becomes an earlier one, unless the earlier ones are given themselves.
    fn settle(&self, now: Option<&ServerSecrets>) -> ServerSecrets {
        let current = self.given.as_ref().or(now.map(|now| &now.current)).unwrap_or(&self.fresh).clone();
        let rotated = match (&self.rotated, now) {
            (Some(given), _) => given.clone(),
            (None, None) => Vec::new(),
            (None, Some(now)) if now.current.hash == current.hash => now.rotated.clone(),
            (None, Some(now)) => {
                let earlier = std::iter::once(&now.current).chain(&now.rotated);
                earlier.filter(|held| held.hash != current.hash).take(MOST_ROTATED).cloned().collect()
            }
        };
        ServerSecrets { current, rotated }
    }
}

impl ServerSecrets {
    /// These secrets of a server in clear.
    pub(in crate::domain) fn open(&self, domain: &Domain, tenant: &str, server: &str) -> Result<Opened, Failure> {
        let open = |held: &Held| {
            let internal = |error: &dyn std::fmt::Display| Failure::Internal { log: error.to_string() };
            let plain = domain.vault.open_sealed(&context(tenant, server), &held.sealed);
            let plain = plain.map_err(|error| internal(&error))?;
            std::str::from_utf8(&plain).map(Secret::new).map_err(|error| internal(&error))
        };
        let rotated = self.rotated.iter().map(open).collect::<Result<_, _>>()?;
        Ok(Opened { secret: open(&self.current)?, rotated })
    }

    /// The secrets of a server in a view, if it has any.
    pub(in crate::domain) fn find(
        view: &impl View,
        tenant: &str,
        server: &str,
    ) -> Result<Option<ServerSecrets>, Failure> {
        Ok(records::get(view, &key(tenant, server))?)
    }

    /// True when both are the same texts.
    fn same(&self, other: &ServerSecrets) -> bool {
        let hashes = |secrets: &ServerSecrets| secrets.rotated.iter().map(|held| held.hash).collect::<Vec<_>>();
        self.current.hash == other.current.hash && hashes(self) == hashes(other)
    }

    /// Whether a server has any.
    pub(in crate::domain) fn exist(view: &impl View, tenant: &str, server: &str) -> Result<bool, Failure> {
        Ok(records::get::<ServerSecrets>(view, &key(tenant, server))?.is_some())
    }

    /// Forgets the secrets, inside a transaction.
    pub(super) fn remove(write: &mut Write<'_>, tenant: &str, server: &str) -> Result<(), Failure> {
        records::delete::<ServerSecrets>(write, &key(tenant, server))?;
        Ok(())
    }
}
