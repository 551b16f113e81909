//! An authorization server: an issuer with its own keys, clients and scopes.
//!
//! What somebody asks for goes three ways: `rules.rs` checks it, `prepare.rs` does what takes long (keys, passwords) before
//! the transaction, [`save`] writes it inside one. Its secrets lie outside its timeline, in `secrets.rs`.

mod checker;
mod held;
mod keys;
mod later;
mod prepare;
mod remove;
mod rules;
mod secrets;
pub mod security;
pub mod trusted;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    By, Domain, Failure,
    authentication::{self, Authentication},
    binding::Binding,
    defaults, id,
    key_ring::Owner,
    noun::{self, Named},
    permit::{ADMIN_SERVER, DEVELOPER_SERVER, SYSTEM_SERVER},
    plugin,
    policy_use::{self, Reference},
    setup::members::ServerMembers,
    stamp::{Author, Stamp},
    tenant::{self, Tenant},
    token::{CLIENT_CREDENTIALS, Form},
};
use crate::{
    crypto::keys::Algorithm,
    store::{Kind, Noun, State, View, Write, timeline},
    world::Micros,
};

pub use checker::Checker;
pub(super) use checker::try_checker;
pub use keys::{add_key, remove_key, rotate_keys};
pub(super) use later::bring_forward;
pub use prepare::Wanted;
pub(super) use prepare::{Prepared, prepare};
pub use remove::delete;
pub(super) use remove::remove;
pub use rules::{AUTHENTICATIONS, problems};
pub(super) use rules::{GRANTS, check_length};
pub(super) use secrets::Secrets;
pub use secrets::{Opened, ServerSecrets, opened};

/// An authorization server's configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Server {
    /// For people.
    pub name: String,
    /// A picture for its pages.
    pub logo_uri: Option<String>,
    /// What the key that is made for it signs with. States of before there was a choice have the kind of key here.
    #[serde(alias = "key_type")]
    pub signing_alg: Algorithm,
    /// How long an authorization code is good, in seconds.
    pub authorization_code_seconds: i64,
    /// How long an access token is good, in seconds.
    pub access_token_seconds: i64,
    /// How long an ID token is good, in seconds.
    pub id_token_seconds: i64,
    /// How long a refresh token is good, in seconds.
    pub refresh_token_seconds: i64,
    /// How long a person stays logged in, in seconds.
    pub cookie_seconds: i64,
    /// The grants its clients may use.
    pub grant_types: Vec<String>,
    /// The profiles that it is held to, by their words (see `profile`).
    pub profiles: Vec<String>,
    /// Whether every authorization code needs PKCE (RFC 7636).
    pub enforce_pkce: bool,
    /// Whether clients may register themselves (RFC 7591).
    pub dynamic_registration: bool,
    /// Decides before a person's token is issued.
    pub user_policy: Option<String>,
    /// Decides when a developer registers a client.
    pub developer_policy: Option<String>,
    /// How people log in, in the order in which they choose.
    pub authentications: Vec<Authentication>,
    /// Made by the server itself; cannot be removed.
    pub system: bool,
    /// Which policy decides about which resource.
    pub bindings: Vec<Binding>,
    /// True when anybody who reaches the server may ask for decisions.
    pub decisions_open: bool,
    /// The form of its access tokens, unless a client has one of its own.
    pub token_form: Form,
    /// How long a refresh token is good that is not used, in seconds. 0 is as long as [`Server::refresh_token_seconds`].
    pub refresh_idle_seconds: i64,
    /// True lets anybody register a client. Otherwise it takes a token with scope `dcr_register`.
    pub open_registration: bool,
    /// The component that decides whether required consents are given.
    pub consent_checker: Checker,
    /// A page of the tenant's own that asks people which scopes a client may have.
    pub consent_url: Option<String>,
    /// What the high-assurance protocols say of it.
    pub security: security::ServerSecurity,
    /// When it was made, in microseconds, set when it is. Sessions and grants carry it, so that a later server of the same
    /// name does not revive those of an earlier one.
    pub since: Micros,
    /// When its secrets or its keys last changed, in microseconds, set when they do: they lie outside the timeline, and
    /// their change is one of the server.
    pub secrets_since: Micros,
    /// What only setups say of it. None, where it is saved, leaves it as it is.
    pub setup: Option<Box<ServerMembers>>,
}

