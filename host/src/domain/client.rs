//! A client: a program that gets tokens of an authorization server. What it is made of, and how it is read.
//!
//! `client/rules.rs` says what a client may be, `client/place.rs` what its server lets it be, `client/change.rs` makes,
//! replaces and removes one, `client/later.rs` what becomes of one that has yet to begin. The developer's own operations are in `developer.rs`.

mod change;
mod later;
mod place;
mod proving;
mod redirect;
mod rules;
pub mod security;

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    Domain, Failure, credential,
    noun::{self, Named},
    organization::Organization,
    server,
    setup::members::ClientMembers,
    token::Form,
};
use crate::{
    crypto::Secret,
    store::{Index, Kind, Noun, State, index, timeline},
    world::Micros,
};

pub(super) use change::{
    MICROS_A_SECOND, Prepared, delete_all, file_for_good, inherit, insert, prepare, ready, ready_at, remove,
    remove_unused, save,
};
pub use change::{create, delete, update};
pub(super) use proving::{ASYMMETRIC, LONGEST_SET, MOST_KEYS, key_set};
pub use rules::default_response_types;
pub(super) use rules::secure_uri;

/// A client's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Client {
    /// The authorization server it belongs to.
    pub server: String,
    /// For people.
    pub name: String,
    /// For people.
    pub description: String,
    /// The developer who made it (the subject of a token of the `developer` server); none when an admin did.
    pub developer: Option<String>,
    /// The grants it may use.
    pub grant_types: Vec<String>,
    /// What it may ask the authorization endpoint for: `code`, `token`, `id_token` or several, separated by spaces.
    pub response_types: Vec<String>,
    /// Where the authorization endpoint may send its answer.
    pub redirect_uris: Vec<String>,
    /// The scopes it may ask for.
    pub scopes: ClientScopes,
    /// Who else its access tokens are for.
    pub audience: Vec<String>,
    /// How it proves itself at the token endpoint (RFC 7591 §2, `token_endpoint_auth_method`).
    pub auth_method: AuthMethod,
    /// The algorithm of its client assertions; any that fits its keys when empty.
    pub auth_signing_alg: String,
    /// Its public keys.
    pub keys: ClientKeys,
    /// How its certificate is recognised (RFC 8705 §2.1.2); exactly one way.
    pub certificate: Option<CertificateName>,
    /// Whether its access tokens are bound to its certificate (RFC 8705 §3).
    pub certificate_bound_tokens: bool,
    /// For people: its page, its logo, its policy, its terms.
    pub pages: ClientPages,
    /// What it wants each scope for, by scope.
    pub privacy: BTreeMap<String, ScopePrivacy>,
    /// The algorithm of its request objects (OpenID Connect Core §6); empty when not fixed.
    pub request_object_signing_alg: String,
    /// Where its request objects may be.
    pub request_uris: Vec<String>,
    /// For pairwise subjects (OpenID Connect Core §8.1).
    pub sector_identifier_uri: Option<String>,
    /// How userinfo is signed for it; plain JSON when empty.
    pub userinfo_signed_response_alg: String,
    /// True skips the consent page.
    pub trusted: bool,
    /// When it was issued, in seconds since 1970 (RFC 7591 §3.2.1).
    pub issued_at: i64,
    /// When its secret ends, in seconds since 1970; 0 is never.
    pub secret_expires_at: i64,
    /// Made by the server itself.
    pub system: bool,
    /// The form of its access tokens; its server's when none.
    pub token_form: Option<Form>,
    /// Where people may be sent after they have logged out (OpenID Connect RP-Initiated Logout §3.1).
    pub post_logout_redirect_uris: Vec<String>,
    /// The consent action whose required consents people must have given before it gets a token about them.
    pub consent_action: Option<String>,
    /// Whether it has registered itself (RFC 7591).
    pub self_registered: bool,
    /// When one that has registered itself last changed what people go by, its name or where it sends them, in microseconds;
    /// 0 when it never did. What they have said before was about another client.
    pub said_since: Micros,
    /// What its organization has made of it; none for every other client.
    pub organization: Option<Organization>,
    /// What the high-assurance protocols say of it.
    pub security: security::ClientSecurity,
    /// When it was made, in microseconds, set when it is. Tokens carry it, so that a later client of the same name does
    /// not revive the tokens of an earlier one.
    pub since: Micros,
    /// What only setups say of it. None, where it is saved, leaves it as it is.
    pub setup: Option<Box<ClientMembers>>,
}

/// The scopes a client may ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientScopes {
    /// Every scope of its server, also those that come later (bootstrap clients).
    AllOfServer,
    /// These.
    Only(Vec<String>),
}

impl Default for ClientScopes {
    fn default() -> ClientScopes {
        ClientScopes::Only(Vec::new())
    }
}

/// How a client proves itself (OpenID Connect Core §9, RFC 8705 §2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the registered words themselves")]
pub enum AuthMethod {
    #[default]
    ClientSecretBasic,
    ClientSecretPost,
    ClientSecretJwt,
    PrivateKeyJwt,
    TlsClientAuth,
    SelfSignedTlsClientAuth,
    None,
}

/// Where a client's public keys come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientKeys {
    /// It has none.
    #[default]
    None,
    /// A JWK set (RFC 7517 §5), as JSON text.
    Set(String),
    /// Where its JWK set is.
    Uri(String),
}

