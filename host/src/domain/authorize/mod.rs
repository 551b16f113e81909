//! The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3): from a browser's request to the answer for the client.
//!
//! ```text
//! request   what was asked        checks   one line a rule, in order: the high-assurance set adds lines
//! flow      what the person sees next: log in, prove more, consent      answer   code and tokens to the right place
//! ```

mod request;

pub use request::{AuthorizationRequest, Prompt, ResponseMode, ResponseType};

use serde::{Deserialize, Serialize};

use super::{Domain, Failure, authentication::Authentication, consent_grant::Held, expiry, scope::Scope};
use crate::{
    crypto::Secret,
    store::{Record, Table},
};

/// An authorization code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Code {
    /// What it was made from.
    pub grant: String,
    /// The redirect URI that the token request must repeat (RFC 6749 §4.1.3); none when the request had none.
    pub redirect_uri: Option<String>,
    /// The S256 code challenge (RFC 7636 §4.2).
    pub challenge: Option<String>,
    /// When it ends, in seconds since 1970.
    pub ends: i64,
    /// Whether tokens were given for it. A second time revokes the grant.
    pub used: bool,
}

impl Record for Code {
    const TABLE: Table = Table::AuthorizationCode;
}

impl expiry::Ends for Code {
    const WHAT: expiry::What = expiry::What::Code;
    fn ends(&self) -> i64 {
        self.ends
    }
}

/// The browser a request comes from.
#[derive(Clone, Debug)]
pub struct Browser {
    /// The session cookie of this server, if it sent one.
    pub session: Option<String>,
    /// The cookie that binds a login to the browser; the edge makes one when there is none.
    pub cookie: Secret,
    /// Its address, for limits and for the person's list of sessions.
    pub address: String,
    /// Its User-Agent, for the same list.
    pub agent: String,
    /// The id of its request, for policies and the log.
    pub request_id: String,
}

/// What a person says on the consent page.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// The names of the scopes that the client may have, of those that were shown.
    pub scopes: &'a [String],
    /// The ids of the consents that are given, of those that were shown.
    pub consents: &'a [String],
    /// The language in which the page asked.
    pub language: &'a str,
}

/// Where a browser goes next.
#[derive(Debug)]
pub enum Begun {
    /// To the pages of the login with this id.
    Login(String),
    /// Back to the client.
    Answer(Destination),
}

/// An answer for a client, on its way through the browser.
#[derive(Debug)]
pub enum Destination {
    /// In the query or in the fragment of the redirect URI: the whole URL.
    Redirect(String),
    /// In a form that posts itself (OAuth 2.0 Form Post Response Mode).
    Post {
        /// The redirect URI.
        action: String,
        /// The members, in order.
        fields: Vec<(String, String)>,
    },
}

/// What a person has to do next in a login.
#[derive(Debug)]
pub enum Next {
    /// Choose one of these ways to log in (id, name, method): more than one is on.
    Choose(Vec<Authentication>),
    /// Give name and password for this method.
    Password(Authentication),
    /// Go to this provider: [`super::upstream`] makes the URL.
    Provider(Authentication),
    /// Go to this page of the tenant's own: [`super::custom_login`] makes the URL.
    Custom(Authentication),
    /// Prove a second factor, or enrol one first when `enrolled` is false.
    SecondFactor {
        /// Whether the person has one.
        enrolled: bool,
    },
    /// Say yes to scopes and consents.
    Consent {
        /// The scopes that are new, by name, with their descriptions.
        scopes: Vec<(String, Scope)>,
        /// The consents that are required and missing.
        consents: Vec<Held>,
    },
    /// Nothing: the answer can be made with [`finish`].
    Finish,
}

/// Reads and checks an authorization request (`sent` are its parameters in order) and answers it at once when nothing is
/// left to ask, or begins a login.
///
/// A request whose client or redirect URI cannot be trusted is a failure, told to the person. Everything else that is
/// wrong is told to the client, by way of its redirect URI (RFC 6749 §4.1.2.1).
pub async fn begin(
    _domain: &Domain,
    _tenant: &str,
    _server: &str,
    _sent: &[(String, String)],
    _browser: &Browser,
) -> Result<Begun, Failure> {
    Err(Failure::Internal { log: "not yet".to_owned() })
}

/// What the person has to do next in the login `id`. The browser must be the one that began it.
pub async fn next(
    _domain: &Domain,
    _tenant: &str,
    _server: &str,
    _id: &str,
    _browser: &Browser,
) -> Result<Next, Failure> {
    Err(Failure::Internal { log: "not yet".to_owned() })
}

/// Answers the client and forgets the login.
pub async fn finish(
    _domain: &Domain,
    _tenant: &str,
    _server: &str,
    _id: &str,
    _browser: &Browser,
) -> Result<Destination, Failure> {
    Err(Failure::Internal { log: "not yet".to_owned() })
}

/// Writes down what the person says on the consent page. Afterwards [`next`] knows how it goes on.
pub async fn consent(
    _domain: &Domain,
    _tenant: &str,
    _server: &str,
    _id: &str,
    _browser: &Browser,
    _said: Said<'_>,
) -> Result<(), Failure> {
    Err(Failure::Internal { log: "not yet".to_owned() })
}

/// The person says no: the client is told `access_denied`, and the login is forgotten.
pub async fn refuse(
    _domain: &Domain,
    _tenant: &str,
    _server: &str,
    _id: &str,
    _browser: &Browser,
) -> Result<Destination, Failure> {
    Err(Failure::Internal { log: "not yet".to_owned() })
}

/// Begins a login for the person's own account pages, or sends a browser with a session to them at once.
pub async fn begin_account(
    _domain: &Domain,
    _tenant: &str,
    _server: &str,
    _browser: &Browser,
) -> Result<Begun, Failure> {
    Err(Failure::Internal { log: "not yet".to_owned() })
}
