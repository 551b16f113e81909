//! Issuing: the grants of the token endpoint (RFC 6749 §4), a file a grant.
//!
//! Called by the token endpoint with a client that has proven itself.

pub mod client_credentials;
pub mod id_token;
pub mod refresh;
mod scopes;

use super::{Failure, token};
use crate::crypto::Secret;

pub use scopes::of_client;

/// What the token endpoint answers (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
#[derive(Debug)]
pub struct Tokens {
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
    /// `invalid_grant`, with the reason.
    Invalid(&'static str),
    /// Anything else.
    Failure(Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Refused {
        Refused::Failure(failure)
    }
}
