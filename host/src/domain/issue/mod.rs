//! Issuing: the grants of the token endpoint (RFC 6749 §4), a file a grant.
//!
//! ```text
//! code, refresh, password   a person's     client_credentials, own   a client's own, for one token or longer
//! elsewhere   what a person has answered on another device     opening   a grant that begins here
//! exchange   a token for another one     jwt_bearer   a token for what somebody trusted says
//! person   what all grants of people share     once   what is good once, and what happens at the second time
//! id_token   about the person     scopes, target   what a client may have, and what a token is good for
//! ```
//!
//! Called by the token endpoint with a client that has proven itself. Whatever takes long is done before the transaction,
//! and what it was based on is looked at again inside.

mod client_credentials;
mod code;
mod elsewhere;
mod exchange;
pub mod id_token;
mod jwt_bearer;
mod once;
mod opening;
mod own;
mod password;
mod person;
pub mod refresh;
mod scopes;
mod target;

use super::{
    Confirmation, Domain, Failure,
    possession::{self, Evidence, Wrong},
    proof::Proven,
    server::Server,
    token,
};
use crate::{crypto::Secret, decision::BoxFuture};

pub use scopes::of_client;

/// A grant of the token endpoint.
pub struct GrantType {
    /// Its name, as in `grant_type`.
    pub name: &'static str,
    /// Issues tokens for it.
    run: for<'a> fn(&'a Asked<'a>) -> BoxFuture<'a, Result<Tokens, Refused>>,
}

/// The grant of a device whose person answers elsewhere (RFC 8628 §3.4).
pub const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// The grant of a client that has asked a person elsewhere (CIBA §10.1).
pub const BACKCHANNEL: &str = "urn:openid:params:grant-type:ciba";
/// The grant of whoever has a token and needs another one (RFC 8693 §2.1).
pub const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// The grant of whoever has an assertion of an issuer that the server trusts (RFC 7523 §2.1).
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Every grant of the token endpoint.
pub static GRANT_TYPES: &[GrantType] = &[
    GrantType { name: code::AUTHORIZATION_CODE, run: |asked| Box::pin(code::issue(asked)) },
    GrantType { name: refresh::REFRESH_TOKEN, run: |asked| Box::pin(refresh::issue(asked)) },
    GrantType { name: token::CLIENT_CREDENTIALS, run: |asked| Box::pin(client_credentials::issue(asked)) },
    GrantType { name: DEVICE_CODE, run: |asked| Box::pin(elsewhere::device(asked)) },
    GrantType { name: BACKCHANNEL, run: |asked| Box::pin(elsewhere::backchannel(asked)) },
    GrantType { name: password::PASSWORD, run: |asked| Box::pin(password::issue(asked)) },
    GrantType { name: JWT_BEARER, run: |asked| Box::pin(jwt_bearer::issue(asked)) },
    GrantType { name: TOKEN_EXCHANGE, run: |asked| Box::pin(exchange::issue(asked)) },
];

/// A request for tokens.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// Everything the operations share.
    pub domain: &'a Domain,
    /// The tenant.
    pub tenant: &'a str,
    /// The authorization server and its id.
    pub server: (&'a str, &'a Server),
    /// Who asks.
    pub proven: &'a Proven,
    /// What was sent.
    pub sent: &'a Sent<'a>,
    /// Which request of ours this is, for what policies write down.
    pub request_id: &'a str,
    /// Whether a client of an organization gets a refresh token for its own credentials too.
    pub lasting: bool,
    /// The keys that the client has proven to hold, to which its tokens are bound.
    pub confirmation: Option<&'a Confirmation>,
}

