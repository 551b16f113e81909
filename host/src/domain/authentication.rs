//! How people log in to an authorization server: its list of authentication methods (updateAuthentications).
//!
//! Kept within the server's own configuration. Secrets of foreign accounts are sealed, passwords hashed; both are written
//! and never answered. So the structs come in three forms, by what stands for a password and for a secret: as somebody
//! gives them ([`Wanted`]), ready to be saved ([`Pending`]), and as they are kept (the default). `rules.rs` checks the
//! first, `prepare.rs` makes the second before the transaction, `merge.rs` the third within it. `mapping.rs` makes an authentication context of what is known of a person.

pub mod mapping;
mod merge;
mod prepare;
mod rules;
pub mod static_users;

use serde::{Deserialize, Serialize};

use super::{Domain, Failure, identity::Identity, server::Server, tenant::Attribute};
use crate::crypto::{Secret, vault::Sealed};

pub(super) use merge::merge;
pub(super) use prepare::prepare;
pub use rules::problems;

/// One way to log in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Authentication<P = String, S = Sealed> {
    /// Unique within the server. Empty in what somebody gives: to be made.
    pub id: String,
    /// For people.
    pub name: String,
    /// What it does.
    pub method: Method<P, S>,
    /// True takes it out of the choice.
    pub disabled: bool,
    /// What its identities may hold.
    pub attributes: Vec<Attribute>,
    /// What of an identity becomes what of the authentication context.
    pub mappings: Vec<Mapping>,
}

/// A method as somebody gives it. No password or no secret leaves the one that is there.
pub type Wanted = Authentication<Option<Password>, Secret>;

/// A method that is ready to be saved. No password or no secret leaves the one that is there.
pub type Pending = Authentication<Option<String>, Sealed>;

/// A password as somebody gives it.
#[derive(Clone, Debug)]
pub enum Password {
    /// Itself.
    Clear(Secret),
    /// Its argon2id hash, as a PHC string: from an export.
    Hash(String),
}

/// What a method does, with its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Method<P = String, S = Sealed> {
    /// People whose names and passwords are kept here.
    Static(StaticUsers<P>),
    /// A login page of one's own, which talks to the login operations.
    Custom {
        /// Where it is.
        login_url: String,
    },
    /// Somebody else, at whom we have an account.
    Foreign {
        /// Who.
        provider: Provider,
        /// Our account there.
        account: Account<S>,
    },
}

/// People whose names and passwords are kept here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StaticUsers<P = String> {
    /// Whether the login page shows the names.
    pub hint: bool,
    /// The people.
    pub users: Vec<StaticUser<P>>,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StaticUser<P = String> {
    /// Unique within the method; also the subject of a login.
    pub username: String,
    /// argon2id, as a PHC string.
    pub password: P,
    /// What the authentication context gets, as JSON text of an object.
    pub context: String,
}

/// Who else knows people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the documented members under their own names")]
pub enum Provider {
    /// An OpenID Connect provider.
    Oidc { issuer_url: String, get_user_info: bool },
    /// Microsoft's directory.
    Azure { tenant: String, fetch_groups: bool, get_user: bool, group_name_format: String, only_security_groups: bool },
    /// Amazon's user pools.
    Cognito { pool_id: String, region: String, get_user_info: bool },
}

/// Our account at a provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account<S = Sealed> {
    /// Our client id there.
    pub client_id: String,
    /// Our secret there.
    pub client_secret: Option<S>,
    /// Where it sends people back to, when that is not our own page.
    pub redirect_url: Option<String>,
    /// What we ask for.
    pub scopes: Vec<String>,
}

/// Copies a part of an identity into the authentication context. `.` is the whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// A dotted path in the identity.
    pub source: String,
    /// A dotted path in the authentication context.
    pub target: String,
}

/// The server whose methods they are.
#[derive(Clone, Copy)]
pub struct Owner<'a> {
    /// Its tenant.
    pub tenant: &'a str,
    /// Its id.
    pub server: &'a str,
}

/// Whether somebody who has logged in to a server before would still be let in: the method is there and on, and
/// where people are kept here, the person is one of them and their password is the same. Asked whenever a session or a grant is
/// used to get more, so that whoever is removed does not stay in. Whom an issuer has named that the server trusts is known while it trusts it.
pub fn still_knows(domain: &Domain, server: &Server, identity: &Identity) -> bool {
    if server.security.trusted_issuers.iter().any(|known| known.issuer == identity.method) {
        return true;
    }
    let method = server.authentications.iter().find(|method| method.id == identity.method && !method.disabled);
    method.is_some_and(|method| match &method.method {
        Method::Static(people) => static_users::still_knows(domain, people, identity),
        Method::Custom { .. } | Method::Foreign { .. } => true,
    })
}

impl Owner<'_> {
    /// What the secret of a method is sealed for.
    fn context(self, method: &str) -> String {
        format!("login secret of {}/{}/{method}", self.tenant, self.server)
    }

    /// Our secret at the provider of the method `id`, in clear.
    pub fn secret(self, domain: &Domain, id: &str, account: &Account) -> Result<Option<Secret>, Failure> {
        let open = |sealed| {
            let plain = domain.vault.open_sealed(&self.context(id), sealed).map_err(|error| error.to_string())?;
            std::str::from_utf8(&plain).map(Secret::new).map_err(|error| error.to_string())
        };
        account.client_secret.as_ref().map(open).transpose().map_err(|log| Failure::Internal { log })
    }
}

impl Method {
    /// The people of a method, if it is there and has any.
    fn people(method: Option<&Method>) -> &[StaticUser] {
        match method {
            Some(Method::Static(people)) => &people.users,
            Some(Method::Custom { .. } | Method::Foreign { .. }) | None => &[],
        }
    }
}

impl Provider {
    /// The word for its kind, also the member of its settings.
    pub fn word(&self) -> &'static str {
        match self {
            Provider::Oidc { .. } => "oidc",
            Provider::Azure { .. } => "azure",
            Provider::Cognito { .. } => "cognito",
        }
    }

    /// Whether secrets sent to one go to the other.
    fn same_place(&self, other: &Provider) -> bool {
        match (self, other) {
            (Provider::Oidc { issuer_url: one, .. }, Provider::Oidc { issuer_url: two, .. }) => one == two,
            (Provider::Azure { tenant: one, .. }, Provider::Azure { tenant: two, .. }) => one == two,
            (
                Provider::Cognito { pool_id: pool, region, .. },
                Provider::Cognito { pool_id: other_pool, region: other_region, .. },
            ) => (pool, region) == (other_pool, other_region),
            _ => false,
        }
    }
}