impl Default for Server {
    /// The documented defaults (seed, createAuthorizationServer).
    fn default() -> Server {
        Server {
            name: String::new(),
            logo_uri: None,
            signing_alg: Algorithm::Rs256,
            authorization_code_seconds: 600,
            access_token_seconds: 3600,
            id_token_seconds: 3600,
            refresh_token_seconds: 30 * 24 * 3600,
            cookie_seconds: 3600,
            grant_types: DEFAULT_GRANTS.map(str::to_owned).to_vec(),
            profiles: Vec::new(),
            enforce_pkce: false,
            dynamic_registration: false,
            user_policy: None,
            developer_policy: None,
            authentications: Vec::new(),
            system: false,
            bindings: Vec::new(),
            decisions_open: false,
            token_form: Form::Jwt,
            refresh_idle_seconds: 0,
            open_registration: false,
            consent_checker: Checker::default(),
            consent_url: None,
            security: security::ServerSecurity::default(),
            since: 0,
            secrets_since: 0,
            setup: None,
        }
    }
}

impl Noun for Server {
    const KIND: Kind = Kind::Server;
}

impl Named for Server {
    const NAME: &'static str = "authorization server";

    fn carried(scheduled: Server, before: &Server, now: &Server) -> Server {
        later::carried(scheduled, before, now)
    }
}

impl Server {
    /// Whether the server `id` is one of the tenant's own. Its id alone makes it one: whoever may do what goes by that.
    pub fn is_system(&self, id: &str) -> bool {
        self.system || is_own(id)
    }
}

/// Whether this is the id of a server whose tokens administrate a tenant, or belong to its developers or machines.
fn is_own(id: &str) -> bool {
    [ADMIN_SERVER, DEVELOPER_SERVER, SYSTEM_SERVER].contains(&id)
}

/// The grants of a new server (seed, createAuthorizationServer).
pub const DEFAULT_GRANTS: [&str; 4] = ["authorization_code", "implicit", "client_credentials", "refresh_token"];

/// A server as it is now.
pub type Current = Arc<State<Server>>;

/// The server `id` as it is now.
pub fn current(domain: &Domain, tenant: &str, id: &str) -> Result<Current, Failure> {
    noun::current(domain, tenant, id)
}

/// The server `id` as it is at `at`, inside a transaction or another view.
pub(super) fn at(view: &impl View, tenant: &str, id: &str, at: Micros) -> Result<Server, Failure> {
    let found = timeline::current::<Server>(view, tenant, id, at)?.filter(|state| !state.deleted);
    found.map(|state| state.value).ok_or_else(|| Failure::not_found(Server::NAME, id))
}

/// All servers of a tenant, by id.
pub fn list(domain: &Domain, tenant: &str) -> Result<Vec<(String, State<Server>)>, Failure> {
    tenant::current(domain, tenant)?;
    noun::list(domain, tenant)
}

/// Makes a server with keys, a secret and the default scopes (createAuthorizationServer). Without `id` it gets one.
pub async fn create(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: Option<&str>,
    wanted: Wanted,
) -> Result<(String, State<Server>), Failure> {
    tenant::current(domain, tenant)?;
    let id = id.map_or_else(|| id::generate(&domain.world), str::to_owned);
    id::check("/id", &id).map_err(|problem| Failure::Invalid(vec![problem]))?;
    check_length(&id)?;
    let prepared = prepare(domain, tenant, &id, wanted).await?;
    let (tenant, author) = (tenant.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            stamp.absent::<Server>(write, &tenant, &id)?;
            let state = save(write, &tenant, &id, None, &prepared, &stamp)?;
            insert_below(write, &tenant, &id, &stamp)?;
            Ok((id.clone(), state))
        })
        .await
}

/// Replaces a server's configuration (updateAuthorizationServer). What is secret in it stays where nothing is said of it.
pub async fn update(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    wanted: Wanted,
) -> Result<State<Server>, Failure> {
    current(domain, tenant, id)?;
    let prepared = prepare(domain, tenant, id, wanted).await?;
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.target::<Server>(write, &tenant, &id)?;
            save(write, &tenant, &id, Some(&old.value), &prepared, &stamp)
        })
        .await
}

/// Replaces the ways to log in to a server as a whole (updateAuthentications). Passwords and secrets stay where nothing is
/// said of them.
pub async fn authenticate_by(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    wanted: Vec<authentication::Wanted>,
) -> Result<State<Server>, Failure> {
    const MEMBER: &str = "/methods";
    let problems = authentication::problems(MEMBER, &wanted);
    if !problems.is_empty() {
        return Err(Failure::Invalid(problems));
    }
    let now = current(domain, tenant, id)?;
    let owner = authentication::Owner { tenant, server: id };
    let pending = authentication::prepare(domain, owner, wanted, &now.value.authentications).await?;
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.target::<Server>(write, &tenant, &id)?.value;
            let authentications = authentication::merge(MEMBER, &pending, &old.authentications)?;
            Ok(stamp.replace(write, &tenant, &id, Server { authentications, ..old })?)
        })
        .await
}

