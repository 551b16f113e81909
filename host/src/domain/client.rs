//! A client: a program that gets tokens of an authorization server.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    By, Domain, Failure, Problem,
    credential::{self, Credential},
    gateway, id,
    noun::{self, Named},
    scope,
    server::{self, Server},
    stamp::{Author, Stamp},
};
use crate::{
    crypto::Secret,
    store::{Index, Kind, Noun, State, Write, index, records},
    world::Micros,
};

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
    /// How userinfo is signed for it; `none` is plain JSON.
    pub userinfo_signed_response_alg: String,
    /// True skips the consent page.
    pub trusted: bool,
    /// When it was issued, in seconds since 1970 (RFC 7591 §3.2.1).
    pub issued_at: i64,
    /// When its secret ends, in seconds since 1970; 0 is never.
    pub secret_expires_at: i64,
    /// Made by the server itself.
    pub system: bool,
    /// When it was made, in microseconds, set when it is. Tokens carry it, so that a later client of the same name does
    /// not revive the tokens of an earlier one.
    pub since: Micros,
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
}

/// The client `id` as it is now.
pub fn current(domain: &Domain, tenant: &str, id: &str) -> Result<Arc<State<Client>>, Failure> {
    noun::current(domain, tenant, id)
}

/// All clients of a server, by id.
pub fn list(domain: &Domain, tenant: &str, server: &str) -> Result<Vec<(String, State<Client>)>, Failure> {
    server::current(domain, tenant, server)?;
    noun::below(&domain.store.read()?, Index::ServerClients, tenant, server, domain.now())
}

/// A client that was just made.
#[derive(Debug)]
pub struct Created {
    /// Its client_id.
    pub id: String,
    /// Its secret, shown this once when the server made it.
    pub secret: Option<Secret>,
    /// Its configuration.
    pub state: State<Client>,
}

/// Makes a client (createClient). Without `id` or `secret` it gets them.
pub async fn create(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: Option<&str>,
    secret: Option<Secret>,
    client: Client,
) -> Result<Created, Failure> {
    let id = id.map_or_else(|| id::generate(&domain.world), str::to_owned);
    id::check("/client_id", &id).map_err(|problem| Failure::Invalid(vec![problem]))?;
    let parent = server::current(domain, tenant, &client.server)
        .map_err(|_| Failure::invalid("/authorization_server_id", format!("there is no server `{}`", client.server)))?;
    check(&client, &parent.value, secret.as_ref())?;
    let (secret, credential) = match secret {
        None => {
            let (secret, credential) = credential::generate(domain, tenant, &id);
            (Some(secret), credential)
        }
        Some(chosen) => (None, credential::choose(domain, chosen).await?),
    };
    let (tenant, author) = (tenant.to_owned(), Author::of(domain, by));
    let (key, value) = (id.clone(), client.clone());
    let state = domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            // Whatever was checked before may have changed since.
            let Some(parent) = stamp.live::<Server>(write, &tenant, &value.server)? else {
                return Err(Failure::not_found("authorization server", value.server.clone()));
            };
            check(&value, &parent.value, None)?;
            stamp.absent::<Client>(write, &tenant, &key)?;
            check_scopes(write, &tenant, &value, &stamp)?;
            insert(write, &tenant, &key, &value, &credential, &stamp)
        })
        .await?;
    Ok(Created { id, secret, state })
}

/// Removes a client; its tokens are refused from then on (deleteClient).
pub async fn delete(domain: &Domain, by: &By<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let found = stamp.target::<Client>(write, &tenant, &id)?;
            if found.value.system {
                return Err(Failure::InUse { noun: Client::NAME, by: vec!["the tenant itself".to_owned()] });
            }
            if let Some(gateway) = gateway::of_client(write, &tenant, &id)? {
                return Err(Failure::InUse { noun: Client::NAME, by: vec![format!("gateway `{gateway}`")] });
            }
            remove(write, &tenant, &id, &found.value.server, &stamp)
        })
        .await
}

/// Writes a client with its credential, inside a transaction.
pub(super) fn insert(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    client: &Client,
    credential: &Credential,
    stamp: &Stamp,
) -> Result<State<Client>, Failure> {
    records::put(write, &[tenant, id], credential)?;
    index::put(write, Index::ServerClients, &[tenant, &client.server], id)?;
    // No two instants of the store are the same, so this also tells one client from the next of its name.
    Ok(stamp.append(write, tenant, id, Client { since: stamp.now, ..client.clone() })?)
}

/// Removes the clients of a server that goes, inside a transaction.
pub(super) fn delete_all(write: &mut Write<'_>, tenant: &str, server: &str, stamp: &Stamp) -> Result<(), Failure> {
    for id in index::ids(write, Index::ServerClients, &[tenant, server])? {
        remove(write, tenant, &id, server, stamp)?;
    }
    Ok(())
}

/// Removes a client of the server `server`, inside a transaction.
pub(super) fn remove(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    server: &str,
    stamp: &Stamp,
) -> Result<(), Failure> {
    stamp.soft_delete::<Client>(write, tenant, id)?;
    records::delete::<Credential>(write, &[tenant, id])?;
    index::remove(write, Index::ServerClients, &[tenant, server], id)?;
    Ok(())
}

fn check(client: &Client, server: &Server, secret: Option<&Secret>) -> Result<(), Failure> {
    let mut problems = Vec::new();
    if client.name.trim().is_empty() {
        problems.push(Problem::new("/client_name", "must not be empty"));
    }
    problems.extend(secret.and_then(|secret| credential::check("/client_secret", secret).err()));
    for (place, grant) in client.grant_types.iter().enumerate() {
        if !server.grant_types.contains(grant) {
            let reason = format!("`{grant}` is not a grant type of the authorization server");
            problems.push(Problem::new(format!("/grant_types/{place}"), reason));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure::Invalid(problems)) }
}

fn check_scopes(write: &Write<'_>, tenant: &str, client: &Client, stamp: &Stamp) -> Result<(), Failure> {
    let ClientScopes::Only(wanted) = &client.scopes else { return Ok(()) };
    let known = scope::names(write, tenant, &client.server, stamp.now)?;
    let unknown = wanted.iter().enumerate().filter(|(_, scope)| !known.contains(scope));
    let problems: Vec<Problem> = unknown
        .map(|(place, scope)| Problem::new(format!("/scopes/{place}"), format!("there is no scope `{scope}`")))
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(Failure::Invalid(problems)) }
}
