//! Every table of the data file on one page: what it holds, its key and its value in words.
//!
//! All tables map bytes to bytes. A key is a row of parts, laid out by `key.rs` so that bytes sort like the parts; a
//! value is an envelope (`value.rs`): a format number, then MessagePack with named fields.

use redb::TableDefinition;
use serde::{Serialize, de::DeserializeOwned};

/// Bytes, as redb names the type of a key or a value.
pub(super) type Bytes = &'static [u8];

/// The tables. The name in the file is [`Table::name`]; the order here is of no importance to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Timelines: every state of every configuration record.
    /// Key: tenant, kind (a byte), id, valid_from (microseconds), version. Value: the noun, recorded_at, author, deleted.
    States,
    /// Which identities have a timeline.
    /// Key: tenant, kind (a byte), id. Value: the highest version given out.
    Identities,
    /// Lookups that are not by id.
    /// Key: index (a byte), how many parts (a byte), the parts, id. Value: nothing.
    Index,
    /// The decision log, a ring of pages for every tenant.
    /// Key: tenant, the 16-byte time-ordered id of the page's first record. Value: the page as it was handed in.
    Pages,
    /// Facts about the file and the installation.
    /// Key: owner, name. `store, format` is the format number, `store, pages` the bytes each tenant has in the decision
    /// log and the greatest id in it, `store, clock` the highest instant that a change was given.
    Meta,
    /// Secrets of clients and other accounts, hashed or encrypted by the caller.
    /// Key: tenant first, then the owner's parts. Value: the credential.
    Credential,
    /// Keys that sign tokens and ledgers, private parts encrypted by the caller.
    /// Key: tenant and server, or the tenant alone for its own. Value: all keys of this owner.
    SigningKey,
    /// People, until they became a part of their server's configuration. Nothing is written here any more.
    User,
    /// Rules of policies, content addressed. Key: digest. Value: the rules.
    PolicyRules,
    /// Uploaded plugin components, content addressed. Key: digest. Value: what is known of one; its bytes are in [`Table::ComponentBytes`].
    Component,
    /// Secrets of authorization servers and of their connections, encrypted by the caller.
    /// Key: tenant, server, what it is for. Value: the secrets.
    Sealed,
    /// What the last OpenAPI import of a service has made. Key: tenant, service.
    Specification,
    /// When a gateway last fetched its configuration. Key: tenant, gateway.
    Activity,
    /// What people have consented to. Key: tenant, subject, consent. Value: the grant.
    ConsentGrant,
    /// The privacy ledger, one chain for every tenant. Key: tenant, number in twenty digits. Value: the signed event.
    Ledger,
    /// The end of each chain. Key: tenant. Value: the number and the hash of the last event, signed, and the public keys
    /// that have signed events.
    LedgerHead,
    /// What was granted to clients, by people or on their own behalf: the root of codes and tokens.
    /// Key: tenant, grant. Value: the grant.
    Grant,
    /// Authorization codes, also used ones until they end. Key: tenant, server, keyed hash. Value: what it is good for.
    AuthorizationCode,
    /// Refresh tokens, also used ones until they end, as they were kept once. Key: tenant, server, keyed hash. Value: its grant.
    OlderRefresh,
    /// Opaque access tokens. Key: tenant, keyed hash. Value: what it proves.
    AccessToken,
    /// Signed access tokens that were revoked before their end. Key: tenant, jti. Value: when they end.
    RevokedToken,
    /// Browsers in which a person has logged in. Key: tenant, server, keyed hash of the cookie. Value: who and how.
    Session,
    /// Authorization requests that wait for a person. Key: tenant, login. Value: what was asked and how far it got.
    Login,
    /// What people let clients do, remembered. Key: tenant, server, subject, client. Value: the scopes.
    Access,
    /// Second factors of people. Key: tenant, server, subject. Value: the sealed secret.
    SecondFactor,
    /// Assertions that clients have proven themselves with. Key: tenant, client, hash of the jti. Value: when it ends.
    Assertion,
    /// How clients that registered themselves are managed. Key: tenant, client. Value: the hash of the token.
    Registration,
    /// Secrets of our accounts at other authorization servers. Key: tenant, connection. Value: the sealed secret.
    ConnectionAccount,
    /// What those servers have given us. Key: tenant, connection. Value: the sealed tokens.
    ConnectionTokens,
    /// Authorizations that are asked for there. Key: tenant, keyed hash. Value: for which connection, and who asks.
    ConnectionErrand,
    /// What ends, by when it does. Key: tenant, seconds in twelve digits, what, the rest of its key. Value: its key.
    Expiry,
    /// The refresh token of a grant that is good now. Key: tenant, server, subject, grant. Value: its keyed hash and how long it is.
    RefreshToken,
    /// Secrets of clients that were exchanged and are good for a while yet. Key: tenant, client. Value: the credential and
    /// when it ends.
    Superseded,
    /// The bytes of uploaded components, content addressed. Key: digest. Value: the component, compressed.
    ComponentBytes,
    /// Candidates that are evaluated beside policies. Key: tenant, policy. Value: the candidate and how much of the traffic it sees.
    Shadow,
    /// Authorization requests that clients have pushed. Key: tenant, server, keyed hash. Value: the parameters, and of whom.
    PushedRequest,
    /// Devices that wait for a person. Key: tenant, server, keyed hash of the device code. Value: what is asked, and the answer.
    DeviceRequest,
    /// Clients that wait for a person who is elsewhere. Key: tenant, server, keyed hash. Value: what is asked, and the answer.
    BackchannelRequest,
    /// Clients that have yet to hear that a session is over. Key: tenant, when to try in twelve digits, server, session, client.
    /// Value: who was logged in, and how often it was tried.
    LogoutNotice,
    /// What components may read. Key: tenant, namespace, key. Value: JSON text.
    KeyValue,
    /// Devices that have yet to hear that their person is asked. Key: tenant, when to try in twelve digits, server, request.
    /// Value: how often it was tried.
    Summons,
    /// Codes that people have chosen for being asked elsewhere. Key: tenant, server, subject. Value: the hash.
    PersonCode,
}

