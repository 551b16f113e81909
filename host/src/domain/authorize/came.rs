//! How an authorization request comes: as parameters of the browser's own, in an object that its client has signed (RFC 9101), or
//! left here by its client before (RFC 9126).
//!
//! Called by `begin` and by `pushed`, once the client is certain. What comes of it are the parameters that count, whoever sent
//! them, and how they came; whether that is enough for server and client is a line of `checks`.

use super::{
    Place, object,
    pushed::{self, Found, REFERENCE},
    refusal::{Refusal, Wrong},
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
    /// What was in a request object.
    inside: Option<Vec<(String, String)>>,
}

impl Came {
    /// The parameters that count. Beside a pushed request or an object those of the browser do not, whatever they are
    /// (RFC 9126 §4, RFC 9101 §6.3).
    pub(super) fn counts<'a>(&'a self, sent: Sent<'a>) -> Sent<'a> {
        let kept = self.found.as_ref().map(|found| &found.parameters);
        kept.or(self.inside.as_ref()).map_or(sent, |parameters| Sent::new(parameters))
    }

    /// The name of the pushed request that is spent by what comes of this one.
    pub(super) fn spends(&self) -> Option<&str> {
        self.found.as_ref().map(|found| found.name.as_str())
    }
}

/// Finds out where the parameters of a request are. `address` is where it comes from.
pub(super) async fn resolve(
    place: Place<'_>,
    client: (&str, &Client),
    sent: Sent<'_>,
    address: &str,
) -> Result<Came, Wrong> {
    let object = match (sent.get("request"), sent.get("request_uri")) {
        (None, None) => return Ok(Came::default()),
        (Some(_), Some(_)) => return Err(Refusal::request("request and request_uri exclude each other").into()),
        (Some(object), None) => object.to_owned(),
        (None, Some(uri)) => match uri.strip_prefix(REFERENCE) {
            Some(handle) => return pushed::find(place, client, handle).map(pushed),
            None => object::fetch(place, client.1, uri, address).await?,
        },
    };
    let inside = object::read(place, client, &object).await?;
    Ok(Came { how: How { pushed: false, signed: true }, found: None, inside: Some(inside) })
}

fn pushed(found: Found) -> Came {
    Came { how: How { pushed: true, signed: found.signed }, found: Some(found), inside: None }
}
