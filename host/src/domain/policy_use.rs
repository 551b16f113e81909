//! Who uses which policy, so that a policy in use stays (deletePolicy) and its users can be named.
//!
//! Called by the nouns that refer to policies, inside their transactions.

use super::{Failure, policy::Policy, stamp::Stamp};
use crate::store::{Index, Write, index};

/// A reference to a policy: the member that holds it, and the policy's id.
pub(super) struct Reference<'a> {
    /// As a JSON Pointer.
    pub(super) member: String,
    /// The policy.
    pub(super) policy: &'a str,
}

impl<'a> Reference<'a> {
    /// The reference that `member` holds, if it holds one.
    pub(super) fn of(member: &str, policy: Option<&'a String>) -> Option<Reference<'a>> {
        policy.map(|policy| Reference { member: member.to_owned(), policy })
    }
}

/// Writes down that `user` uses exactly the policies of `now` instead of those of `before`. All of `now` must exist.
pub(super) fn switch(
    write: &mut Write<'_>,
    tenant: &str,
    user: &str,
    before: &[Reference<'_>],
    now: &[Reference<'_>],
    stamp: &Stamp,
) -> Result<(), Failure> {
    for Reference { member, policy } in now {
        if stamp.live::<Policy>(write, tenant, policy)?.is_none() {
            return Err(Failure::invalid(member.clone(), format!("there is no policy `{policy}`")));
        }
    }
    for Reference { policy, .. } in before {
        index::remove(write, Index::PolicyUsers, &[tenant, policy], user)?;
    }
    for Reference { policy, .. } in now {
        index::put(write, Index::PolicyUsers, &[tenant, policy], user)?;
    }
    Ok(())
}
