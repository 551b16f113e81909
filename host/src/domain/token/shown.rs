//! What a refresh token says of itself: which grant it is of, how many of that grant were before it, something random, and our
//! mark, which nobody else can make.
//!
//! Called by `refresh`. So a token that was used before is known again, and its grant found, without anything kept of it.

use data_encoding::BASE64URL_NOPAD;

use crate::{
    crypto::Secret,
    domain::{Domain, handle::Purpose},
};

/// How the text starts.
const PREFIX: &str = Purpose::Refresh.prefix();

/// What stands between the parts.
const BETWEEN: char = '.';
/// Bytes of the mark.
const MARK: usize = 16;

/// The parts of a token that is ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown<'a> {
    /// The id of its grant.
    pub(super) grant: &'a str,
    /// How many of the grant were before it.
    pub(super) number: u64,
}

/// A new token of a grant: 256 random bits, and what they are for.
pub(super) fn make(domain: &Domain, tenant: &str, server: &str, shown: &Shown<'_>) -> Secret {
    let random = BASE64URL_NOPAD.encode(&domain.world.bytes::<32>());
    let said = format!("{PREFIX}{}{BETWEEN}{}{BETWEEN}{random}", shown.grant, shown.number);
    let mark = mark(domain, tenant, server, &said);
    Secret::new(format!("{said}{BETWEEN}{}", mark.expose()))
}

/// The parts of a text, if it was made here for this server.
pub(super) fn read<'a>(domain: &Domain, tenant: &str, server: &str, text: &'a str) -> Option<Shown<'a>> {
    let (said, shown_mark) = text.rsplit_once(BETWEEN)?;
    let mut parts = said.strip_prefix(PREFIX)?.split(BETWEEN);
    let shown = Shown { grant: parts.next()?, number: parts.next()?.parse().ok()? };
    mark(domain, tenant, server, said).same(shown_mark).then_some(shown)
}

fn mark(domain: &Domain, tenant: &str, server: &str, said: &str) -> Secret {
    let hash = domain.vault.keyed_hash(&format!("{PREFIX}mark of {tenant}/{server}"), said);
    Secret::new(BASE64URL_NOPAD.encode(hash.as_bytes().get(..MARK).unwrap_or_default()))
}
