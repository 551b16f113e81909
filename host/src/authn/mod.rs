//! Who is calling: headers → [`Caller`]. Called by the pipeline and, for clients, by the token endpoint.
//!
//! Knows the forms of credentials (RFC 6750 bearer, RFC 7617 basic), no paths and no rights.

pub mod basic;
pub mod bearer;

use http::HeaderMap;

use crate::domain::{Caller, Credentials, Domain, Failure, Needs, Target, permit, token};

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

fn proven(domain: &Domain, headers: &HeaderMap, tenant: Option<&str>) -> Result<Caller, Failure> {
    let Some(token) = bearer::token(headers)? else {
        return Ok(Caller::Anonymous);
    };
    let tenant = tenant.ok_or(Failure::Unauthenticated(Credentials::Invalid))?;
    token::verify(domain, tenant, token).map(Caller::Bearer)
}
