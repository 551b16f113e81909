//! A client that asks a person who is elsewhere (OpenID Connect CIBA): it knows who they are, and waits.
//!
//! Begun by the backchannel authentication endpoint, found by the person in their account. A client is told nothing of people whom
//! the server has never seen. A person is asked by a client for so many things at a time only, since who is asked often enough says
//! yes to anything.

use serde::{Deserialize, Serialize};

use super::{Asks, Elsewhere, Open, Waiting, Wanted, Wish, file, has_people, open};
use crate::{
    crypto::{Secret, vault::Sealed},
    domain::{
        Domain, Failure,
        authentication::static_users,
        client::{AuthMethod, security::BackchannelClient},
        expiry::{Ends, What},
        handle::{self, Purpose},
        issue::{BACKCHANNEL, Refused, id_token},
        proof::Proven,
        server::Server,
    },
    store::{Index, Record, Table, View, Write, index, records},
};

/// A request of a client that waits for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackchannelRequest {
    /// What it asks for, of whom, and what they say.
    pub waiting: Waiting,
    /// What the client is told when there is an answer, sealed; none for one that only asks.
    pub ping: Option<Sealed>,
}

impl Record for BackchannelRequest {
    const TABLE: Table = Table::BackchannelRequest;
}

impl Ends for BackchannelRequest {
    const WHAT: What = What::BackchannelRequest;
    fn ends(&self) -> i64 {
        self.waiting.ends.saturating_add(super::AFTERWARDS)
    }
}

impl Asks for BackchannelRequest {
    const OF_CLIENT: Index = Index::ClientRequests;
    fn waiting(&self) -> &Waiting {
        &self.waiting
    }
    fn waiting_mut(&mut self) -> &mut Waiting {
        &mut self.waiting
    }
    fn hide(&self, write: &mut Write<'_>, [tenant, server, name]: &[&str; 3]) -> Result<(), Failure> {
        let subject = self.waiting.subject.as_deref().unwrap_or_default();
        Ok(index::remove(write, Index::SubjectRequests, &[tenant, server, subject], name)?)
    }
}

/// What a client sends (CIBA §7.1).
#[derive(Clone, Copy, Debug, Default)]
#[expect(missing_docs, reason = "the registered words themselves")]
pub struct Sent<'a> {
    pub scope: Option<&'a str>,
    pub resources: &'a [&'a str],
    pub authorization_details: Option<&'a str>,
    pub client_notification_token: Option<&'a str>,
    pub acr_values: Option<&'a str>,
    pub login_hint_token: Option<&'a str>,
    pub id_token_hint: Option<&'a str>,
    pub login_hint: Option<&'a str>,
    pub binding_message: Option<&'a str>,
    pub user_code: Option<&'a str>,
    pub requested_expiry: Option<&'a str>,
    pub request: Option<&'a str>,
    /// Where the request came from.
    pub address: &'a str,
}

/// What the client is told (CIBA §7.3).
#[derive(Debug)]
pub struct Begun {
    /// What it asks the token endpoint with.
    pub auth_req_id: Secret,
    /// How long it is good, in seconds.
    pub expires_in: i64,
    /// How often the client may ask, in seconds.
    pub interval: i64,
}

