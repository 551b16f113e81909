//! A setup on the wire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{MetadataBody, PolicyWord, metadata, required, show_metadata, valid_from};
use crate::{
    api::read::said,
    domain::{
        Failure, moment,
        setup::{ClientDefaults, ScopePolicies, Setup, Snapshot},
    },
};

/// A setup: an authorization server with what holds for its clients and resource servers.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Setup")]
pub struct SetupBody {
    /// For people. Required.
    #[schemars(required)]
    pub name: Option<String>,
    /// Who looks after it; whoever makes it when left out.
    #[serde(default)]
    pub owner: Option<String>,
    /// For people.
    #[serde(default)]
    pub comment: Option<String>,
    /// From when on it is to hold, not in the past (RFC 3339). Left out, or as a GET has brought it: now.
    #[serde(default)]
    pub valid_from: Option<String>,
    /// Notes.
    #[serde(default)]
    pub metadata: Option<Vec<MetadataBody>>,
    /// What holds for clients that do not say otherwise. Required.
    #[schemars(required)]
    pub client_defaults: Option<ClientDefaultsBody>,
    /// What holds for scopes that do not say otherwise. Required.
    #[schemars(required)]
    pub resource_server_defaults: Option<ResourceServerDefaultsBody>,
}

/// What holds for clients that do not say otherwise.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ClientDefaults")]
pub struct ClientDefaultsBody {
    /// The grants of a client that names none. Required, may be empty.
    #[schemars(required)]
    pub grant_types: Option<Vec<String>>,
    /// Whether people must log in anew.
    #[serde(default)]
    pub force_reauthentication: Option<bool>,
    /// How long an access token is good, in seconds.
    #[serde(default)]
    pub access_token_ttl: Option<i64>,
    /// How long a refresh token is good, in seconds.
    #[serde(default)]
    pub refresh_token_ttl: Option<i64>,
    /// How long an ID token is good, in seconds.
    #[serde(default)]
    pub id_token_ttl: Option<i64>,
    /// How long a consent is remembered, in seconds. Left out: until it is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persisted_consent_ttl: Option<i64>,
}

/// What holds for scopes that do not say otherwise.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ResourceServerDefaults")]
pub struct ResourceServerDefaultsBody {
    /// In the implicit flow.
    #[serde(default)]
    pub scope_policy_implicit_flow: Option<PolicyWord>,
    /// In the authorization code flow.
    #[serde(default)]
    pub scope_policy_authorization_code_flow: Option<PolicyWord>,
    /// When a token is refreshed.
    #[serde(default)]
    pub scope_policy_refresh_token: Option<PolicyWord>,
    /// Whether people must log in anew for a scope.
    #[serde(default)]
    pub scope_policy_force_reauthentication: Option<bool>,
}

/// The setup of a body, and from when on it is to hold.
pub fn parse(body: SetupBody) -> Result<(Setup, Option<i64>), Failure> {
    let SetupBody {
        name,
        owner,
        comment,
        valid_from: from,
        metadata: notes,
        client_defaults,
        resource_server_defaults,
    } = body;
    let setup = Setup {
        name: required("/name", said(name))?,
        owner: owner.unwrap_or_default(),
        comment: comment.unwrap_or_default(),
        metadata: metadata(notes)?,
        client_defaults: parse_defaults(required("/client_defaults", client_defaults)?)?,
        resource_server_defaults: parse_policies(required("/resource_server_defaults", resource_server_defaults)?),
    };
    Ok((setup, valid_from(from.as_deref())?))
}

fn parse_defaults(body: ClientDefaultsBody) -> Result<ClientDefaults, Failure> {
    let ClientDefaultsBody {
        grant_types,
        force_reauthentication,
        access_token_ttl,
        refresh_token_ttl,
        id_token_ttl,
        persisted_consent_ttl,
    } = body;
    Ok(ClientDefaults {
        grant_types: required("/client_defaults/grant_types", grant_types)?,
        force_reauthentication: force_reauthentication.unwrap_or_default(),
        access_token_ttl,
        refresh_token_ttl,
        id_token_ttl,
        persisted_consent_ttl,
    })
}

fn parse_policies(body: ResourceServerDefaultsBody) -> ScopePolicies {
    let ResourceServerDefaultsBody {
        scope_policy_implicit_flow,
        scope_policy_authorization_code_flow,
        scope_policy_refresh_token,
        scope_policy_force_reauthentication,
    } = body;
    ScopePolicies {
        implicit_flow: scope_policy_implicit_flow.map(Into::into),
        authorization_code_flow: scope_policy_authorization_code_flow.map(Into::into),
        refresh_token: scope_policy_refresh_token.map(Into::into),
        force_reauthentication: scope_policy_force_reauthentication,
    }
}

/// A state of a setup as a body.
pub fn show(snapshot: Snapshot<Setup>) -> SetupBody {
    let Snapshot { id: _, value, valid_from, version: _, author: _, deleted: _ } = snapshot;
    let Setup { name, owner, comment, metadata, client_defaults, resource_server_defaults } = value;
    SetupBody {
        name: Some(name),
        owner: Some(owner),
        comment: Some(comment),
        valid_from: Some(moment::show(valid_from)),
        metadata: Some(show_metadata(metadata)),
        client_defaults: Some(show_defaults(client_defaults)),
        resource_server_defaults: Some(show_policies(resource_server_defaults)),
    }
}

fn show_defaults(defaults: ClientDefaults) -> ClientDefaultsBody {
    let ClientDefaults {
        grant_types,
        force_reauthentication,
        access_token_ttl,
        refresh_token_ttl,
        id_token_ttl,
        persisted_consent_ttl,
    } = defaults;
    ClientDefaultsBody {
        grant_types: Some(grant_types),
        force_reauthentication: Some(force_reauthentication),
        access_token_ttl,
        refresh_token_ttl,
        id_token_ttl,
        persisted_consent_ttl,
    }
}

fn show_policies(policies: ScopePolicies) -> ResourceServerDefaultsBody {
    let ScopePolicies { implicit_flow, authorization_code_flow, refresh_token, force_reauthentication } = policies;
    ResourceServerDefaultsBody {
        scope_policy_implicit_flow: implicit_flow.map(Into::into),
        scope_policy_authorization_code_flow: authorization_code_flow.map(Into::into),
        scope_policy_refresh_token: refresh_token.map(Into::into),
        scope_policy_force_reauthentication: force_reauthentication,
    }
}