/// What a client sends beside its credentials.
#[derive(Clone, Copy, Debug, Default)]
#[expect(missing_docs, reason = "the registered words themselves (RFC 6749 and those that add to it)")]
pub struct Sent<'a> {
    pub scope: Option<&'a str>,
    pub code: Option<&'a str>,
    pub redirect_uri: Option<&'a str>,
    pub code_verifier: Option<&'a str>,
    pub refresh_token: Option<&'a str>,
    pub username: Option<&'a str>,
    pub password: Option<&'a str>,
    pub resources: &'a [&'a str],
    pub authorization_details: Option<&'a str>,
    pub device_code: Option<&'a str>,
    pub subject_token: Option<&'a str>,
    pub subject_token_type: Option<&'a str>,
    pub actor_token: Option<&'a str>,
    pub actor_token_type: Option<&'a str>,
    pub requested_token_type: Option<&'a str>,
    pub audience: &'a [&'a str],
    pub assertion: Option<&'a str>,
    pub auth_req_id: Option<&'a str>,
    /// The application that a client of an organization acts for (ours).
    pub application: Option<&'a str>,
    /// Where the request came from, for the limits against guessing.
    pub address: &'a str,
}

/// What the token endpoint answers (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
#[derive(Debug)]
pub struct Tokens {
    /// What kind of token the access token is, where that is told (RFC 8693 §2.2.1).
    pub kind: Option<&'static str>,
    /// The access token.
    pub access: token::Issued,
    /// For the next ones.
    pub refresh: Option<Secret>,
    /// About the person.
    pub id: Option<Secret>,
}

/// Why no token was issued (RFC 6749 §5.2).
#[derive(Debug)]
pub enum Refused {
    /// `invalid_client`
    Client,
    /// `unauthorized_client`
    Grant,
    /// `invalid_scope`, with the scope.
    Scope(String),
    /// `invalid_target`, with whom the token was to be for.
    Target(String),
    /// `invalid_authorization_details`, with the reason.
    Details(String),
    /// `invalid_grant`, with the reason.
    Invalid(&'static str),
    /// `unauthorized_client`, with the reason.
    Barred(&'static str),
    /// `invalid_dpop_proof`, with the reason (RFC 9449 §5).
    Proof(&'static str),
    /// `use_dpop_nonce`, with the nonce (RFC 9449 §8).
    Nonce(String),
    /// `authorization_pending`: the person has not answered yet (RFC 8628 §3.5, CIBA §11).
    Pending,
    /// `slow_down`: nor have they, and the client asks too often.
    TooSoon,
    /// `expired_token`: they can answer no more.
    Ended,
    /// `access_denied`: they have said no.
    SaidNo,
    /// Anything else.
    Failure(Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Refused {
        Refused::Failure(failure)
    }
}

impl From<Wrong> for Refused {
    fn from(wrong: Wrong) -> Refused {
        match wrong {
            Wrong::Proof(reason) => Refused::Proof(reason),
            Wrong::Nonce(nonce) => Refused::Nonce(nonce),
            Wrong::Failure(failure) => Refused::Failure(failure),
        }
    }
}

/// The grant of this name, when the server has it.
pub fn grant_type(server: &Server, name: &str) -> Option<&'static GrantType> {
    let known = GRANT_TYPES.iter().find(|known| known.name == name)?;
    has(&server.grant_types, name).then_some(known)
}

impl GrantType {
    /// Issues tokens, if the client may use this grant, bound to the keys that the client proves to hold.
    pub async fn issue(&self, asked: &Asked<'_>, evidence: &Evidence<'_>) -> Result<Tokens, Refused> {
        let client = &asked.proven.client.value;
        if !has(&client.grant_types, self.name) {
            return Err(Refused::Grant);
        }
        let confirmation =
            possession::of_client(asked.domain, asked.tenant, asked.server, (&asked.proven.id, client), evidence)?;
        (self.run)(&Asked { confirmation: confirmation.as_ref(), ..*asked }).await
    }
}

fn has(grants: &[String], name: &str) -> bool {
    grants.iter().any(|grant| grant == name)
}

/// A parameter that this grant cannot do without.
fn required<'a>(name: &str, value: Option<&'a str>) -> Result<&'a str, Failure> {
    value.ok_or_else(|| Failure::malformed(format!("form.{name}"), "is required"))
}
