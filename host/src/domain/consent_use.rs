//! Who uses which consent action, so that an action in use stays (deleteConsentAction) and its users can be named.
//!
//! Called by the nouns that refer to consent actions, inside their transactions.

use super::{Failure, Problem, consent_action::ConsentAction};
use crate::store::{Index, View, Write, index, timeline};

/// The member that holds the reference.
const MEMBER: &str = "/consent_action_id";

/// What is wrong with a reference at `at`: the action must exist.
pub(super) fn problem(
    view: &impl View,
    tenant: &str,
    action: Option<&String>,
    at: i64,
) -> Result<Option<Problem>, Failure> {
    let Some(action) = action else { return Ok(None) };
    let found = timeline::current::<ConsentAction>(view, tenant, action, at)?.filter(|state| !state.deleted);
    let missing = || Problem::new(MEMBER, format!("there is no consent action `{action}`"));
    Ok(found.is_none().then(missing))
}

/// Writes down that `user` uses the action `now` instead of `before`.
pub(super) fn switch(
    write: &mut Write<'_>,
    tenant: &str,
    user: &str,
    before: Option<&String>,
    now: Option<&String>,
) -> Result<(), Failure> {
    if let Some(before) = before.filter(|before| now != Some(before)) {
        index::remove(write, Index::ActionUsers, &[tenant, before], user)?;
    }
    if let Some(now) = now {
        index::put(write, Index::ActionUsers, &[tenant, now], user)?;
    }
    Ok(())
}
