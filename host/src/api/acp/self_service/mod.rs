//! What people see and take back themselves, with a token that they have let a client have: whose it is, is the person.
//!
//! The pages of the account (`api/people/account`) show the same to a browser.

pub mod clients;
pub mod consents;
pub mod events;
pub mod sessions;

use std::sync::Arc;

use crate::{
    api::Call,
    domain::{
        Credentials, Failure,
        grant::{self, Grant},
    },
};

/// What the person has granted with the token of a call. `permit` has seen to it that it is a person's.
fn granted(call: &Call) -> Result<Arc<Grant>, Failure> {
    let bearer = call.caller.bearer().ok_or(Failure::Unauthenticated(Credentials::Missing))?;
    grant::of_bearer(&call.app.domain, bearer)
}
