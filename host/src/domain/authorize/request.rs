//! What an authorization request asks for, once it is understood: kept with a login until the answer is made.

use serde::{Deserialize, Serialize};

/// An authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuthorizationRequest {
    /// True when no client asks: the person wants to see the pages of their own account. The rest is empty then.
    pub account: bool,
    /// Who asks.
    pub client_id: String,
    /// Where the answer goes: one of the client's own, exactly.
    pub redirect_uri: String,
    /// Whether the request named it, so that the token request must as well.
    pub redirect_named: bool,
    /// What is asked for.
    pub response_type: ResponseType,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// The scopes asked for that the client may have.
    pub scopes: Vec<String>,
    /// Handed back as it is.
    pub state: Option<String>,
    /// For the ID token.
    pub nonce: Option<String>,
    /// The S256 code challenge.
    pub challenge: Option<String>,
    /// What the person must, or must not, be asked.
    pub prompt: Prompt,
    /// The oldest login that is good enough, in seconds.
    pub max_age: Option<i64>,
    /// Who the client thinks it is.
    pub login_hint: Option<String>,
    /// The subject of the `id_token_hint`, which must be who logs in.
    pub expected_subject: Option<String>,
    /// The context classes asked for, the best first.
    pub acr_values: Vec<String>,
    /// The `claims` parameter, as JSON text.
    pub claims: Option<String>,
    /// The languages the person prefers.
    pub ui_locales: Vec<String>,
}

/// What is asked for (OAuth 2.0 Multiple Response Types).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseType {
    /// An authorization code.
    pub code: bool,
    /// An access token.
    pub token: bool,
    /// An ID token.
    pub id_token: bool,
}

/// How an answer travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query.
    #[default]
    Query,
    /// In the fragment.
    Fragment,
    /// In the body of a request that the browser makes by itself.
    FormPost,
}

/// What the person must, or must not, be asked (OpenID Connect Core §3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// Nothing at all.
    pub none: bool,
    /// To log in again.
    pub login: bool,
    /// To consent again.
    pub consent: bool,
    /// Which account.
    pub select_account: bool,
}
