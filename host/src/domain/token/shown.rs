//! What a refresh token says of itself: which grant it is of, how many of that grant were before it, something random, the keys that it
//! is bound to, and our mark, which nobody else can make.
//!
//! Called by `refresh`. So a token that was used before is known again, with its grant and its keys, without anything kept of it.

use data_encoding::BASE64URL_NOPAD;

use crate::{
    crypto::Secret,
    domain::{Confirmation, Domain, handle::Purpose},
};

/// How the text starts.
const PREFIX: &str = Purpose::Refresh.prefix();
/// What stands between the parts.
const BETWEEN: char = '.';
/// How a part begins that is the thumbprint of a key of DPoP proofs, and one that is of a certificate.
const KEY: char = 'k';
const CERTIFICATE: char = 'c';
/// Bytes of the mark.
const MARK: usize = 16;

/// What a token says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown<'a> {
    /// The id of its grant.
    pub(super) grant: &'a str,
    /// How many of the grant were before it.
    pub(super) number: u64,
    /// The keys that whoever uses it must hold.
    pub(super) confirmation: Confirmation,
}

/// A new token that says this, with 256 random bits.
pub(super) fn make(domain: &Domain, tenant: &str, server: &str, shown: &Shown<'_>) -> Secret {
    let random = BASE64URL_NOPAD.encode(&domain.world.bytes::<32>());
    let mut said = format!("{PREFIX}{}{BETWEEN}{}{BETWEEN}{random}", shown.grant, shown.number);
    let Confirmation { jkt, x5t_s256 } = &shown.confirmation;
    for (what, thumbprint) in [(KEY, jkt), (CERTIFICATE, x5t_s256)] {
        if let Some(thumbprint) = thumbprint {
            said.extend([BETWEEN, what]);
            said.push_str(thumbprint);
        }
    }
    let mark = mark(domain, tenant, server, &said);
    Secret::new(format!("{said}{BETWEEN}{}", mark.expose()))
}

/// What a text says, if it was made here for this server.
pub(super) fn read<'a>(domain: &Domain, tenant: &str, server: &str, text: &'a str) -> Option<Shown<'a>> {
    let (said, shown_mark) = text.rsplit_once(BETWEEN)?;
    if !mark(domain, tenant, server, said).same(shown_mark) {
        return None;
    }
    let mut parts = said.strip_prefix(PREFIX)?.split(BETWEEN);
    let (grant, number, _random) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
    let mut confirmation = Confirmation::default();
    for part in parts {
        let mut thumbprint = part.chars();
        match thumbprint.next()? {
            KEY => confirmation.jkt = Some(thumbprint.collect()),
            CERTIFICATE => confirmation.x5t_s256 = Some(thumbprint.collect()),
            // Of a later version, which binds to something that we do not know.
            _ => return None,
        }
    }
    Some(Shown { grant, number, confirmation })
}

fn mark(domain: &Domain, tenant: &str, server: &str, said: &str) -> Secret {
    let hash = domain.vault.keyed_hash(&format!("{PREFIX}mark of {tenant}/{server}"), said);
    Secret::new(BASE64URL_NOPAD.encode(hash.as_bytes().get(..MARK).unwrap_or_default()))
}
