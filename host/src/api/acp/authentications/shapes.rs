//! The shapes of authentication methods on the wire. Converted in `authentications.rs`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::acp::tenants::AttributeBody;

/// The ways to log in to an authorization server, in the order in which they are offered.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Authentications")]
pub struct AuthenticationsBody {
    /// Several let people choose; a single one is taken at once.
    #[serde(default)]
    pub methods: Option<Vec<MethodBody>>,
}

/// One way to log in, with exactly the settings object of its method.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AuthenticationMethod")]
pub struct MethodBody {
    /// Unique within the server; made when left out. Passwords and secrets that are left out are found again by it. The subjects
    /// of people from providers begin with it (`corp:carol`): choose it before the first of them logs in, and keep it.
    #[serde(default)]
    pub id: Option<String>,
    /// For people. Required.
    #[schemars(required)]
    pub name: Option<String>,
    /// `static`, `custom`, `oidc`, `azure` or `cognito`. Required.
    #[schemars(required)]
    pub method: Option<String>,
    /// True takes it out of the choice.
    #[serde(default)]
    pub disabled: Option<bool>,
    /// What its identities may hold.
    #[serde(default)]
    pub attributes: Option<Vec<AttributeBody>>,
    /// What of an identity becomes what of the authentication context; none copies everything.
    #[serde(default)]
    pub mappings: Option<Vec<MappingBody>>,
    /// People whose names and passwords are kept here.
    #[serde(default, rename = "static", skip_serializing_if = "Option::is_none")]
    pub users: Option<StaticBody>,
    /// A login page of one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom: Option<CustomBody>,
    /// An OpenID Connect provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oidc: Option<OidcBody>,
    /// Microsoft's directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azure: Option<AzureBody>,
    /// Amazon's user pools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cognito: Option<CognitoBody>,
}

/// Copies a part of an identity into the authentication context. `.` is the whole.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AuthenticationMapping")]
pub struct MappingBody {
    /// A dotted path in the identity. Required.
    #[schemars(required)]
    pub source: Option<String>,
    /// A dotted path in the authentication context. Required.
    #[schemars(required)]
    pub target: Option<String>,
}

/// People whose names and passwords are kept here.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StaticUsers")]
pub struct StaticBody {
    /// True shows the names on the login page.
    #[serde(default)]
    pub hint: Option<bool>,
    /// The people.
    #[serde(default)]
    pub users: Option<Vec<UserBody>>,
}

/// A person.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StaticUser")]
pub struct UserBody {
    /// Unique within the method. Required.
    #[schemars(required)]
    pub username: Option<String>,
    /// Required for a new user; left out, the one that is there stays. Never answered.
    #[serde(default, skip_serializing)]
    pub password: Option<String>,
    /// The argon2id hash of a password instead of the password, as an export has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hashed_password: Option<String>,
    /// What the authentication context gets.
    #[serde(default)]
    pub authentication_context: Option<Map<String, Value>>,
}

/// A login page of one's own.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CustomLogin")]
pub struct CustomBody {
    /// Where it is. Required. The browser arrives there with `login_id` and `login_state` in the query; the page answers by the
    /// operations `acceptLogin` or `rejectLogin`, and sends the browser to their `redirect_to`.
    #[serde(default)]
    pub login_url: Option<String>,
}

/// Our account at an OpenID Connect provider.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OidcLogin")]
pub struct OidcBody {
    /// The provider. Required.
    #[schemars(required)]
    pub issuer_url: Option<String>,
    /// True asks userinfo as well.
    #[serde(default)]
    pub get_user_info: Option<bool>,
    /// Required.
    #[schemars(required)]
    pub client_id: Option<String>,
    /// Never answered; left out, the one that is there stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// Where the provider sends people back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<String>,
    /// What is asked for.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
}

/// Our account at Microsoft's directory.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AzureLogin")]
pub struct AzureBody {
    /// The directory. Required.
    #[schemars(required)]
    pub tenant: Option<String>,
    /// True asks for the groups of a person.
    #[serde(default)]
    pub fetch_groups: Option<bool>,
    /// True asks for the person's entry.
    #[serde(default)]
    pub get_user: Option<bool>,
    /// The attribute of a group that names it; `id` when left out.
    #[serde(default)]
    pub group_name_format: Option<String>,
    /// True leaves out groups that are for mail only.
    #[serde(default)]
    pub only_security_groups: Option<bool>,
    /// Required.
    #[schemars(required)]
    pub client_id: Option<String>,
    /// Never answered; left out, the one that is there stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// Where the provider sends people back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<String>,
    /// What is asked for.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
}

/// Our account at an Amazon user pool.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CognitoLogin")]
pub struct CognitoBody {
    /// The pool. Required.
    #[schemars(required)]
    pub pool_id: Option<String>,
    /// Where the pool is. Required.
    #[schemars(required)]
    pub region: Option<String>,
    /// True asks userinfo as well.
    #[serde(default)]
    pub get_user_info: Option<bool>,
    /// Required.
    #[schemars(required)]
    pub client_id: Option<String>,
    /// Never answered; left out, the one that is there stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// Where the provider sends people back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<String>,
    /// What is asked for.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
}
