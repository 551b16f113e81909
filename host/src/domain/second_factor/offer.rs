//! The offer of a second factor: a new secret, as text and as what the picture says. Until a code confirms it, it is kept
//! nowhere but in the page, sealed for the person and the place it was offered at.

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use form_urlencoded::byte_serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::Whose;
use crate::{
    crypto::{Secret, totp, vault::Sealed},
    domain::{Domain, Failure},
};

/// A secret that may become a person's second factor.
#[derive(Debug)]
pub struct Offer {
    /// The secret as people type it, in groups of four.
    pub text: Secret,
    /// What the picture says: an address that authenticator apps know.
    pub uri: Secret,
    /// What the page sends back.
    pub ticket: String,
}

/// Offers a new secret. `place` is what it belongs to, so that it is worth nothing elsewhere: a login or a session.
pub fn offer(domain: &Domain, whose: Whose<'_>, place: &str) -> Result<Offer, Failure> {
    let secret = Zeroizing::new(domain.world.bytes::<{ totp::SECRET_BYTES }>());
    let sealed = domain.vault.seal(&domain.world, &context(whose, place), secret.as_slice());
    let ticket = BASE64URL_NOPAD.encode(sealed.as_bytes());
    Ok(shown(whose, secret.as_slice(), ticket))
}

/// The same offer again, when the code was wrong.
pub fn offered(domain: &Domain, whose: Whose<'_>, place: &str, ticket: &str) -> Result<Offer, Failure> {
    let secret = opened(domain, whose, place, ticket)?;
    Ok(shown(whose, &secret, ticket.to_owned()))
}

/// The secret of an offer.
pub(super) fn opened(
    domain: &Domain,
    whose: Whose<'_>,
    place: &str,
    ticket: &str,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let wrong = || Failure::malformed("form.ticket", "was not offered here");
    let sealed: Sealed = serde_json::from_value(Value::from(ticket)).map_err(|_| wrong())?;
    domain.vault.open_sealed(&context(whose, place), &sealed).map_err(|_| wrong())
}

fn context(whose: Whose<'_>, place: &str) -> String {
    format!("offered to {}/{}/{} at {place}", whose.tenant, whose.server.0, whose.subject)
}

fn shown(whose: Whose<'_>, secret: &[u8], ticket: String) -> Offer {
    let text = Zeroizing::new(BASE32_NOPAD.encode(secret));
    let mut grouped = String::with_capacity(text.len() * 5 / 4 + 1);
    for (place, letter) in text.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            grouped.push(' ');
        }
        grouped.push(letter);
    }
    // Apps do not take a plus sign for a space.
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let (issuer, person) = (encoded(&whose.server.1.name), encoded(whose.subject));
    let uri = format!(
        "otpauth://totp/{issuer}:{person}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
        text.as_str()
    );
    Offer { text: Secret::new(grouped), uri: Secret::new(uri), ticket }
}
