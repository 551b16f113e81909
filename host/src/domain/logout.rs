//! Logging out, as clients and people ask for it (OpenID Connect RP-Initiated Logout 1.0).
//!
//! Called by the logout page. Whoever cannot show an ID token of the person has the person asked first, so that no page of
//! somebody else's logs people out; and nobody is sent to an address that the client has not registered.

use super::{
    Domain, Failure, client,
    issue::id_token::{self, Hint},
    logged_out, registration, server, session, subject, text,
};

/// What is asked for (§2).
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// An ID token of ours, expired or not.
    pub id_token_hint: Option<String>,
    /// Who asks.
    pub client_id: Option<String>,
    /// Where to go afterwards.
    pub post_logout_redirect_uri: Option<String>,
    /// Handed back there.
    pub state: Option<String>,
}

/// What becomes of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Left {
    /// The person, by this name, has to be asked first.
    Ask(String),
    /// Nobody is logged in any more.
    Gone {
        /// Where the client wants the browser to go.
        to: Option<String>,
        /// Who was logged in until now.
        who: Option<String>,
        /// The pages of clients that the browser has to show (OpenID Connect Front-Channel Logout 1.0).
        pages: Vec<String>,
    },
    /// Nobody was logged in, and the client that has registered itself wants the browser to go there: the person decides.
    Offer(String),
}

/// Logs the browser with this session cookie out. `confirmed` says that the person was asked.
pub async fn log_out(
    domain: &Domain,
    (tenant, server_id): (&str, &str),
    asked: &Asked,
    cookie: Option<&str>,
    confirmed: bool,
) -> Result<Left, Failure> {
    let server = server::current(domain, tenant, server_id)?;
    let hint = match &asked.id_token_hint {
        // A token that is none of ours says nothing, and is no reason to keep anybody logged in.
        Some(token) => id_token::read_hint(domain, tenant, server_id, token)?,
        None => None,
    };
    let to = way_back(domain, (tenant, server_id), asked, hint.as_ref())?;
    let found = match cookie {
        Some(cookie) => session::find(domain, tenant, (server_id, &server.value), cookie)?,
        None => None,
    };
    let Some((name, session)) = found else {
        return Ok(match to {
            Some(Way { to, of_stranger: true }) => Left::Offer(to),
            to => Left::Gone { to: to.map(|way| way.to), who: None, pages: Vec::new() },
        });
    };
    let subject = &session.identity.subject;
    if !confirmed && !is_meant(domain, (tenant, server_id), hint.as_ref(), subject)? {
        return Ok(Left::Ask(session.identity.shown()));
    }
    let pages = logged_out::pages(domain, tenant, server_id, &name, &session)?;
    end(domain, tenant, server_id, name).await?;
    Ok(Left::Gone { to: to.map(|way| way.to), who: Some(subject.clone()), pages })
}

/// Whether an ID token is of this person, by the name that its client knows them by.
fn is_meant(
    domain: &Domain,
    (tenant, server): (&str, &str),
    hint: Option<&Hint>,
    subject: &str,
) -> Result<bool, Failure> {
    let Some((hint, client)) = hint.and_then(|hint| Some((hint, hint.audience.first()?))) else { return Ok(false) };
    subject::is(domain, tenant, server, client, &hint.subject, subject)
}

async fn end(domain: &Domain, tenant: &str, server: &str, name: String) -> Result<(), Failure> {
    let (tenant, server) = (tenant.to_owned(), server.to_owned());
    domain.write(move |write| session::end(write, &tenant, &server, &name).map(drop)).await
}

/// A way back to a client.
struct Way {
    to: String,
    /// Whether nobody here has chosen the address: then it needs a person who was logged in, or a click.
    of_stranger: bool,
}

/// Where to go afterwards: one of the client's own addresses, exactly, with `state` (§3).
fn way_back(
    domain: &Domain,
    (tenant, server): (&str, &str),
    asked: &Asked,
    hint: Option<&Hint>,
) -> Result<Option<Way>, Failure> {
    let Asked { client_id, post_logout_redirect_uri, state, .. } = asked;
    if let (Some(client), Some(hint)) = (client_id, hint)
        && !hint.audience.contains(client)
    {
        return Err(Failure::malformed("query.client_id", "is not who the id_token_hint is for"));
    }
    let Some(wanted) = post_logout_redirect_uri else { return Ok(None) };
    const WHAT: &str = "query.post_logout_redirect_uri";
    let client_id = client_id.as_ref().or_else(|| hint.and_then(|hint| hint.audience.first()));
    let Some(client_id) = client_id else {
        return Err(Failure::malformed(WHAT, "needs an id_token_hint of this server, or a client_id"));
    };
    let client = match client::current(domain, tenant, client_id) {
        Ok(client) if client.value.server == server => client,
        Ok(_) | Err(Failure::NotFound { .. }) => {
            return Err(Failure::malformed("query.client_id", "is not known here"));
        }
        Err(failure) => return Err(failure),
    };
    if !client.value.post_logout_redirect_uris.contains(wanted) {
        return Err(Failure::malformed(WHAT, "is none of the client's own"));
    }
    let to = match state {
        Some(state) => text::with_query(wanted, &[("state", state)]),
        None => wanted.clone(),
    };
    Ok(Some(Way { to, of_stranger: registration::is_stranger(domain, tenant, client_id, &client.value)? }))
}
