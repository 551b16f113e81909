//! The nouns and rules: a file a noun. One HTTP operation is one function here with at most one write transaction.
//!
//! Called by `api` and `authn`; calls `store`, `decision` and `crypto`. Knows no HTTP, no wire JSON and no wasmtime.

pub mod access;
pub mod administrator;
pub mod api;
mod api_table;
pub mod application;
pub mod assessment;
pub mod authentication;
pub mod authorities;
pub mod authorize;
pub mod binding;
pub mod boot;
pub mod by;
pub mod caller;
pub mod certificates;
pub mod claim;
pub mod client;
pub mod configuration;
pub mod confirmation;
pub mod connection;
pub mod consent;
pub mod consent_action;
pub mod consent_grant;
mod consent_use;
pub mod credential;
pub mod custom_login;
pub mod decide;
pub mod decision_log;
mod defaults;
pub mod details;
pub mod developer;
pub mod difference;
pub mod discovery;
pub mod elsewhere;
pub mod encryption;
pub mod enforce;
pub mod events;
pub mod expiry;
pub mod failure;
pub mod fetch;
mod gate;
pub mod gateway;
pub mod gateway_activity;
pub mod gateway_configuration;
pub mod grant;
pub mod guesses;
pub mod handle;
pub mod history;
pub mod id;
pub mod identity;
pub mod impact;
pub mod import;
pub mod in_force;
pub mod issue;
pub mod key_ring;
pub mod ledger;
pub mod let_in;
mod load;
pub mod logged_out;
pub mod login;
pub mod logout;
pub mod moment;
mod name;
pub mod noun;
pub mod organization;
pub mod password_login;
pub mod permit;
pub mod plugin;
pub mod policy;
mod policy_use;
pub mod possession;
pub mod profile;
pub mod proof;
pub mod protected_resource;
pub mod registration;
mod remote_keys;
pub mod replay;
mod request_target;
pub mod resource;
pub mod scope;
pub mod scope_grant;
mod scope_use;
pub mod second_factor;
pub mod server;
pub mod service;
pub mod session;
pub mod session_state;
pub mod setup;
pub mod shadow;
mod stamp;
pub mod subject;
mod template;
pub mod tenant;
mod text;
pub mod token;
mod upgrade;
pub mod upstream;
pub mod userinfo;
mod workspace;

use std::sync::{Arc, OnceLock};

use quick_cache::sync::Cache;
use tokio::sync::Semaphore;

pub use by::{By, Condition};
pub use caller::{Bearer, Caller};
pub use confirmation::Confirmation;
pub use failure::{Credentials, Failure, Known, Problem, Untimely};
pub use permit::{Needs, Target, permit};
pub use text::visible;

use crate::{
    crypto::{Turns, password::Passwords, vault::Vault},
    decision::{Components, Validators},
    store::{Store, Write},
    world::{Micros, Stopwatch, World},
};
use decision_log::DecisionLog;
use fetch::Fetch;

/// Everything the operations share.
pub struct Domain {
    /// Where everything is kept.
    pub store: Store,
    /// Seals secrets and derives keys.
    pub vault: Vault,
    /// Time and randomness.
    pub world: World,
    /// Runs the policies' validators.
    pub validators: Arc<dyn Validators>,
    /// Runs claim mappers and consent checkers.
    pub components: Arc<dyn Components>,
    /// How policies and claim mappers see a client.
    pub describe: developer::Describe,
    /// argon2, off the event loop.
    pub passwords: Passwords,
    /// Limits for those who guess passwords and codes.
    pub guesses: guesses::Guesses,
    /// Makes requests to other servers.
    pub outbound: Arc<dyn Fetch>,
    /// What was decided and why.
    pub log: DecisionLog,
    /// The sizes a policy may have.
    pub limits: PolicyLimits,
    /// What uploaded components have to be like.
    pub plugins: plugin::PluginRules,
    /// The built-in policies of every tenant, by id.
    pub policies: Arc<[(String, policy::Policy)]>,
    /// Where clients reach this server, without a slash at the end.
    pub public_url: String,
    /// How long a secret of an organization's client goes on after it was exchanged.
    pub rotation_grace_seconds: i64,
    /// Where components can be taken from.
    pub plugin_sources: plugin::source::Sources,
    /// Which certificates clients can show.
    pub certificates: certificates::Certificates,
    /// Told what happens, for the metrics.
    pub observer: Arc<dyn Observer>,
    /// What candidates beside policies have shown.
    pub shadows: shadow::Shadows,
    /// Turns for replaying the log against candidates.
    impacts: impact::Turns,
    /// Whether clients may have secrets that were exchanged and are good yet, once somebody has looked.
    superseded: OnceLock<bool>,
    /// Turns for reading large documents.
    reading: Arc<Semaphore>,
    /// Turns for making and checking signing keys.
    making_keys: Turns,
    proofs: possession::Spent,
    tokens: Cache<[u8; 32], Arc<token::Known>>,
    decryption_keys: Cache<String, Arc<crate::crypto::jwe::DecryptionKey>>,
    remote_keys: remote_keys::RemoteKeys,
    registrations: registration::Pace,
    logins: registration::Pace,
    pushed: registration::Pace,
    objects: registration::Pace,
    hints: registration::Pace,
    polls: elsewhere::Polls,
    summons: elsewhere::summons::Bell,
    ledger: ledger::Turns,
    gateways: gateway_configuration::Known,
    in_force: in_force::Known,
    schemas: details::Schemas,
    linked: policy::LinkedPolicies,
    providers: upstream::Providers,
    connections: connection::Turns,
    /// Whose turn it is to have a name and a password looked at, by tenant, address and name.
    passwords_shown: connection::Turns,
}