/// Why nobody is asked (CIBA §13).
#[derive(Debug)]
pub enum NotAsked {
    /// `unknown_user_id`
    NobodyKnown,
    /// `invalid_binding_message`, with the reason.
    BindingMessage(&'static str),
    /// `invalid_request`, with the reason.
    Request(&'static str),
    /// What the token endpoint would say as well.
    Refused(Refused),
}

impl From<Refused> for NotAsked {
    fn from(refused: Refused) -> NotAsked {
        NotAsked::Refused(refused)
    }
}

impl From<Failure> for NotAsked {
    fn from(failure: Failure) -> NotAsked {
        NotAsked::Refused(Refused::Failure(failure))
    }
}

/// How many requests may wait for one person at a server at the same time.
const MOST_OF_PERSON: usize = 5;
/// How soon a client may try again where there are so many, in seconds.
const SOON: u64 = 30;
/// The longest binding message, in characters: it is shown on small displays.
const LONGEST_MESSAGE: usize = 128;
/// The longest hint, in bytes.
const LONGEST_HINT: usize = 1024;
/// The longest notification token, in characters (CIBA §7.1).
const LONGEST_TOKEN: usize = 1024;
/// The shortest one that can have the 128 bits of entropy that it must have, in base64.
const SHORTEST_TOKEN: usize = 22;
/// What a binding message may have beside letters, digits and spaces: nothing that means anything to a page or a terminal.
const PUNCTUATION: &str = "-_.,:;/#+*()!?%&=@€$£'";
/// More context classes than anybody means.
const MOST_CLASSES: usize = 16;

/// Asks a person, for a client that has proven itself.
pub async fn begin(
    domain: &Domain,
    tenant: &str,
    (server_id, server): (&str, &Server),
    proven: &Proven,
    sent: Sent<'_>,
) -> Result<Begun, NotAsked> {
    has_people(server_id)?;
    let client = &proven.client.value;
    if !client.grant_types.iter().any(|grant| grant == BACKCHANNEL) || client.auth_method == AuthMethod::None {
        return Err(Refused::Grant.into());
    }
    let wish = Wish { scope: sent.scope, resources: sent.resources, details: sent.authorization_details };
    let wanted = Wanted::of(domain, tenant, (server_id, server), client, wish)?;
    if !wanted.scopes.iter().any(|scope| scope == id_token::OPENID) {
        return Err(NotAsked::Request("scope must have openid"));
    }
    let subject = person(domain, tenant, (server_id, server), &proven.id, sent)?;
    let mode = client.security.backchannel_authentication.clone().unwrap_or_default();
    let ping = notification(&mode, sent)?;
    let seconds = seconds(sent.requested_expiry, server.security.backchannel_request_seconds)?;
    let classes = sent.acr_values.unwrap_or_default().split(' ').filter(|class| !class.is_empty());
    let waiting = Waiting {
        subject: Some(subject.clone()),
        message: message(sent.binding_message)?,
        acr_values: classes.map(str::to_owned).take(MOST_CLASSES).collect(),
        ..Waiting::new((domain, server_id, server), proven, wanted, sent.address, seconds)
    };
    let (auth_req_id, name) = handle::make(domain, Purpose::Backchannel, tenant, server_id);
    let ping = ping.map(|token| super::ping::sealed(domain, &name, &auth_req_id, &token));
    let (request, now) = (BackchannelRequest { waiting, ping }, domain.world.now_seconds());
    let (tenant, server_name) = (tenant.to_owned(), server_id.to_owned());
    let work = move |write: &mut Write<'_>| -> Result<(), Failure> {
        let person = [tenant.as_str(), server_name.as_str(), subject.as_str()];
        if of_person(&*write, person, now)?.len() >= MOST_OF_PERSON {
            return Err(Failure::TooMany { seconds: SOON });
        }
        file(write, &[&tenant, &server_name, &name], &request, now)?;
        Ok(index::put(write, Index::SubjectRequests, &person, &name)?)
    };
    domain.write(work).await?;
    Ok(Begun { auth_req_id, expires_in: seconds, interval: server.security.poll_seconds })
}

/// Who is asked: exactly one hint says so (CIBA §7.1).
fn person(
    domain: &Domain,
    tenant: &str,
    (server_id, server): (&str, &Server),
    client: &str,
    sent: Sent<'_>,
) -> Result<String, NotAsked> {
    // A code that nobody checks would promise what it does not keep; so would a signature.
    if sent.user_code.is_some() {
        return Err(NotAsked::Request("user_code is not supported"));
    }
    if sent.request.is_some() {
        return Err(NotAsked::Request("signed authentication requests are not supported"));
    }
    let subject = match (sent.login_hint, sent.id_token_hint, sent.login_hint_token) {
        (None, None, Some(_)) => {
            return Err(NotAsked::Request("login_hint_token is not supported: send login_hint or id_token_hint"));
        }
        (Some(name), None, None) => name.to_owned(),
        (None, Some(token), None) => match id_token::read_hint(domain, tenant, server_id, token)? {
            Some(hint) if hint.audience.iter().any(|audience| audience == client) => hint.subject,
            _ => return Err(NotAsked::Request("id_token_hint is no ID token of this server for this client")),
        },
        _ => {
            return Err(NotAsked::Request("exactly one of login_hint, id_token_hint and login_hint_token is required"));
        }
    };
    let seen = subject.len() <= LONGEST_HINT && is_known(domain, tenant, (server_id, server), &subject)?;
    if seen { Ok(subject) } else { Err(NotAsked::NobodyKnown) }
}

/// Whether the server knows somebody of this name: from its own list, or since they are logged in or have let a client in.
fn is_known(domain: &Domain, tenant: &str, (id, server): (&str, &Server), subject: &str) -> Result<bool, Failure> {
    let read = domain.store.read()?;
    let has = |list| index::any(&read, list, &[tenant, id, subject]);
    Ok(static_users::is_known(&server.authentications, subject)
        || has(Index::SubjectSessions)?
        || has(Index::SubjectGrants)?)
}

/// What the person compares with what the client shows them (CIBA §7.1). Only letters, digits and a few signs: what looks like a
/// command, a link with markup or a text that runs backwards is no message.
fn message(sent: Option<&str>) -> Result<String, NotAsked> {
    let Some(text) = sent else { return Ok(String::new()) };
    let plain = |letter: char| letter.is_alphanumeric() || letter == ' ' || PUNCTUATION.contains(letter);
    if text.chars().count() > LONGEST_MESSAGE {
        Err(NotAsked::BindingMessage("binding_message may have 128 characters at most"))
    } else if text.trim().is_empty() || !text.chars().all(plain) {
        Err(NotAsked::BindingMessage("binding_message may have letters, digits, spaces and a few signs only"))
    } else {
        Ok(text.to_owned())
    }
}

/// The token with which a client is told of the answer, for one that wants to be (CIBA §7.1).
fn notification(mode: &BackchannelClient, sent: Sent<'_>) -> Result<Option<Secret>, NotAsked> {
    if mode.notification_endpoint.is_none() {
        return Ok(None);
    }
    let Some(token) = sent.client_notification_token else {
        return Err(NotAsked::Request("client_notification_token is required, since the client is told by ping"));
    };
    let word = token.trim_end_matches('=');
    let shaped = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte));
    match shaped && (SHORTEST_TOKEN..=LONGEST_TOKEN).contains(&token.len()) {
        true => Ok(Some(Secret::new(token))),
        false => Err(NotAsked::Request("client_notification_token must be a bearer token of 22 to 1024 characters")),
    }
}

