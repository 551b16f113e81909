//! Who is calling: headers → [`Caller`]. Called by the pipeline and, for clients, by the token endpoint.
//!
//! Knows the forms of credentials (RFC 6750 bearer, RFC 9449 proofs, RFC 7617 basic), no paths and no rights.

pub mod basic;
pub mod bearer;
pub mod possession;

use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderMap, Method};

use basic::Basic;

use crate::domain::{Caller, Credentials, Domain, Failure, Needs, Target, administrator, permit, token};

/// The head of a request: where credentials are, and what they may be about.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The method.
    pub method: &'a Method,
    /// The raw path.
    pub path: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The client's certificates in DER, its own first.
    pub certificates: &'a [Bytes],
    /// Whether the request is only looked at ahead of being answered: nothing that is good once is used up.
    pub ahead: bool,
}

/// Identifies the caller of an operation on `target`. No credentials is an anonymous caller, wrong ones are a failure,
/// except where nobody needs any: there they are worth no less than none.
pub fn identify(domain: &Domain, head: Head<'_>, needs: Needs, target: Target<'_>) -> Result<Caller, Failure> {
    // Who sets tenants up does so with a token of the system tenant, whichever tenant it is about.
    let tenant = if needs == Needs::Setup { Some(permit::SYSTEM_TENANT) } else { target.tenant };
    match proven(domain, head, tenant) {
        Err(Failure::Unauthenticated(_)) if permit::is_open(domain, needs, target) => Ok(Caller::Anonymous),
        identified => identified,
    }
}

/// Identifies whoever belongs to a tenant, where the path names none: the token says whose it is, a name and a password are an
/// administrator's. `peer` is where the request came from.
pub async fn account(domain: &Domain, head: Head<'_>, peer: IpAddr, request_id: &str) -> Result<Caller, Failure> {
    if let Some(shown) = basic::credentials(head.headers)? {
        let address = peer.to_canonical().to_string();
        let Basic { name, name_as_sent, candidates } = shown;
        let (name, name_as_sent) = (name.as_str(), name_as_sent.as_str());
        let shown = administrator::Shown { name, name_as_sent, candidates, address: &address, request_id };
        return administrator::prove(domain, shown).await;
    }
    match bearer::presented(head)? {
        Some(shown) => token::verify_anywhere(domain, &shown).map(Caller::Bearer),
        None => Ok(Caller::Anonymous),
    }
}

fn proven(domain: &Domain, head: Head<'_>, tenant: Option<&str>) -> Result<Caller, Failure> {
    let Some(shown) = bearer::presented(head)? else {
        return Ok(Caller::Anonymous);
    };
    let tenant = tenant.ok_or(Failure::Unauthenticated(Credentials::Invalid))?;
    token::verify(domain, tenant, &shown).map(Caller::Bearer)
}