/// The sizes a policy may have.
#[derive(Clone, Copy, Debug)]
pub struct PolicyLimits {
    /// All confs of a policy together, in bytes.
    pub policy_bytes: usize,
    /// How many validators, with those of the policies it embeds.
    pub validators: usize,
    /// How long a validator may take at most, in milliseconds.
    pub deadline_ms: u64,
    /// How many superseded states of a record are kept.
    pub states_kept: usize,
}

/// Who is told what the domain spends. Implemented by the metrics.
pub trait Observer: Send + Sync {
    /// A read or write of the store took so long.
    fn store(&self, micros: u64);
    /// A decision was made.
    fn decided(&self, verdict: &crate::decision::Verdict);
    /// An answer took so long to shape.
    fn answered(&self, micros: u64);
    /// Decision records were written, or dropped because the queue was full.
    fn logged(&self, written: u64, dropped: u64);
    /// A candidate was asked about a decision, and this came out.
    fn shadowed(&self, change: difference::Change);
    /// A decision that was picked for a candidate found no place.
    fn shadow_dropped(&self);
}

/// What a [`Domain`] is made of.
pub struct Parts {
    /// See [`Domain::store`].
    pub store: Store,
    /// See [`Domain::vault`].
    pub vault: Vault,
    /// See [`Domain::world`].
    pub world: World,
    /// See [`Domain::validators`].
    pub validators: Arc<dyn Validators>,
    /// See [`Domain::components`].
    pub components: Arc<dyn Components>,
    /// See [`Domain::describe`].
    pub describe: developer::Describe,
    /// See [`Domain::outbound`].
    pub outbound: Arc<dyn Fetch>,
    /// See [`Domain::log`].
    pub log: DecisionLog,
    /// See [`Domain::limits`].
    pub limits: PolicyLimits,
    /// See [`Domain::plugins`].
    pub plugins: plugin::PluginRules,
    /// See [`Domain::policies`].
    pub policies: Vec<(String, policy::Policy)>,
    /// See [`Domain::public_url`].
    pub public_url: String,
    /// See [`Domain::rotation_grace_seconds`].
    pub rotation_grace_seconds: i64,
    /// See [`Domain::plugin_sources`].
    pub plugin_sources: plugin::source::Sources,
    /// See [`Domain::certificates`].
    pub certificates: certificates::Certificates,
    /// See [`Domain::observer`].
    pub observer: Arc<dyn Observer>,
}

/// Decoded keys and right passwords that are kept at hand.
const REMEMBERED: usize = 10_000;
/// Verified tokens that are kept at hand, of 3 KiB each or less: finding one out again takes as long as all the rest of a request.
const TOKENS: usize = 50_000;
/// Large documents that are read at the same time.
const PARALLEL_DOCUMENTS: usize = 2;
/// argon2 takes 19 MiB and a core; more at once only slows the rest down.
const PARALLEL_PASSWORDS: usize = 2;
/// An RSA key takes a core for a good part of a second.
const PARALLEL_KEYS: usize = 2;

impl Domain {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Domain {
        let Parts {
            store,
            vault,
            world,
            validators,
            components,
            describe,
            outbound,
            log,
            limits,
            plugins,
            policies,
            public_url,
            rotation_grace_seconds,
            plugin_sources,
            certificates,
            observer,
        } = parts;
        let policies = policies.into();
        let proofs = possession::Spent::new(world.now_seconds());
        let passwords = Passwords::new(world.clone(), PARALLEL_PASSWORDS, REMEMBERED);
        let guesses = guesses::Guesses::new(world.clone());
        let reading = Arc::new(Semaphore::new(PARALLEL_DOCUMENTS));
        Domain {
            store,
            vault,
            world,
            validators,
            components,
            describe,
            outbound,
            passwords,
            guesses,
            log,
            limits,
            plugins,
            policies,
            public_url,
            rotation_grace_seconds,
            plugin_sources,
            certificates,
            observer,
            shadows: shadow::Shadows::new(),
            impacts: impact::Turns::new(),
            proofs,
            superseded: OnceLock::new(),
            tokens: Cache::new(TOKENS),
            decryption_keys: Cache::new(REMEMBERED),
            remote_keys: remote_keys::RemoteKeys::new(),
            registrations: registration::Pace::new(registration::CLIENTS),
            logins: registration::Pace::new(registration::LOGINS),
            pushed: registration::Pace::new(registration::PUSHED),
            objects: registration::Pace::new(registration::OBJECTS),
            hints: registration::Pace::new(registration::HINTS),
            polls: elsewhere::Polls::new(),
            summons: elsewhere::summons::Bell::default(),
            gateways: gateway_configuration::Known::new(),
            in_force: in_force::Known::new(),
            schemas: details::Schemas::new(),
            linked: policy::LinkedPolicies::new(),
            providers: upstream::Providers::new(),
            connections: connection::Turns::default(),
            passwords_shown: connection::Turns::default(),
            ledger: ledger::Turns::default(),
            reading,
            making_keys: Turns::new(PARALLEL_KEYS),
        }
    }

    /// Now, for reading configuration: the wall clock, or the instant of the last change when that is later.
    pub fn now(&self) -> Micros {
        self.store.now(self.world.now())
    }

    /// Runs one write transaction and tells the observer how long it took, durable commit included.
    pub async fn write<R: Send + 'static>(
        &self,
        work: impl FnMut(&mut Write<'_>) -> Result<R, Failure> + Send + 'static,
    ) -> Result<R, Failure> {
        let watch = Stopwatch::start();
        let result = self.store.write(work).await;
        self.observer.store(watch.micros());
        result
    }

    /// The issuer of an authorization server (RFC 8414), also its base address.
    pub fn issuer(&self, tenant: &str, server: &str) -> String {
        format!("{}/{tenant}/{server}", self.public_url)
    }
}