impl Table {
    /// Every table.
    pub const ALL: [Table; 42] = [
        Table::States,
        Table::Identities,
        Table::Index,
        Table::Pages,
        Table::Meta,
        Table::Credential,
        Table::SigningKey,
        Table::User,
        Table::PolicyRules,
        Table::Component,
        Table::Sealed,
        Table::Specification,
        Table::Activity,
        Table::ConsentGrant,
        Table::Ledger,
        Table::LedgerHead,
        Table::Grant,
        Table::AuthorizationCode,
        Table::OlderRefresh,
        Table::AccessToken,
        Table::RevokedToken,
        Table::Session,
        Table::Login,
        Table::Access,
        Table::SecondFactor,
        Table::Assertion,
        Table::Registration,
        Table::ConnectionAccount,
        Table::ConnectionTokens,
        Table::ConnectionErrand,
        Table::Expiry,
        Table::RefreshToken,
        Table::Superseded,
        Table::ComponentBytes,
        Table::Shadow,
        Table::PushedRequest,
        Table::DeviceRequest,
        Table::BackchannelRequest,
        Table::LogoutNotice,
        Table::KeyValue,
        Table::Summons,
        Table::PersonCode,
    ];

    /// Its name in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Table::States => "states",
            Table::Identities => "identities",
            Table::Index => "index",
            Table::Pages => "pages",
            Table::Meta => "meta",
            Table::Credential => "credential",
            Table::SigningKey => "signing_key",
            Table::User => "user",
            Table::PolicyRules => "policy_rules",
            Table::Component => "component",
            Table::Sealed => "sealed",
            Table::Specification => "specification",
            Table::Activity => "activity",
            Table::ConsentGrant => "consent_grant",
            Table::Ledger => "ledger",
            Table::LedgerHead => "ledger_head",
            Table::Grant => "grant",
            Table::AuthorizationCode => "authorization_code",
            Table::OlderRefresh => "refresh_token",
            Table::AccessToken => "access_token",
            Table::RevokedToken => "revoked_token",
            Table::Session => "session",
            Table::Login => "login",
            Table::Access => "access",
            Table::SecondFactor => "second_factor",
            Table::Assertion => "assertion",
            Table::Registration => "registration",
            Table::ConnectionAccount => "connection_account",
            Table::ConnectionTokens => "connection_tokens",
            Table::ConnectionErrand => "connection_errand",
            Table::Expiry => "expiry",
            Table::RefreshToken => "latest_refresh",
            Table::Superseded => "superseded",
            Table::ComponentBytes => "component_bytes",
            Table::Shadow => "shadow",
            Table::PushedRequest => "pushed_request",
            Table::DeviceRequest => "device_request",
            Table::BackchannelRequest => "backchannel_request",
            Table::LogoutNotice => "logout_notice",
            Table::KeyValue => "key_value",
            Table::Summons => "summons",
            Table::PersonCode => "person_code",
        }
    }

    /// Whether [`Record`]s live in it. The others are laid out by the store itself.
    pub const fn holds_records(self) -> bool {
        !matches!(self, Table::States | Table::Identities | Table::Index | Table::Pages)
    }

    pub(super) fn definition(self) -> TableDefinition<'static, Bytes, Bytes> {
        TableDefinition::new(self.name())
    }
}

