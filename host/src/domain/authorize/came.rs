//! How an authorization request comes: as parameters of the browser's own, or left here by its client before (RFC 9126).
//!
//! Called by `begin` and by `pushed`, once the client is certain. What comes of it are the parameters that count, whoever sent
//! them, and how they came; whether that is enough for server and client is a line of `checks`.

use super::{
    Place,
    pushed::{self, Found, REFERENCE},
    refusal::Wrong,
    sent::Sent,
};
use crate::domain::client::Client;

/// How a request came.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct How {
    /// From the client itself, which has proven who it is (RFC 9126).
    pub(super) pushed: bool,
    /// In an object that the client has signed (RFC 9101).
    pub(super) signed: bool,
}

/// A request that came.
#[derive(Default)]
pub(super) struct Came {
    /// How.
    pub(super) how: How,
    /// The pushed request that the browser's is a reference to.
    pub(super) found: Option<Found>,
}

impl Came {
    /// The parameters that count. Beside a pushed request those of the browser do not, whatever they are (RFC 9126 §4).
    pub(super) fn counts<'a>(&'a self, sent: Sent<'a>) -> Sent<'a> {
        match &self.found {
            Some(found) => Sent::new(&found.parameters),
            None => sent,
        }
    }

    /// The name of the pushed request that is spent by what comes of this one.
    pub(super) fn spends(&self) -> Option<&str> {
        self.found.as_ref().map(|found| found.name.as_str())
    }
}

/// Finds out where the parameters of a request are.
pub(super) async fn resolve(place: Place<'_>, client: (&str, &Client), sent: Sent<'_>) -> Result<Came, Wrong> {
    match sent.get("request_uri").and_then(|uri| uri.strip_prefix(REFERENCE)) {
        Some(handle) => {
            let found = pushed::find(place, client, handle)?;
            Ok(Came { how: How { pushed: true, signed: found.signed }, found: Some(found) })
        }
        None => Ok(Came::default()),
    }
}
