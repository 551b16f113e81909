//! Failures as pages.

use crate::{
    api::{Answer, acp},
    domain::Failure,
};

/// Words a failure.
pub fn word(failure: &Failure) -> Answer {
    acp::words::word(failure)
}
