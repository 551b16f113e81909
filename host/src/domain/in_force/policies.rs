//! The policies of a person's token: the server's, before anything is issued, and each scope's, which drops the scope.
//!
//! Called by `authorize` and by the grants that issue people's tokens. Developers' policies are `developer`'s.

use serde_json::{Map, Value};

use crate::domain::{Domain, Failure, client::Client, identity::Identity, server::Server};

/// What a policy is asked about.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The authorization server and its id.
    pub server: (&'a str, &'a Server),
    /// The client and its id.
    pub client: (&'a str, &'a Client),
    /// The person.
    pub identity: &'a Identity,
    /// The scopes asked for.
    pub scopes: &'a [String],
    /// Which request of ours this belongs to.
    pub request_id: &'a str,
}

/// What the server's policy says about a person.
#[derive(Clone, Debug, PartialEq)]
pub enum Judged {
    /// A token may be issued.
    Allowed,
    /// Not yet: a second factor would help (recovery of type `mfa`).
    StepUp,
    /// No, with the sentences of what failed.
    Denied(Vec<String>),
}

/// Asks the server's user policy, if it has one.
pub async fn person(_domain: &Domain, _about: About<'_>) -> Result<Judged, Failure> {
    Ok(Judged::Allowed)
}

/// Those of the scopes whose user policy, if they have one, lets this person have them.
pub async fn scopes(_domain: &Domain, about: About<'_>) -> Result<Vec<String>, Failure> {
    Ok(about.scopes.to_vec())
}

/// The `contexts` of an input document for a person's token.
pub fn contexts(_about: About<'_>) -> Map<String, Value> {
    Map::new()
}
