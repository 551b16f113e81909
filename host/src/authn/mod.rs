//! Who is calling: headers → [`Caller`]. Called by the pipeline and, for clients, by the token endpoint.
//!
//! Knows the forms of credentials (RFC 6750 bearer, RFC 7617 basic), no paths and no rights.

pub mod basic;
pub mod bearer;

use std::net::IpAddr;

use http::HeaderMap;

use basic::Basic;

use crate::domain::{Caller, Credentials, Domain, Failure, Needs, Target, administrator, permit, token};

/// Identifies the caller of an operation on `target`. No credentials is an anonymous caller, wrong ones are a failure,
/// except where nobody needs any: there they are worth no less than none.
pub fn identify(domain: &Domain, headers: &HeaderMap, needs: Needs, target: Target<'_>) -> Result<Caller, Failure> {
    // Who sets tenants up does so with a token of the system tenant, whichever tenant it is about.
    let tenant = if needs == Needs::Setup { Some(permit::SYSTEM_TENANT) } else { target.tenant };
    match proven(domain, headers, tenant) {
        Err(Failure::Unauthenticated(_)) if permit::is_open(domain, needs, target) => Ok(Caller::Anonymous),
        identified => identified,
    }
}

/// Identifies whoever belongs to a tenant, where the path names none: the token says whose it is, a name and a password are an
/// administrator's. `peer` is where the request came from.
pub async fn account(domain: &Domain, headers: &HeaderMap, peer: IpAddr, request_id: &str) -> Result<Caller, Failure> {
    if let Some(shown) = basic::credentials(headers)? {
        let address = peer.to_canonical().to_string();
        let Basic { name, name_as_sent, candidates } = shown;
        let (name, name_as_sent) = (name.as_str(), name_as_sent.as_str());
        let shown = administrator::Shown { name, name_as_sent, candidates, address: &address, request_id };
        return administrator::prove(domain, shown).await;
    }
    match bearer::token(headers)? {
        Some(token) => token::verify_anywhere(domain, token).map(Caller::Bearer),
        None => Ok(Caller::Anonymous),
    }
}

fn proven(domain: &Domain, headers: &HeaderMap, tenant: Option<&str>) -> Result<Caller, Failure> {
    let Some(token) = bearer::token(headers)? else {
        return Ok(Caller::Anonymous);
    };
    let tenant = tenant.ok_or(Failure::Unauthenticated(Credentials::Invalid))?;
    token::verify(domain, tenant, token).map(Caller::Bearer)
}
