//! The operations of an authorization server that take a bearer token: userinfo and client registration.
//! Errors are RFC 6750 §3 and, about what a client says of itself, RFC 7591 §3.2.2.

mod metadata;
pub mod registration;
pub mod rows;
pub mod userinfo;
pub mod words;

use crate::{
    api::Dialect,
    authn::{Head, bearer},
    domain::{Caller, Domain, Failure, token},
};

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    name: "oauth-protected",
    title: "OAuth 2.0, by bearer",
    prefixes: &[],
    also_under: "",
    tables: &[rows::ROWS],
    word: words::word,
    cross_origin: true,
    carries_on: false,
};

/// The bearer of the token in the header, or nobody. A token that is not good is a failure.
fn caller(domain: &Domain, tenant: &str, head: Head<'_>) -> Result<Caller, Failure> {
    match bearer::presented(head)? {
        Some(shown) => token::verify(domain, tenant, &shown).map(Caller::Bearer),
        None => Ok(Caller::Anonymous),
    }
}
