//! What lets programs in browsers read answers from pages of another origin (the Fetch standard, "CORS protocol"): a browser
//! app has to redeem its code, refresh its tokens and ask for userinfo by itself (OpenID Connect Core §5.3.1).
//!
//! Called by the pipeline for dialects that say so of themselves, whatever the answer. Such a dialect looks at no cookie, so
//! every origin may ask and none may bring credentials. The pages of people are never among them.

use http::{
    Method, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    },
};

use super::{Answer, route::Found};
use crate::domain::Failure;

/// The headers that a page may set by itself.
const HEADERS: &str = "authorization, content-type, dpop";
/// The headers of answers that a page may read beside the usual ones.
const READABLE: &str = "www-authenticate, dpop-nonce";
/// How long a browser need not ask again, in seconds. None keeps it longer.
const MAX_AGE: &str = "7200";

/// The answer to a browser that asks whether a page may send its request. None where nobody of another origin may, or where
/// there is nothing at all.
pub fn preflight(method: &Method, found: &Found) -> Option<Answer> {
    match &found.row {
        Err(Failure::NoSuchMethod { allowed }) if found.dialect.cross_origin && method == Method::OPTIONS => Some(
            Answer::empty(StatusCode::NO_CONTENT)
                .header(ACCESS_CONTROL_ALLOW_METHODS, allowed)
                .header(ACCESS_CONTROL_ALLOW_HEADERS, HEADERS)
                .header(ACCESS_CONTROL_MAX_AGE, MAX_AGE),
        ),
        _ => None,
    }
}

/// The same answer, for pages of every origin to read.
#[must_use]
pub fn open(answer: Answer) -> Answer {
    answer.header(ACCESS_CONTROL_ALLOW_ORIGIN, "*").header(ACCESS_CONTROL_EXPOSE_HEADERS, READABLE)
}
