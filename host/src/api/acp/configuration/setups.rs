//! What only setups say of servers, clients, services and scopes, as an export has it and an import takes it.
//!
//! Called by `show` and `parse`. Such a member is left out where nothing is said; an import that leaves it out leaves what is
//! there as it is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{
    Failure, Problem,
    setup::{
        Metadata, ScopePolicies, ScopePolicy,
        members::{About, ClientMembers, ScopeMembers, ServerMembers, ServiceMembers},
    },
};

/// Whose a record is.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AboutRecord {
    /// Who looks after it.
    pub owner: String,
    /// For people.
    pub comment: String,
    /// Notes.
    pub metadata: Vec<NoteRecord>,
}

/// A note.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NoteRecord {
    /// What it is about.
    pub name: String,
    /// What it says.
    pub value: String,
    /// Its language.
    pub locale: String,
}

/// The policies of scopes: `consent_required`, `consent_persisted`, `consent_not_required` or `not_allowed`.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PoliciesRecord {
    /// In the implicit flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub implicit_flow: Option<String>,
    /// In the authorization code flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_code_flow: Option<String>,
    /// When a token is refreshed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Whether people must log in anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force_reauthentication: Option<bool>,
}

/// What a setup says of its authorization server.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerSetup {
    /// Whose it is.
    #[serde(default)]
    pub about: AboutRecord,
    /// The grants of a client that names none.
    #[serde(default)]
    pub client_grant_types: Vec<String>,
    /// Whether people must log in anew.
    #[serde(default)]
    pub force_reauthentication: bool,
    /// How long a consent is remembered, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persisted_consent_ttl: Option<i64>,
    /// The policies of its scopes.
    #[serde(default)]
    pub scope_policies: PoliciesRecord,
}

/// What a setup says of a client.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientSetup {
    /// Whose it is.
    #[serde(default)]
    pub about: AboutRecord,
    /// Who can be asked about it.
    #[serde(default)]
    pub contacts: Vec<String>,
    /// `web` or `native`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub application_type: String,
    /// How its ID tokens are to be signed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id_token_signed_response_alg: String,
    /// How long an access token is good, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_ttl: Option<i64>,
    /// How long a refresh token is good, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token_ttl: Option<i64>,
    /// How long an ID token is good, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_ttl: Option<i64>,
    /// How long a consent is remembered, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persisted_consent_ttl: Option<i64>,
    /// Whether people must log in anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force_reauthentication: Option<bool>,
}

/// What a setup says of a service, which is a resource server there.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceSetup {
    /// Whose it is.
    #[serde(default)]
    pub about: AboutRecord,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
}

/// What a setup says of a scope.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeSetup {
    /// Its policies.
    #[serde(default)]
    pub policies: PoliciesRecord,
    /// Claims of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_claims: Option<String>,
    /// Notes.
    #[serde(default)]
    pub metadata: Vec<NoteRecord>,
}

impl From<Metadata> for NoteRecord {
    fn from(note: Metadata) -> NoteRecord {
        let Metadata { name, value, locale } = note;
        NoteRecord { name, value, locale }
    }
}

impl From<NoteRecord> for Metadata {
    fn from(note: NoteRecord) -> Metadata {
        let NoteRecord { name, value, locale } = note;
        Metadata { name, value, locale }
    }
}

impl From<About> for AboutRecord {
    fn from(about: About) -> AboutRecord {
        let About { owner, comment, metadata } = about;
        AboutRecord { owner, comment, metadata: metadata.into_iter().map(NoteRecord::from).collect() }
    }
}

impl From<AboutRecord> for About {
    fn from(about: AboutRecord) -> About {
        let AboutRecord { owner, comment, metadata } = about;
        About { owner, comment, metadata: metadata.into_iter().map(Metadata::from).collect() }
    }
}

impl From<ScopePolicies> for PoliciesRecord {
    fn from(policies: ScopePolicies) -> PoliciesRecord {
        let ScopePolicies { implicit_flow, authorization_code_flow, refresh_token, force_reauthentication } = policies;
        let word = |policy: Option<ScopePolicy>| policy.map(|policy| policy.word().to_owned());
        PoliciesRecord {
            implicit_flow: word(implicit_flow),
            authorization_code_flow: word(authorization_code_flow),
            refresh_token: word(refresh_token),
            force_reauthentication,
        }
    }
}

