//! Having a connection authorized: the way to the provider and back (RFC 6749 §4.1 with PKCE, RFC 7636; RFC 9700 §2.1).
//!
//! Called by an administrator, and by the browser that comes back. The `state` is good once; with a redirect it is also bound
//! to the browser that was sent away, so that nobody has somebody else's account connected by a link.

use data_encoding::BASE64URL_NOPAD;

use super::{
    Connection, Which, account,
    errand::{self, Errand, LIFE},
    exchange::{self, Given, Shown},
    find,
    tokens::{self, Kept},
};
use crate::{
    crypto::{Secret, digest},
    domain::{Caller, Domain, Failure, expiry, noun::Named, text},
    store::records,
};

/// Somebody who is to go to a provider.
pub struct Departure {
    /// Where.
    pub url: String,
    /// The cookie that the browser has to bring back, where it is sent itself.
    pub browser: Option<Secret>,
}

/// Who goes to a provider.
#[derive(Clone, Copy, Debug)]
pub enum Traveller<'a> {
    /// Whoever is given the address.
    Anyone,
    /// The browser that asks, with the cookie that it has from an earlier time. Only it may come back.
    Browser(Option<&'a Secret>),
}

/// What a browser brings back.
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
    /// The cookie that it was given.
    pub browser: Option<&'a str>,
}

/// The address at the provider where somebody says yes.
pub async fn begin(
    domain: &Domain,
    caller: &Caller,
    tenant: &str,
    which: Which<'_>,
    traveller: Traveller<'_>,
) -> Result<Departure, Failure> {
    let (id, found) = find(domain, tenant, which)?;
    let connection = found.value;
    let Some(client_id) = connection.client_id.as_deref() else {
        let reason = format!("the OAuth Client \"{}\" has no clientId to ask with", connection.name);
        return Err(Failure::Conflict { noun: Connection::NAME, reason });
    };
    let (state, name) = errand::state(domain, tenant);
    let cookie = match traveller {
        Traveller::Anyone => None,
        Traveller::Browser(Some(known)) => Some(known.clone()),
        Traveller::Browser(None) => Some(errand::browser(domain, tenant)),
    };
    let verifier = Secret::generate(&domain.world);
    let url = url(domain, &connection, client_id, &state, &verifier);
    let errand = Errand {
        connection: id,
        mark: account::mark(&connection),
        by: caller.name(),
        verifier: errand::seal(domain, &name, &verifier),
        browser: cookie.as_ref().map(|cookie| errand::browser_name(domain, tenant, cookie.expose())),
        ends: domain.world.now_seconds().saturating_add(LIFE),
    };
    let tenant = tenant.to_owned();
    domain
        .write(move |write| {
            records::put(write, &[&tenant, &name], &errand)?;
            expiry::note(write, &[&tenant, &name], &errand)
        })
        .await?;
    Ok(Departure { url, browser: cookie })
}

/// Takes the answer of a provider and keeps its tokens. Answers the name of the connection.
pub async fn arrive(domain: &Domain, returned: Returned<'_>) -> Result<String, Failure> {
    let (tenant, name) = returned.state.and_then(|state| errand::of_state(domain, state)).ok_or_else(unknown)?;
    let errand = current(domain, tenant, &name, returned.browser)?;
    let _turn = domain.connections.patiently(tenant, &errand.connection).await?;
    // A second answer to the same question has waited for the first one, and finds nothing any more.
    let errand = current(domain, tenant, &name, returned.browser)?;
    let id = errand.connection.clone();
    let got = tokens_of(domain, tenant, &name, &errand, returned).await;
    let (tenant, now) = (tenant.to_owned(), domain.world.now());
    let (kept, outcome) = match got {
        Ok((connection, kept)) => (Some(kept), Ok(connection.name)),
        Err(failure) => (None, Err(failure)),
    };
    domain
        .write(move |write| {
            let at = write.instant(now)?;
            if !records::delete::<Errand>(write, &[&tenant, &name])? {
                return Err(unknown());
            }
            kept.as_ref().map_or(Ok(()), |kept| tokens::put(write, (&tenant, &id), kept, at))
        })
        .await?;
    outcome
}

/// The errand `name`, unless it has ended or belongs to another browser.
fn current(domain: &Domain, tenant: &str, name: &str, browser: Option<&str>) -> Result<Errand, Failure> {
    let found = records::get::<Errand>(&domain.store.read()?, &[tenant, name])?;
    let now = domain.world.now_seconds();
    let shown = browser.map(|cookie| errand::browser_name(domain, tenant, cookie));
    let fits = |errand: &Errand| errand.ends > now && (errand.browser.is_none() || errand.browser == shown);
    found.filter(fits).ok_or_else(unknown)
}

fn unknown() -> Failure {
    Failure::not_found("authorization", "of this answer")
}

/// Asks the provider for the tokens, when the answer is one that may be believed.
async fn tokens_of(
    domain: &Domain,
    tenant: &str,
    name: &str,
    errand: &Errand,
    returned: Returned<'_>,
) -> Result<(Connection, Kept), Failure> {
    let place = (tenant, errand.connection.as_str());
    let (_, found) = find(domain, tenant, Which::Id(place.1))?;
    let connection = found.value;
    if account::mark(&connection) != errand.mark {
        return Err(unknown());
    }
    let code = code(&connection, returned)?;
    let (verifier, redirect_uri) = (errand.verifier(domain, name)?, redirect_uri(domain));
    let shown = Shown::Code { code, verifier: &verifier, redirect_uri: &redirect_uri };
    let asked = domain.world.now_seconds();
    let given: Given = exchange::ask(domain, place, &connection, &shown).await?;
    let kept = Kept::seal(domain, place, &connection, &given, asked, &errand.by)?;
    Ok((connection, kept))
}

/// The code of an answer that is the provider's own (mix-up, RFC 9207 §2.4).
fn code<'a>(connection: &Connection, returned: Returned<'a>) -> Result<&'a str, Failure> {
    let name = &connection.name;
    if returned.iss.is_some_and(|issuer| !connection.provider.may_be_called(issuer)) {
        tracing::warn!(connection = name, "an answer to an authorization names another issuer");
        return Err(Failure::Forbidden { needs: "an answer of the provider that was asked".to_owned() });
    }
    match (returned.error, returned.code) {
        (None, Some(code)) => Ok(code),
        (Some(error), _) => {
            let error = exchange::known(error);
            Err(exchange::elsewhere(format!(
                "the provider of the OAuth Client \"{name}\" does not authorize it ({error})"
            )))
        }
        (None, None) => Err(exchange::elsewhere(format!(
            "the provider of the OAuth Client \"{name}\" answers with neither code nor error"
        ))),
    }
}

/// Where every provider sends people back to.
fn redirect_uri(domain: &Domain) -> String {
    format!("{}/uc/oauth2/callback", domain.public_url)
}

fn url(domain: &Domain, connection: &Connection, client_id: &str, state: &str, verifier: &Secret) -> String {
    let challenge = BASE64URL_NOPAD.encode(&digest::sha256(verifier.expose().as_bytes()));
    let (redirect_uri, scope) = (redirect_uri(domain), connection.scopes.join(" "));
    let mut query = vec![
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", &redirect_uri),
        ("scope", &scope),
        ("state", state),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    query.extend(connection.provider.more());
    text::with_query(&connection.provider.authorization_endpoint(), &query)
}
