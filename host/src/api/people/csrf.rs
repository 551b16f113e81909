//! Whether a form comes from a page that we showed this browser, and not from somebody else's (cross-site request forgery).
//!
//! Called by every page with a form, and by every operation that takes one. The hidden field is a code over a cookie of the
//! browser and the place of the form. Browsers that say where a request comes from (Fetch Metadata) are believed as well.

use data_encoding::BASE64URL_NOPAD;
use maud::{Markup, html};

use crate::{
    api::{Request, read::Pairs},
    domain::{Domain, Failure},
};

/// The name of the hidden field.
pub const FIELD: &str = "csrf";

/// The hidden field of a form at `place`, for the browser with this cookie.
pub fn field(domain: &Domain, cookie: &str, place: &str) -> Markup {
    html! { input type="hidden" name=(FIELD) value=(BASE64URL_NOPAD.encode(&code(domain, cookie, place))); }
}

/// Refuses a form that does not come from a page which the browser with this cookie was shown for `place`.
pub fn check(domain: &Domain, request: &Request, form: &Pairs, cookie: &str, place: &str) -> Result<(), Failure> {
    let shown = form.get(FIELD).and_then(|text| BASE64URL_NOPAD.decode(text.as_bytes()).ok()).unwrap_or_default();
    let right = domain.vault.mac_key(LABEL).verify(&[cookie.as_bytes(), place.as_bytes()], &shown);
    match right && !is_foreign(request) {
        true => Ok(()),
        false => Err(Failure::Forbidden { needs: "a form that this browser was shown".to_owned() }),
    }
}

/// Whether the browser says that a page of somebody else has sent the request.
pub fn is_foreign(request: &Request) -> bool {
    let site = request.headers.get("sec-fetch-site").map(|value| value.as_bytes());
    site.is_some_and(|site| site != b"same-origin" && site != b"none")
}

const LABEL: &str = "csrf";

fn code(domain: &Domain, cookie: &str, place: &str) -> [u8; 32] {
    domain.vault.mac_key(LABEL).sign(&[cookie.as_bytes(), place.as_bytes()])
}