/// The policies of a record at `place`.
fn policies(place: &str, record: PoliciesRecord) -> Result<ScopePolicies, Failure> {
    let PoliciesRecord { implicit_flow, authorization_code_flow, refresh_token, force_reauthentication } = record;
    let mut problems = Vec::new();
    let mut policy = |member: &str, word: Option<String>| {
        let word = word?;
        let known = ScopePolicy::of_word(&word);
        if known.is_none() {
            problems.push(Problem::new(format!("{place}/{member}"), format!("`{word}` is no known policy")));
        }
        known
    };
    let policies = ScopePolicies {
        implicit_flow: policy("implicit_flow", implicit_flow),
        authorization_code_flow: policy("authorization_code_flow", authorization_code_flow),
        refresh_token: policy("refresh_token", refresh_token),
        force_reauthentication,
    };
    Failure::unless_fine(problems).map(|()| policies)
}

/// What an export says of a server.
pub(super) fn show_server(setup: Option<Box<ServerMembers>>) -> Option<ServerSetup> {
    let ServerMembers { about, client_grant_types, force_reauthentication, persisted_consent_seconds, policies } =
        *setup?;
    let (about, scope_policies) = (about.into(), policies.into());
    let persisted_consent_ttl = persisted_consent_seconds;
    Some(ServerSetup { about, client_grant_types, force_reauthentication, persisted_consent_ttl, scope_policies })
}

/// What an import says of a server.
pub(super) fn server(setup: ServerSetup) -> Result<Box<ServerMembers>, Failure> {
    let ServerSetup { about, client_grant_types, force_reauthentication, persisted_consent_ttl, scope_policies } =
        setup;
    let policies = policies("/setup/scope_policies", scope_policies)?;
    let (about, persisted_consent_seconds) = (about.into(), persisted_consent_ttl);
    let members =
        ServerMembers { about, client_grant_types, force_reauthentication, persisted_consent_seconds, policies };
    Ok(Box::new(members))
}

/// What an export says of a client.
pub(super) fn show_client(setup: Option<Box<ClientMembers>>) -> Option<ClientSetup> {
    let ClientMembers {
        about,
        contacts,
        application_type,
        id_token_signed_response_alg,
        access_token_seconds,
        refresh_token_seconds,
        id_token_seconds,
        persisted_consent_seconds,
        force_reauthentication,
    } = *setup?;
    Some(ClientSetup {
        about: about.into(),
        contacts,
        application_type,
        id_token_signed_response_alg,
        access_token_ttl: access_token_seconds,
        refresh_token_ttl: refresh_token_seconds,
        id_token_ttl: id_token_seconds,
        persisted_consent_ttl: persisted_consent_seconds,
        force_reauthentication,
    })
}

/// What an import says of a client.
pub(super) fn client(setup: ClientSetup) -> Box<ClientMembers> {
    let ClientSetup {
        about,
        contacts,
        application_type,
        id_token_signed_response_alg,
        access_token_ttl,
        refresh_token_ttl,
        id_token_ttl,
        persisted_consent_ttl,
        force_reauthentication,
    } = setup;
    Box::new(ClientMembers {
        about: about.into(),
        contacts,
        application_type,
        id_token_signed_response_alg,
        access_token_seconds: access_token_ttl,
        refresh_token_seconds: refresh_token_ttl,
        id_token_seconds: id_token_ttl,
        persisted_consent_seconds: persisted_consent_ttl,
        force_reauthentication,
    })
}

/// What an export says of a service.
pub(super) fn show_service(setup: Option<Box<ServiceMembers>>) -> Option<ServiceSetup> {
    let ServiceMembers { about, uri } = *setup?;
    Some(ServiceSetup { about: about.into(), uri })
}

/// What an import says of a service.
pub(super) fn service(setup: ServiceSetup) -> Box<ServiceMembers> {
    let ServiceSetup { about, uri } = setup;
    Box::new(ServiceMembers { about: about.into(), uri })
}

/// What an export says of a scope.
pub(super) fn show_scope(setup: Option<Box<ScopeMembers>>) -> Option<ScopeSetup> {
    let ScopeMembers { policies, custom_claims, metadata } = *setup?;
    let metadata = metadata.into_iter().map(NoteRecord::from).collect();
    Some(ScopeSetup { policies: policies.into(), custom_claims, metadata })
}

/// What an import says of a scope.
pub(super) fn scope(setup: ScopeSetup) -> Result<Box<ScopeMembers>, Failure> {
    let ScopeSetup { policies: record, custom_claims, metadata } = setup;
    let policies = policies("/setup/policies", record)?;
    Ok(Box::new(ScopeMembers { policies, custom_claims, metadata: metadata.into_iter().map(Metadata::from).collect() }))
}
