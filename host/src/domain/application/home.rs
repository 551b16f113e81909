//! In which organization an application is: an id is one application's in the whole installation, so that services of the platform
//! find it by the id alone.
//!
//! The index is under no tenant, so a tenant that goes leaves entries behind. They name no application any more and are taken
//! for none.

use super::Application;
use crate::{
    domain::{Failure, noun::Named, stamp::Stamp},
    store::{Index, State, View, Write, index, timeline},
    world::Micros,
};

/// What stands where other indexes have the tenant. It is no tenant's id, so the removal of none takes entries along.
const EVERYWHERE: &str = "";

/// The application `id`, wherever it is: its organization and its state.
pub(super) fn find(view: &impl View, id: &str, at: Micros) -> Result<Option<(String, State<Application>)>, Failure> {
    for tenant in index::ids(view, Index::ApplicationTenants, &[EVERYWHERE, id])? {
        let found = timeline::current::<Application>(view, &tenant, id, at)?;
        if let Some(state) = found.filter(|state| !state.deleted) {
            return Ok(Some((tenant, state)));
        }
    }
    Ok(None)
}

/// Takes an id for an application of a tenant, inside the transaction that makes it.
pub(super) fn take(write: &mut Write<'_>, tenant: &str, id: &str, stamp: &Stamp) -> Result<(), Failure> {
    if find(&*write, id, stamp.now)?.is_some() {
        let reason = format!("`{id}` is the id of another application");
        return Err(Failure::Conflict { noun: Application::NAME, reason });
    }
    for gone in index::ids(&*write, Index::ApplicationTenants, &[EVERYWHERE, id])? {
        give_back(write, &gone, id)?;
    }
    Ok(index::put(write, Index::ApplicationTenants, &[EVERYWHERE, id], tenant)?)
}

/// Gives an id back, inside the transaction that removes the application.
pub(super) fn give_back(write: &mut Write<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    Ok(index::remove(write, Index::ApplicationTenants, &[EVERYWHERE, id], tenant)?)
}
