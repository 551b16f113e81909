//! Logging in elsewhere: at an OpenID Connect provider, Microsoft's directory or an Amazon user pool, by the authorization code
//! flow with state, nonce and PKCE (OpenID Connect Core §3.1, RFC 7636, RFC 9700 §2.1).
//!
//! ```text
//! begin     discovery → an errand, sealed into the login → the URL at the provider
//! arrive    state → errand → code for tokens → ID token checked → attributes → the person is let in, once
//! ```
//!
//! Called by the login page and by the callback. What a provider sends changes nothing unless all of it is right.

mod arrive;
mod azure;
mod begin;
mod discovery;
mod errand;
mod exchange;
mod id_token;
mod identity;
mod keys;
mod shelf;
mod userinfo;

use super::{
    Failure,
    authentication::{Account, Authentication, Method, Provider},
    server::Server,
};
use discovery::Discovery;
use shelf::Shelf;

pub use arrive::{Arrived, Returned, arrive};
pub use begin::begin;
pub use errand::login_of;
pub(super) use exchange::header as basic;
pub(super) use identity::{MECHANICS, amr, word};

/// What is known of providers, for a while.
pub struct Providers {
    discoveries: Shelf<Discovery>,
}

impl Providers {
    pub(super) fn new() -> Providers {
        Providers { discoveries: Shelf::new() }
    }
}

/// Why a person cannot be taken over from a provider.
#[derive(Debug)]
enum Trouble {
    /// What it says cannot be believed: "its token …". For the log; the person learns only that it failed.
    Untrusted(&'static str),
    /// Anything else.
    Failure(Failure),
}

impl Trouble {
    /// The provider does not do its part.
    fn unavailable(log: impl Into<String>) -> Trouble {
        Trouble::Failure(Failure::Unavailable { log: log.into() })
    }

    /// What the person is told. The log has the reason, and whose provider it is.
    fn into_failure(self, tenant: &str, server: &str, method: &str) -> Failure {
        match self {
            Trouble::Untrusted(reason) => {
                tracing::warn!(tenant, server, method, reason, "a login at a provider is not believed");
                Failure::Forbidden { needs: "a login that its provider vouches for".to_owned() }
            }
            Trouble::Failure(failure) => failure,
        }
    }
}

impl From<&'static str> for Trouble {
    fn from(reason: &'static str) -> Trouble {
        Trouble::Untrusted(reason)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Trouble {
        Trouble::Failure(failure)
    }
}

/// A method of a server that leads elsewhere, unless it is off: a page that was shown before, or a form made by hand, must not
/// bring it back.
fn usable<'a>(server: &'a Server, id: &str) -> Result<(&'a Authentication, &'a Provider, &'a Account), Failure> {
    let found = server.authentications.iter().find(|one| one.id == id && !one.disabled);
    match found.map(|one| (one, &one.method)) {
        Some((one, Method::Foreign { provider, account })) => Ok((one, provider, account)),
        _ => Err(Failure::not_found("authentication method", id)),
    }
}