/// What of a certificate names a client (RFC 8705 §2.1.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CertificateName {
    /// The subject distinguished name (RFC 4514).
    SubjectDn(String),
    /// A DNS name among its alternative names.
    Dns(String),
    /// An e-mail address among its alternative names.
    Email(String),
    /// An IP address among its alternative names.
    Ip(String),
    /// A URI among its alternative names.
    Uri(String),
}

/// Pages about a client, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the registered words themselves")]
pub struct ClientPages {
    pub client_uri: Option<String>,
    pub logo_uri: Option<String>,
    pub policy_uri: Option<String>,
    pub tos_uri: Option<String>,
}

/// What a client wants a scope for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopePrivacy {
    /// The kinds of personal data.
    pub pii_categories: Vec<String>,
    /// The purpose.
    pub purpose: String,
}

impl Noun for Client {
    const KIND: Kind = Kind::Client;
}

impl Named for Client {
    const NAME: &'static str = "client";

    fn carried(scheduled: Client, _: &Client, now: &Client) -> Client {
        later::carried(scheduled, now)
    }

    fn lessened(scheduled: &State<Client>, tenant: &str, before: &Client, now: &Client) -> Option<Client> {
        later::lessened(scheduled, tenant, before, now)
    }
}

impl AuthMethod {
    /// Every method.
    pub const ALL: [AuthMethod; 7] = [
        AuthMethod::ClientSecretBasic,
        AuthMethod::ClientSecretPost,
        AuthMethod::ClientSecretJwt,
        AuthMethod::PrivateKeyJwt,
        AuthMethod::TlsClientAuth,
        AuthMethod::SelfSignedTlsClientAuth,
        AuthMethod::None,
    ];

    /// The registered word.
    pub fn word(self) -> &'static str {
        match self {
            AuthMethod::ClientSecretBasic => "client_secret_basic",
            AuthMethod::ClientSecretPost => "client_secret_post",
            AuthMethod::ClientSecretJwt => "client_secret_jwt",
            AuthMethod::PrivateKeyJwt => "private_key_jwt",
            AuthMethod::TlsClientAuth => "tls_client_auth",
            AuthMethod::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
            AuthMethod::None => "none",
        }
    }

    /// The method of a registered word.
    pub fn of_word(word: &str) -> Option<AuthMethod> {
        AuthMethod::ALL.into_iter().find(|method| method.word() == word)
    }

    /// Whether a client with this method has a secret at all.
    pub fn has_secret(self) -> bool {
        matches!(self, AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost | AuthMethod::ClientSecretJwt)
    }

    /// Whether it sends its secret as it is. In the header or in the form: both are taken from either.
    pub fn sends_secret(self) -> bool {
        matches!(self, AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost)
    }
}

impl Client {
    /// Whether it has said that its authorization requests are signed (OpenID Connect Core §6.1).
    pub fn signs_requests(&self) -> bool {
        !["", "none"].contains(&self.request_object_signing_alg.as_str())
    }

    /// Whether a right secret proves this client at `now`, in seconds since 1970: its method must be one that sends it, and
    /// it must not have ended.
    pub fn may_send_secret(&self, now: i64) -> bool {
        self.auth_method.sends_secret() && !self.secret_has_ended(now)
    }

    /// Whether its secret is over at `now`, in seconds since 1970.
    pub fn secret_has_ended(&self, now: i64) -> bool {
        self.secret_expires_at != 0 && self.secret_expires_at <= now
    }
}

/// The client `id` as it is now.
pub fn current(domain: &Domain, tenant: &str, id: &str) -> Result<Arc<State<Client>>, Failure> {
    noun::current(domain, tenant, id)
}

/// At most `limit` clients of a server, by id, those behind the id `after` only.
///
/// Fewer than `limit` are the last ones. The server itself is looked for at the first page only.
pub fn page(
    domain: &Domain,
    tenant: &str,
    server: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<(String, State<Client>)>, Failure> {
    if after.is_none() {
        server::current(domain, tenant, server)?;
    }
    // One snapshot for both, so that nobody is there twice or not at all.
    let (read, now) = (domain.store.read()?, domain.now());
    let (mut found, mut after) = (Vec::new(), after.map(str::to_owned));
    // Some have yet to begin.
    while found.len() < limit {
        let left = limit - found.len();
        let ids = index::ids_after(&read, Index::ServerClients, &[tenant, server], after.as_deref(), left)?;
        let Some(last) = ids.last() else { break };
        after = Some(last.clone());
        for id in ids {
            if let Some(state) = timeline::current::<Client>(&read, tenant, &id, now)?.filter(|state| !state.deleted) {
                found.push((id, state));
            }
        }
    }
    Ok(found)
}

/// The grants of a client that names none.
pub fn default_grants() -> Vec<String> {
    vec![rules::AUTHORIZATION_CODE.to_owned()]
}

/// The secret of a client for its developer, or for administrators when no developer made it: empty where it is not theirs
/// to see or only a hash is kept, none when the client has none.
pub fn secret(domain: &Domain, tenant: &str, id: &str, theirs: bool) -> Result<Option<Secret>, Failure> {
    let known = if theirs { credential::reveal(domain, tenant, id)? } else { None };
    match known {
        Some(secret) => Ok(Some(secret)),
        None => Ok(credential::has(domain, tenant, id)?.then(|| Secret::new(""))),
    }
}
