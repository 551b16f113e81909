//! Shapes of applications, and the way from them to what the domain has and back.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::{
    api::read::said,
    domain::{
        Failure,
        application::{Application, ApplicationType, Entries, Given, New, Shown},
        moment,
    },
};

/// Where an application's people come from.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(rename = "ApplicationType")]
pub enum TypeBody {
    Genesys,
    StandaloneOpenid,
    TalkdeskOpenid,
    NiceCxoneOpenid,
    Test,
    SetupTest,
}

/// An application on the wire.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Application")]
pub struct ApplicationBody {
    /// Rises with every change.
    pub version: u64,
    /// Its identifier.
    pub id: String,
    /// The organization it belongs to.
    pub organization_id: String,
    /// Where its people come from.
    #[serde(rename = "type")]
    pub kind: TypeBody,
    /// What the caller may see of its configuration.
    pub config: Map<String, Value>,
    /// When it was made.
    pub created_at: String,
    /// When it was last changed.
    pub modified_at: String,
    /// Whether lists show it to those who do not administrate it.
    pub visible: bool,
    /// Whether no tokens are issued for it.
    pub disabled: bool,
    /// From when on no tokens are issued for it.
    pub expires_at: Option<String>,
    /// Whether people may register themselves without saying who they are.
    pub anonymous_registration_enabled: bool,
}

/// An application to make.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "CreateApplicationWebCommand")]
pub struct CreateBody {
    /// Its identifier, from internal services only; made when left out.
    #[serde(default)]
    pub id: Option<String>,
    /// Its organization; the caller's when left out, another from internal services only.
    #[serde(default)]
    pub organization_id: Option<String>,
    /// Where its people come from.
    #[serde(rename = "type")]
    pub kind: TypeBody,
    /// Its configuration: an object of at most 64 KiB. The entries serviceParameters, agentParameters and customerParameters are
    /// shown to services, agents and customers only.
    pub config: Map<String, Value>,
    /// Whether no tokens are issued for it.
    #[serde(default)]
    pub disabled: Option<bool>,
    /// Whether lists show it to those who do not administrate it; true when left out.
    #[serde(default)]
    pub visible: Option<bool>,
    /// From when on no tokens are issued for it.
    #[serde(default)]
    pub expires_at: Option<String>,
    /// Whether people may register themselves without saying who they are.
    #[serde(default)]
    pub anonymous_registration_enabled: Option<bool>,
}

/// What an application is to become. Members that are not required stay when they are left out.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "UpdateApplicationWebCommand")]
pub struct UpdateBody {
    /// Its identifier, as it was shown; cannot be changed.
    #[serde(default)]
    pub id: Option<String>,
    /// When it was made, as it was shown; not looked at.
    #[serde(default)]
    pub created_at: Option<String>,
    /// When it was last changed, as it was shown; not looked at.
    #[serde(default)]
    pub modified_at: Option<String>,
    /// The organization it belongs to; cannot be changed. Another than the caller's from internal services only.
    #[serde(default)]
    pub organization_id: Option<String>,
    /// Where its people come from.
    #[serde(rename = "type")]
    pub kind: TypeBody,
    /// The version that the application must still have.
    #[serde(default)]
    pub version: Option<u64>,
    /// Its whole configuration, see the making of one.
    pub config: Map<String, Value>,
    /// Whether no tokens are issued for it.
    #[serde(default)]
    pub disabled: Option<bool>,
    /// Whether lists show it to those who do not administrate it.
    #[serde(default)]
    pub visible: Option<bool>,
    /// From when on no tokens are issued for it; null when that is never.
    #[serde(default, deserialize_with = "said_or_null")]
    pub expires_at: Option<Option<String>>,
    /// Whether people may register themselves without saying who they are.
    #[serde(default)]
    pub anonymous_registration_enabled: Option<bool>,
}

/// An application that was made.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CreateApplicationResponseValue")]
pub struct CreatedBody {
    /// Its identifier.
    pub id: String,
}

/// Whether an identifier is free.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AvailabilityResponseValue")]
pub struct AvailabilityBody {
    /// True when no application has it.
    pub available: bool,
}

/// The application that a body makes.
pub(super) fn parse_new(body: CreateBody) -> Result<New, Failure> {
    let CreateBody { id, organization_id, kind, config, disabled, visible, expires_at, anonymous_registration_enabled } =
        body;
    let given = Given {
        kind: parse_type(kind),
        entries: Entries(config),
        disabled,
        visible,
        expires_at: Some(parse_instant(expires_at)?),
        anonymous_registration: anonymous_registration_enabled,
    };
    Ok(New { id: said(id), organization: said(organization_id), given })
}

/// What a body wants an application to be.
pub(super) fn parse_given(body: UpdateBody) -> Result<Given, Failure> {
    let UpdateBody {
        // These say which application is meant, not what it becomes.
        id: _,
        created_at: _,
        modified_at: _,
        organization_id: _,
        version: _,
        kind,
        config,
        disabled,
        visible,
        expires_at,
        anonymous_registration_enabled,
    } = body;
    Ok(Given {
        kind: parse_type(kind),
        entries: Entries(config),
        disabled,
        visible,
        expires_at: expires_at.map(parse_instant).transpose()?,
        anonymous_registration: anonymous_registration_enabled,
    })
}

fn parse_instant(text: Option<String>) -> Result<Option<i64>, Failure> {
    let parse = |text: String| {
        moment::parse(&text).ok_or_else(|| Failure::invalid("/expiresAt", "must be an instant (RFC 3339)"))
    };
    text.map(parse).transpose()
}

fn parse_type(kind: TypeBody) -> ApplicationType {
    match kind {
        TypeBody::Genesys => ApplicationType::Genesys,
        TypeBody::StandaloneOpenid => ApplicationType::StandaloneOpenid,
        TypeBody::TalkdeskOpenid => ApplicationType::TalkdeskOpenid,
        TypeBody::NiceCxoneOpenid => ApplicationType::NiceCxoneOpenid,
        TypeBody::Test => ApplicationType::Test,
        TypeBody::SetupTest => ApplicationType::SetupTest,
    }
}

fn show_type(kind: ApplicationType) -> TypeBody {
    match kind {
        ApplicationType::Genesys => TypeBody::Genesys,
        ApplicationType::StandaloneOpenid => TypeBody::StandaloneOpenid,
        ApplicationType::TalkdeskOpenid => TypeBody::TalkdeskOpenid,
        ApplicationType::NiceCxoneOpenid => TypeBody::NiceCxoneOpenid,
        ApplicationType::Test => TypeBody::Test,
        ApplicationType::SetupTest => TypeBody::SetupTest,
    }
}

/// An application as the caller may see it.
pub(super) fn show(shown: Shown) -> ApplicationBody {
    let Shown { tenant, id, state, entries } = shown;
    let Application {
        kind,
        // Only what may be seen of it is shown.
        config: _,
        disabled,
        visible,
        expires_at,
        anonymous_registration,
        created_at,
    } = state.value;
    ApplicationBody {
        version: state.version,
        id,
        organization_id: tenant,
        kind: show_type(kind),
        config: entries.0,
        created_at: moment::show(created_at),
        modified_at: moment::show(state.recorded_at),
        visible,
        disabled,
        expires_at: expires_at.map(moment::show),
        anonymous_registration_enabled: anonymous_registration,
    }
}

/// A member that is there, be it null.
fn said_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}
