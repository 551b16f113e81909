//! A server that is held to profiles contradicts none of them: looked at inside the transaction that saves it, when its
//! configuration and its keys are as they will be.
//!
//! Called by whatever saves a server. What profiles ask for is in `profile`.

use super::{Server, is_own};
use crate::{
    domain::{
        Failure,
        key_ring::Owner,
        profile::{self, Facts},
    },
    store::Write,
};

/// Refuses a server that contradicts a profile of its own. The machines of a tenant's own servers prove themselves by secrets,
/// so a profile would lock the tenant out.
pub(super) fn check(write: &Write<'_>, tenant: &str, id: &str, server: &Server, issuer: &str) -> Result<(), Failure> {
    if server.profiles.is_empty() {
        return Ok(());
    }
    if is_own(id) {
        return Err(Failure::invalid("/profiles", "a server of the tenant itself is held to no profile"));
    }
    let ring = Owner::Server(tenant, id).ring_in(write)?;
    let algorithms = ring.as_ref().map(profile::ring_algorithms).unwrap_or_default();
    Failure::unless_fine(profile::server_problems(&Facts { server, issuer, algorithms: &algorithms }))
}
