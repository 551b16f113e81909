//! A resource server on the wire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{MetadataBody, PolicyWord, metadata, metadata_at, required, show_metadata, valid_from};
use crate::{
    api::read::said,
    domain::{
        Failure, moment,
        setup::{
            ScopePolicies, Snapshot,
            resource_server::{ResourceScope, ResourceServer},
        },
    },
};

/// A resource server: a service with its scopes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ResourceServer")]
pub struct ResourceServerBody {
    /// For people; its id when left out.
    #[serde(default)]
    pub name: Option<String>,
    /// Who looks after it; whoever makes it when left out.
    #[serde(default)]
    pub owner: Option<String>,
    /// For people.
    #[serde(default)]
    pub comment: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// From when on it is to hold, not in the past (RFC 3339). Left out, or as a GET has brought it: now.
    #[serde(default)]
    pub valid_from: Option<String>,
    /// Notes.
    #[serde(default)]
    pub metadata: Option<Vec<MetadataBody>>,
    /// Its scopes, all of them. Required.
    #[schemars(required)]
    pub scopes: Option<Vec<ScopeBody>>,
}

/// A scope of a resource server. What is left out of its policies is as the setup says.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Scope")]
pub struct ScopeBody {
    /// Its name in requests and tokens. Required.
    #[schemars(required)]
    pub name: Option<String>,
    /// In the implicit flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_implicit_flow: Option<PolicyWord>,
    /// In the authorization code flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_authorization_code_flow: Option<PolicyWord>,
    /// When a token is refreshed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_refresh_token: Option<PolicyWord>,
    /// Whether people must log in anew for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_force_reauthentication: Option<bool>,
    /// Claims of its own, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_claims: Option<String>,
    /// Notes.
    #[serde(default)]
    pub metadata: Option<Vec<MetadataBody>>,
}

/// The resource server of a body, and from when on it is to hold.
pub fn parse(body: ResourceServerBody) -> Result<(ResourceServer, Option<i64>), Failure> {
    let ResourceServerBody { name, owner, comment, uri, valid_from: from, metadata: notes, scopes } = body;
    let scopes = required("/scopes", scopes)?.into_iter().enumerate();
    let server = ResourceServer {
        name: name.unwrap_or_default(),
        owner: owner.unwrap_or_default(),
        comment: comment.unwrap_or_default(),
        uri: said(uri),
        metadata: metadata(notes)?,
        scopes: scopes.map(|(index, body)| parse_scope(&format!("/scopes/{index}"), body)).collect::<Result<_, _>>()?,
    };
    Ok((server, valid_from(from.as_deref())?))
}

fn parse_scope(place: &str, body: ScopeBody) -> Result<ResourceScope, Failure> {
    let ScopeBody {
        name,
        policy_implicit_flow,
        policy_authorization_code_flow,
        policy_refresh_token,
        policy_force_reauthentication,
        custom_claims,
        metadata: notes,
    } = body;
    Ok(ResourceScope {
        name: required(&format!("{place}/name"), said(name))?,
        policies: ScopePolicies {
            implicit_flow: policy_implicit_flow.map(Into::into),
            authorization_code_flow: policy_authorization_code_flow.map(Into::into),
            refresh_token: policy_refresh_token.map(Into::into),
            force_reauthentication: policy_force_reauthentication,
        },
        custom_claims: said(custom_claims),
        metadata: metadata_at(&format!("{place}/metadata"), notes)?,
    })
}

/// A state of a resource server as a body.
pub fn show(snapshot: Snapshot<ResourceServer>) -> ResourceServerBody {
    let Snapshot { id: _, value, valid_from, version: _, author: _, deleted: _ } = snapshot;
    let ResourceServer { name, owner, comment, uri, metadata, scopes } = value;
    ResourceServerBody {
        name: Some(name),
        owner: Some(owner),
        comment: Some(comment),
        uri,
        valid_from: Some(moment::show(valid_from)),
        metadata: Some(show_metadata(metadata)),
        scopes: Some(scopes.into_iter().map(show_scope).collect()),
    }
}

fn show_scope(scope: ResourceScope) -> ScopeBody {
    let ResourceScope { name, policies, custom_claims, metadata } = scope;
    let ScopePolicies { implicit_flow, authorization_code_flow, refresh_token, force_reauthentication } = policies;
    ScopeBody {
        name: Some(name),
        policy_implicit_flow: implicit_flow.map(Into::into),
        policy_authorization_code_flow: authorization_code_flow.map(Into::into),
        policy_refresh_token: refresh_token.map(Into::into),
        policy_force_reauthentication: force_reauthentication,
        custom_claims,
        metadata: Some(show_metadata(metadata)),
    }
}
