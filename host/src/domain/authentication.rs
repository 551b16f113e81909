//! How people log in to an authorization server: its list of authentication methods (updateAuthentications).
//!
//! Kept within the server's own configuration. Secrets of foreign accounts are sealed, passwords hashed.

use serde::{Deserialize, Serialize};

use super::tenant::Attribute;
use crate::crypto::vault::Sealed;

/// One way to log in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Authentication {
    /// Unique within the server.
    pub id: String,
    /// For people.
    pub name: String,
    /// What it does.
    pub method: Method,
    /// True takes it out of the choice.
    pub disabled: bool,
    /// What its identities may hold.
    pub attributes: Vec<Attribute>,
    /// What of an identity becomes what of the authentication context.
    pub mappings: Vec<Mapping>,
}

/// The methods with their settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Method {
    /// People whose names and passwords are kept here.
    Static(StaticUsers),
    /// A login page of one's own, which talks to the login operations.
    Custom {
        /// Where it is.
        login_url: String,
    },
    /// An OpenID Connect provider.
    Oidc(Oidc),
    /// Microsoft's directory.
    Azure(Azure),
    /// Amazon's user pools.
    Cognito(Cognito),
}

/// People whose names and passwords are kept here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StaticUsers {
    /// Whether the login page shows the names.
    pub hint: bool,
    /// The people, by name.
    pub users: Vec<StaticUser>,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StaticUser {
    /// Unique within the method; also the subject of a login.
    pub username: String,
    /// argon2id, as a PHC string.
    pub password: String,
    /// What the authentication context gets, as JSON text of an object.
    pub context: String,
}

/// Our account at an OpenID Connect provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Oidc {
    /// The provider.
    pub issuer_url: String,
    /// Our account there.
    pub account: Account,
    /// Whether userinfo is asked as well.
    pub get_user_info: bool,
}

/// Our account at Microsoft's directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the documented members under their own names")]
pub struct Azure {
    pub tenant: String,
    pub account: Account,
    pub fetch_groups: bool,
    pub get_user: bool,
    pub group_name_format: String,
    pub only_security_groups: bool,
}

/// Our account at an Amazon user pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the documented members under their own names")]
pub struct Cognito {
    pub pool_id: String,
    pub region: String,
    pub account: Account,
    pub get_user_info: bool,
}

/// What every foreign account has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Our client id there.
    pub client_id: String,
    /// Our secret there.
    pub client_secret: Option<Sealed>,
    /// Where it sends people back to.
    pub redirect_url: String,
    /// What we ask for.
    pub scopes: Vec<String>,
}

/// Copies a part of an identity into the authentication context. `.` is the whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// A dotted path in the identity.
    pub source: String,
    /// A dotted path in the authentication context.
    pub target: String,
}
