//! Which application of its organization a client acts for, and whether that one lets anybody have tokens now.
//!
//! Called by the grants that clients of an organization use.

use super::Organization;
use crate::domain::{Domain, Failure, application::bars, client::Client};

/// Why a client gets no tokens that are for another application than its own.
const ANOTHER: &str = "the client is bound to another application";
/// Why a client gets no tokens for an application.
const BARRED: &str = "the application is disabled, has expired, or is none of the organization's";

/// The application that a client of an organization acts for: the one it is bound to, or the one that the request names; none
/// where neither says one. The reason where it gets no tokens for it. Other clients act for none, whatever they name.
pub(in crate::domain) fn application(
    domain: &Domain,
    tenant: &str,
    client: &Client,
    named: Option<&str>,
) -> Result<Result<Option<String>, &'static str>, Failure> {
    let Some(Organization { application: bound, .. }) = &client.organization else { return Ok(Ok(None)) };
    if bound.as_deref().is_some_and(|bound| named.is_some_and(|named| named != bound)) {
        return Ok(Err(ANOTHER));
    }
    let Some(id) = bound.as_deref().or(named) else { return Ok(Ok(None)) };
    match bars(domain, tenant, id) {
        Ok(()) => Ok(Ok(Some(id.to_owned()))),
        Err(Failure::Forbidden { .. } | Failure::NotFound { .. }) => Ok(Err(BARRED)),
        Err(failure) => Err(failure),
    }
}
