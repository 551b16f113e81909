//! The way back from a provider: what its answer (OpenID Connect Core §3.1.2.5) makes of a login.

use super::{
    Trouble,
    errand::{self, Errand, Of},
    exchange, identity, usable,
};
use crate::{
    crypto::{Secret, vault::Sealed},
    domain::{
        Domain, Failure,
        authentication::{Authentication, Owner, Provider},
        authorize::Browser,
        identity::Identity,
        let_in::Entry,
        login::{self, Login},
        server::{self, Server},
    },
    store::records,
};

/// What a browser brings back, as it is in the query.
#[derive(Clone, Copy, Debug, Default)]
pub struct Returned<'a> {
    /// `state`
    pub state: Option<&'a str>,
    /// `code`
    pub code: Option<&'a str>,
    /// `iss` (RFC 9207)
    pub iss: Option<&'a str>,
    /// `error`
    pub error: Option<&'a str>,
}

/// How it ends.
#[derive(Debug)]
pub enum Arrived {
    /// The person is let in.
    In {
        /// The login that goes on.
        login: String,
        /// The cookie of the new session.
        session: Secret,
    },
    /// The person, or the provider, has said no, and the client is to know.
    Refused {
        /// The login that ends.
        login: String,
    },
}

/// Somebody who is back from a provider, with what we knew when they left.
struct Trip<'a> {
    domain: &'a Domain,
    of: Of<'a>,
    server: &'a Server,
    method: &'a Authentication,
    provider: &'a Provider,
    errand: Errand,
    /// The errand as it lies in the login: exactly this one is done by what follows.
    sealed: Option<Sealed>,
}

/// Takes a person over from a provider. The browser must be the one that went there, and it must come back with what was sent
/// along: anything else changes nothing.
pub async fn arrive(
    domain: &Domain,
    tenant: &str,
    server_id: &str,
    returned: Returned<'_>,
    browser: &Browser,
) -> Result<Arrived, Failure> {
    let unknown = || Failure::not_found("login", "of this answer");
    let state = returned.state.ok_or_else(unknown)?;
    let login_id = errand::login_of(state).ok_or_else(unknown)?;
    let server = server::current(domain, tenant, server_id)?;
    let server = &server.value;
    let login = login::of_browser(domain, tenant, (server_id, server), login_id, browser)?;
    let of = Of { tenant, server: server_id, login: login_id };
    let errand = Errand::open(domain, of, &login, state)?.ok_or_else(unknown)?;
    let (method, provider, account) = usable(server, &errand.method)?;
    let trip = Trip { domain, of, server, method, provider, errand, sealed: login.errand };
    trip.is_the_same(&account.client_id)?;
    let done = match trip.code(returned) {
        Ok(Some(code)) => {
            trip.person(code, Owner { tenant, server: server_id }.secret(domain, &method.id, account)?).await
        }
        Ok(None) => return trip.refuse(returned.error.unwrap_or_default()).await,
        Err(trouble) => Err(trouble),
    };
    let identity = done.map_err(|trouble| trouble.into_failure(tenant, server_id, &method.id))?;
    let session = trip.let_in(identity, browser).await?;
    Ok(Arrived::In { login: login_id.to_owned(), session })
}

impl Trip<'_> {
    /// The method must still lead to where the person was sent.
    fn is_the_same(&self, client_id: &str) -> Result<(), Failure> {
        let same = self.provider.issuer() == self.errand.provider.issuer && client_id == self.errand.client_id;
        same.then_some(()).ok_or_else(|| Failure::not_found("login", self.of.login))
    }

    /// The code that was brought back. None when the provider says no instead.
    fn code<'r>(&self, returned: Returned<'r>) -> Result<Option<&'r str>, Trouble> {
        // An answer of another provider must not be taken for this one's (mix-up, RFC 9207 §2.4).
        match returned.iss {
            Some(iss) if iss != self.errand.provider.issuer => return Err("its answer names another issuer".into()),
            None if self.errand.provider.names_itself => return Err("its answer does not name its issuer".into()),
            Some(_) | None => {}
        }
        match (returned.error, returned.code) {
            (None, Some(code)) => Ok(Some(code)),
            (Some(error), None) if for_client(error).is_some() => Ok(None),
            (Some(error), _) => {
                let error: String = error.chars().filter(char::is_ascii_graphic).take(100).collect();
                tracing::warn!(issuer = self.errand.provider.issuer, error, "a provider does not log a person in");
                Err("it refuses the request")?
            }
            (None, None) => Err("its answer has neither code nor error".into()),
        }
    }

    /// Who the person is, asked of the provider.
    async fn person(&self, code: &str, secret: Option<Secret>) -> Result<Identity, Trouble> {
        let tokens = exchange::tokens(self.domain, &self.errand, secret.as_ref(), code).await?;
        identity::of(self.domain, self.method, self.provider, &self.errand, &tokens).await
    }

    /// One transaction: the errand is done, and the person is let in. The method must be on at that moment.
    async fn let_in(self, identity: Identity, browser: &Browser) -> Result<Secret, Failure> {
        let Trip { domain, of, server, errand, sealed, .. } = self;
        let entry = Entry::new(domain, of.tenant, (of.server, server), of.login, browser);
        let cookie = entry.cookie.clone();
        let [tenant, server, login] = [of.tenant, of.server, of.login].map(str::to_owned);
        let (method, fresh, now) = (errand.method, errand.fresh, domain.world.now());
        domain
            .write(move |write| {
                let mut found = entry.login(write)?;
                take(&mut found, sealed.as_ref())?;
                let at = write.instant(now)?;
                usable(&server::at(write, &tenant, &server, at)?, &method)?;
                records::put(write, &[&tenant, &login], &found)?;
                entry.open(write, identity.clone(), fresh || identity.auth_time >= found.since)
            })
            .await?;
        Ok(cookie)
    }

    /// The client is told that the person could not, or did not want to, log in there.
    async fn refuse(self, error: &str) -> Result<Arrived, Failure> {
        let Trip { domain, of, sealed, .. } = self;
        let refused = for_client(error).map(|(error, description)| (error.to_owned(), description.to_owned()));
        let change = move |login: &mut Login| {
            take(login, sealed.as_ref())?;
            login.refused.clone_from(&refused);
            Ok(())
        };
        login::change(domain, of.tenant, of.login, change).await?;
        Ok(Arrived::Refused { login: of.login.to_owned() })
    }
}

/// Takes the errand out of a login, so that it is done once only.
fn take(login: &mut Login, sealed: Option<&Sealed>) -> Result<(), Failure> {
    match login.errand.is_some() && login.errand.as_ref() == sealed {
        true => {
            login.errand = None;
            Ok(())
        }
        false => Err(Failure::not_found("login", "of this answer")),
    }
}

/// The errors that are the person's own business, as the client is told of them (OpenID Connect Core §3.1.2.6). All others are
/// between the provider and us.
fn for_client(error: &str) -> Option<(&'static str, &'static str)> {
    match error {
        "access_denied" => Some(("access_denied", "the login at the provider was refused")),
        "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => {
            Some(("login_required", "the provider could not log the person in"))
        }
        _ => None,
    }
}