/// The configuration records that have a timeline. The numbers are in keys: never change or reuse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the nouns of DESIGN §4 under their own names")]
pub enum Kind {
    Tenant = 1,
    Server = 2,
    Client = 3,
    Scope = 4,
    Service = 5,
    Api = 6,
    Claim = 7,
    Gateway = 8,
    Policy = 9,
    Consent = 10,
    ConsentAction = 11,
    Application = 12,
    Connection = 13,
    Plugin = 14,
}

/// The indexes. The numbers are in keys: never change or reuse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Index {
    /// The clients of an authorization server.
    ServerClients = 1,
    /// Whatever uses a policy.
    PolicyUsers = 2,
    /// The scopes of an authorization server.
    ServerScopes = 3,
    /// The claims of an authorization server.
    ServerClaims = 4,
    /// The services of an authorization server.
    ServerServices = 5,
    /// The gateways of an authorization server.
    ServerGateways = 6,
    /// The APIs of a service.
    ServiceApis = 7,
    /// The scopes of a service.
    ServiceScopes = 8,
    /// The services connected to a gateway.
    GatewayServices = 9,
    /// The clients that a developer has made.
    DeveloperClients = 10,
    /// The consent actions that ask for a consent.
    ConsentActions = 11,
    /// Names that are given once: tenant, kind of thing, what it belongs to, name.
    Names = 12,
    /// The events of the privacy ledger about a person: tenant, subject → number.
    SubjectEvents = 13,
    /// What a person has granted: tenant, server, subject → grant.
    SubjectGrants = 14,
    /// Where a person is logged in: tenant, server, subject → session.
    SubjectSessions = 15,
    /// Whatever uses a consent action.
    ActionUsers = 16,
    /// Whatever has ever been below a server, also what has gone: tenant, kind of thing, server → id.
    EverOfServer = 17,
    /// The names that the `setups` dialect has for clients: tenant, name → client.
    ClientEntities = 18,
    /// The tenants of clients that are found without one: nothing, client → tenant.
    OrganizationClients = 19,
    /// The tenants of applications, which are found without one: nothing, application → tenant.
    ApplicationTenants = 20,
    /// The clients of an organization: tenant, server → client.
    ClientsOfOrganization = 21,
    /// What a client has on its own behalf: tenant, server, client → grant.
    OwnGrants = 22,
    /// Whatever uses a plugin: tenant, the plugin as it is named there (`NAME`, `NAME@VERSION`, `NAME@sha256:DIGEST`) →
    /// `policies/ID` and the like.
    PluginUsers = 23,
    /// Who has an uploaded component: nothing, digest → `TENANT/PLUGIN`.
    ComponentHolders = 24,
    /// The codes that devices show: tenant, server, keyed hash of the code → the keyed hash of the device code.
    UserCodes = 25,
    /// The devices that wait: tenant, server, client → the keyed hash of the device code. The same by network: tenant, server,
    /// client, network.
    ClientDevices = 26,
    /// What clients ask a person elsewhere: tenant, server, subject → the keyed hash of the request.
    SubjectRequests = 27,
    /// The same by the client that asks: tenant, server, client → the keyed hash of the request.
    ClientRequests = 28,
}

/// Configuration that has a timeline.
pub trait Noun: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Which of the kinds it is.
    const KIND: Kind;
}

/// A plain record outside the timelines: one current value for a key.
pub trait Record: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Where it lives; must be one for which [`Table::holds_records`], which the compiler checks at the first use.
    const TABLE: Table;
}
