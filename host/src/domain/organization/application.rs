//! Which application of its organization a client acts for, and whether that one lets anybody have tokens now.
//!
//! Called by the grants that clients of an organization use.

use serde::{Deserialize, Serialize};

use super::Organization;
use crate::{
    domain::{Domain, Failure, client::Client},
    store::{Kind, Noun, View, timeline},
    world::Micros,
};

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
    let good =
        found(&domain.store.read()?, tenant, id, domain.now())?.is_some_and(|held| held.is_good(domain.world.now()));
    Ok(if good { Ok(Some(id.to_owned())) } else { Err(BARRED) })
}

/// Whether an organization has this application, good or not.
pub(super) fn exists(view: &impl View, tenant: &str, id: &str, at: Micros) -> Result<bool, Failure> {
    Ok(found(view, tenant, id, at)?.is_some())
}

/// What of an application says whether it lets anybody have tokens.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Held {
    disabled: bool,
    expires_at: Option<Micros>,
}

impl Noun for Held {
    const KIND: Kind = Kind::Application;
}

impl Held {
    fn is_good(&self, now: Micros) -> bool {
        !self.disabled && self.expires_at.is_none_or(|end| now < end)
    }
}

fn found(view: &impl View, tenant: &str, id: &str, at: Micros) -> Result<Option<Held>, Failure> {
    Ok(timeline::current::<Held>(view, tenant, id, at)?.filter(|state| !state.deleted).map(|state| state.value))
}
