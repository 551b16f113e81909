//! Tokens: what they say and how they are kept.
//!
//! ```text
//! mint         make one            verify   whose is it, for every bearer
//! introspect   what is it worth    revoke   give it back          asker   whose business it is
//! refresh      the refresh token of each grant       shown    what it says of itself       older   as they were kept once
//! exchanged    what is left of the token that one was made for
//! audience     whom it is for
//! ```

pub mod asker;
mod audience;
mod exchanged;
pub mod introspect;
mod mint;
pub mod older;
pub mod refresh;
pub mod revoke;
mod shown;
mod verify;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Confirmation, details::Detail, expiry};
use crate::{
    crypto::Secret,
    store::{Record, Table},
    world::Micros,
};

pub use audience::is_general;
pub use exchanged::{Actor, Exchanged, MOST_BEFORE};
pub(super) use mint::readable;
pub use mint::{Form, Kept, Minted, Order, mint};
pub use refresh::RefreshToken;
pub(super) use verify::known;
pub use verify::{Known, claims, verify, verify_anywhere};

/// The grant of a client on its own behalf (RFC 6749 §4.4).
pub const CLIENT_CREDENTIALS: &str = "client_credentials";
/// Opaque tokens are found by tenant alone: a bearer's request does not say which server its token is of.
const ANY_SERVER: &str = "";
/// The media type of an access token (RFC 9068 §2.1).
const TYPE: &str = "at+jwt";

/// The claims of an access token (RFC 9068 §2.2; `scp`, `tid` and `aid` as ACP has them). `gid` is the grant of a person that it
/// was made from, `cgid` the client's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the registered words themselves")]
pub struct Claims {
    pub iss: String,
    pub sub: String,
    pub aud: Vec<String>,
    pub client_id: String,
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
    pub jti: String,
    pub scope: String,
    pub scp: Vec<String>,
    pub tid: String,
    pub aid: String,
    pub client_since: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cgid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_details: Vec<Detail>,
    /// Who acts for whom it is about (RFC 8693 §4.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
    /// Which client of the name `sub`, where another client has exchanged its token: it goes with that one too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_since: Option<Micros>,
    /// The access tokens that it was exchanged for, by their `jti`, the first one first: it goes with each of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanged_from: Vec<String>,
    /// What the tenant's claims add.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// A token that was just issued (RFC 6749 §5.1).
#[derive(Debug)]
pub struct Issued {
    /// The token itself.
    pub access_token: Secret,
    /// How it is shown: `bearer`, or `DPoP` when it is bound to the key of such proofs.
    pub token_type: &'static str,
    /// How long it is good, in seconds.
    pub expires_in: i64,
    /// The granted scopes.
    pub scopes: Vec<String>,
    /// The granted authorization details (RFC 9396).
    pub details: Vec<Detail>,
}

/// An opaque access token as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessToken {
    /// Which server of its name.
    pub server_since: Micros,
    /// The claims that a signed token would have, as JSON text.
    pub claims: String,
    /// When it ends, in seconds since 1970.
    pub ends: i64,
}

/// An access token that was revoked before its end, by its `jti`: a signed one, which stays as it is, and also an opaque one for the
/// sake of those that it was exchanged for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RevokedToken {
    /// When it would have ended, in seconds since 1970.
    pub ends: i64,
}

impl Record for AccessToken {
    const TABLE: Table = Table::AccessToken;
}

impl Record for RevokedToken {
    const TABLE: Table = Table::RevokedToken;
}

impl expiry::Ends for AccessToken {
    const WHAT: expiry::What = expiry::What::AccessToken;
    fn ends(&self) -> i64 {
        self.ends
    }
}

impl expiry::Ends for RevokedToken {
    const WHAT: expiry::What = expiry::What::RevokedToken;
    fn ends(&self) -> i64 {
        self.ends
    }
}