/// How long a request is good: as the client wishes, and no longer than the server lets it.
fn seconds(sent: Option<&str>, most: i64) -> Result<i64, NotAsked> {
    let Some(text) = sent else { return Ok(most) };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<i64>() {
        Ok(wanted) if digits && wanted > 0 => Ok(wanted.min(most)),
        _ => Err(NotAsked::Request("requested_expiry must be a positive number of seconds")),
    }
}

/// The requests that wait for a person, by name.
fn of_person(view: &impl View, person: [&str; 3], now: i64) -> Result<Vec<(String, BackchannelRequest)>, Failure> {
    let [tenant, server, _] = person;
    let mut found = Vec::new();
    for name in index::ids(view, Index::SubjectRequests, &person)? {
        let request = records::get::<BackchannelRequest>(view, &[tenant, server, &name])?;
        found.extend(request.filter(|request| request.waiting.is_open(now)).map(|request| (name, request)));
    }
    Ok(found)
}

/// What waits for a person at a server: what is asked by which client, by name, the latest first.
pub fn list(
    domain: &Domain,
    tenant: &str,
    server: (&str, &Server),
    subject: &str,
) -> Result<Vec<(String, Open)>, Failure> {
    let now = domain.world.now_seconds();
    let mut found = Vec::new();
    for (name, _) in of_person(&domain.store.read()?, [tenant, server.0, subject], now)? {
        match open(domain, tenant, server, &Elsewhere::Backchannel(name.clone())) {
            Ok(open) => found.push((name, open)),
            Err(Failure::NotFound { .. }) => {}
            Err(failure) => return Err(failure),
        }
    }
    found.sort_by_key(|(_, open)| std::cmp::Reverse(open.waiting.since));
    Ok(found)
}

/// The request of this name, for the person who is asked. Somebody else's is not there for them.
pub fn theirs(
    domain: &Domain,
    tenant: &str,
    server: (&str, &Server),
    subject: &str,
    name: &str,
) -> Result<Elsewhere, Failure> {
    let which = Elsewhere::Backchannel(name.to_owned());
    let found = open(domain, tenant, server, &which)?;
    match found.waiting.subject.as_deref() == Some(subject) {
        true => Ok(which),
        false => Err(super::gone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_plain() {
        for good in ["W4SCT", "Pay 12.50 € to Bäckerei (No. 7)", "Überweisung #8/3", &"x".repeat(128)] {
            assert_eq!(message(Some(good)).ok().as_deref(), Some(good));
        }
        assert!(message(None).is_ok_and(|none| none.is_empty()));
        for bad in [
            "",
            " ",
            "<b>x</b>",
            "a\nb",
            "a\u{0}",
            "a\u{1b}[2J",
            "\u{202e}evil",
            "a\u{200b}b",
            "\"x\"",
            "`x`",
            "{x}",
            "a\tb",
            &"x".repeat(129),
        ] {
            assert!(matches!(message(Some(bad)), Err(NotAsked::BindingMessage(_))), "{bad:?}");
        }
    }

    #[test]
    fn a_client_may_wish_for_less_time_and_not_for_more() {
        for (wish, lasts) in
            [(None, 120), (Some("1"), 1), (Some("120"), 120), (Some("121"), 120), (Some("999999"), 120)]
        {
            assert_eq!(seconds(wish, 120).ok(), Some(lasts), "{wish:?}");
        }
        for bad in ["", "0", "-1", "+5", "1.5", "ten", "99999999999999999999"] {
            assert!(matches!(seconds(Some(bad), 120), Err(NotAsked::Request(_))), "{bad}");
        }
    }

    #[test]
    fn who_is_pinged_says_with_what() {
        let pinged =
            BackchannelClient { notification_endpoint: Some("https://a.example/".to_owned()), ..Default::default() };
        let with = |token: Option<&'static str>| Sent { client_notification_token: token, ..Sent::default() };
        assert!(notification(&BackchannelClient::default(), with(None)).is_ok_and(|token| token.is_none()));
        assert!(
            notification(&pinged, with(Some("8d67dc78-7faa-4d41-aabd-67707b374255")))
                .is_ok_and(|token| token.is_some())
        );
        for bad in [
            None,
            Some("short"),
            Some("8d67dc78 7faa-4d41-aabd-67707b374255"),
            Some("8d67dc78-7faa\r\nx-evil: 67707b374255"),
        ] {
            assert!(matches!(notification(&pinged, with(bad)), Err(NotAsked::Request(_))), "{bad:?}");
        }
    }
}