/// Gives a server the configuration of an earlier state of its own. Its secrets and its keys stay.
pub(super) async fn put_back(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    value: Server,
) -> Result<State<Server>, Failure> {
    let issuer = domain.issuer(tenant, id);
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.target::<Server>(write, &tenant, &id)?.value;
            let Server { signing_alg, system, since, secrets_since, .. } = old;
            let server = Server { signing_alg, system, since, secrets_since, ..value.clone() };
            needed(&id, &old, &server)?;
            held::check(write, &tenant, &id, &server, &issuer)?;
            policy_use::switch(write, &tenant, &user_of_policy(&id), &policies(&old), &policies(&server), &stamp)?;
            Ok(stamp.replace(write, &tenant, &id, server)?)
        })
        .await
}

/// Writes the configuration, the secrets, the keys and what refers to policies, inside a transaction. A new server needs
/// [`insert_below`] as well, unless what is below it comes from elsewhere.
pub(super) fn save(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: Option<&Server>,
    prepared: &Prepared,
    stamp: &Stamp,
) -> Result<State<Server>, Failure> {
    save_as(write, tenant, id, old, (prepared.server.clone(), prepared), stamp)
}

/// Like [`save`], as another server than was prepared, for which nothing else had to be made ready.
pub(super) fn save_as(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: Option<&Server>,
    (mut server, prepared): (Server, &Prepared),
    stamp: &Stamp,
) -> Result<State<Server>, Failure> {
    if stamp.live::<Tenant>(write, tenant, tenant)?.is_none() {
        return Err(Failure::not_found(Tenant::NAME, tenant));
    }
    let Prepared { server: _, authentications, secrets, keys, issuer } = prepared;
    let before = old.map(|old| old.authentications.as_slice()).unwrap_or_default();
    server.authentications = match authentications {
        Some(pending) => authentication::merge(AUTHENTICATIONS, pending, before)?,
        None => before.to_vec(),
    };
    if let Some(old) = old {
        server.system = old.system;
        server.signing_alg = keys.algorithm().unwrap_or(old.signing_alg);
        server.secrets_since = old.secrets_since;
        server.setup = server.setup.or_else(|| old.setup.clone());
        needed(id, old, &server)?;
    }
    server.since = old.map_or(stamp.now, |old| old.since);
    server.system |= is_own(id);
    let secrets_changed = secrets.save(write, tenant, id)?;
    let keys_changed = keys.save(write, Owner::Server(tenant, id))?;
    held::check(write, tenant, id, &server, issuer)?;
    if secrets_changed || keys_changed {
        server.secrets_since = stamp.now;
    }
    let before = old.map(policies).unwrap_or_default();
    policy_use::switch(write, tenant, &user_of_policy(id), &before, &policies(&server), stamp)?;
    let before = old.map(|old| old.consent_checker.name.as_str());
    let components = ("/consent_checker/name", before);
    plugin::users::switch(write, tenant, &user_of_plugin(id), components, [&*server.consent_checker.name], stamp)?;
    Ok(stamp.replace(write, tenant, id, server)?)
}

/// What a server of the tenant itself must keep, so that nobody locks the tenant's own machines out.
fn needed(id: &str, old: &Server, new: &Server) -> Result<(), Failure> {
    let grants = |server: &Server| server.grant_types.iter().any(|grant| grant == CLIENT_CREDENTIALS);
    match is_own(id) && grants(old) && !grants(new) {
        true => Err(Failure::invalid("/grant_types", "a server of the tenant itself keeps `client_credentials`")),
        false => Ok(()),
    }
}

/// Writes what every new server has below it, inside a transaction.
pub(super) fn insert_below(write: &mut Write<'_>, tenant: &str, id: &str, stamp: &Stamp) -> Result<(), Failure> {
    defaults::insert(write, tenant, id, stamp)
}

/// Every policy that a server refers to.
fn policies(server: &Server) -> Vec<Reference<'_>> {
    let bindings = server.bindings.iter().enumerate().map(|(place, binding)| Reference {
        member: format!("/decision_bindings/{place}/policy_id"),
        policy: &binding.policy_id,
    });
    let own = [
        ("/user_policy_id", &server.user_policy),
        ("/developer_policy_id", &server.developer_policy),
        ("/security/client_policy_id", &server.security.client_policy),
        ("/security/exchange_policy_id", &server.security.exchange_policy),
    ];
    let own = own.into_iter().filter_map(|(member, policy)| Reference::of(member, policy.as_ref()));
    bindings.chain(own).collect()
}

fn user_of_plugin(server: &str) -> String {
    format!("servers/{server}")
}

fn user_of_policy(server: &str) -> String {
    format!("authorization server `{server}`")
}
