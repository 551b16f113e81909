//! Letting a person in: what every way to log in does once it knows who it is. One transaction: the login learns who the
//! person is, and a new session starts.
//!
//! Called by `password_login`, by what providers and pages of one's own send back, and by `second_factor`. A session is never
//! carried over from before: whoever has planted a cookie in the browser gets nothing by it (session fixation).

use std::collections::BTreeMap;

use super::{
    Domain, Failure,
    authorize::Browser,
    handle::{self, Purpose},
    identity::Identity,
    login::Login,
    server::Server,
    session::{self, Session},
};
use crate::{
    crypto::Secret,
    store::{Write, records},
};

/// What became of an attempt to get in.
#[derive(Debug)]
pub enum Tried {
    /// The person is in: the cookie of the new session.
    In(Secret),
    /// What was shown is wrong. Which part of it is not said.
    Wrong,
    /// Too many attempts: not before so many seconds.
    Wait(u64),
    /// The login waits for something else by now.
    GoneOn,
}

/// Lets a person in. Answers the cookie of the new session.
pub(super) async fn let_in(
    domain: &Domain,
    tenant: &str,
    (server_id, server): (&str, &Server),
    login_id: &str,
    identity: Identity,
    browser: &Browser,
) -> Result<Secret, Failure> {
    let entry = Entry::new(domain, tenant, (server_id, server), login_id, browser);
    let cookie = entry.cookie.clone();
    domain.write(move |write| entry.open(write, identity.clone(), true)).await?;
    Ok(cookie)
}

/// Everything that is known before the transaction in which a person is let in.
pub(super) struct Entry {
    /// The cookie of the session that will start.
    pub(super) cookie: Secret,
    tenant: String,
    server: String,
    login: String,
    browser: String,
    session: String,
    before: Option<String>,
    blank: Session,
}

/// The longest description of a browser that is kept, in characters.
const LONGEST_AGENT: usize = 200;

impl Entry {
    pub(super) fn new(
        domain: &Domain,
        tenant: &str,
        (server_id, server): (&str, &Server),
        login_id: &str,
        browser: &Browser,
    ) -> Entry {
        let (cookie, session) = handle::make(domain, Purpose::Session, tenant, server_id);
        let session_of = |text: &str| handle::name(domain, Purpose::Session, tenant, server_id, text);
        let now = domain.world.now_seconds();
        Entry {
            cookie,
            tenant: tenant.to_owned(),
            server: server_id.to_owned(),
            login: login_id.to_owned(),
            browser: browser.name(domain, tenant, server_id),
            session,
            before: browser.session.as_deref().map(session_of),
            blank: Session {
                server_since: server.since,
                identity: Identity::default(),
                browser: browser.agent.chars().filter(|letter| !letter.is_control()).take(LONGEST_AGENT).collect(),
                address: browser.address.clone(),
                since: now,
                ends: now.saturating_add(server.cookie_seconds),
                sid: String::new(),
                clients: BTreeMap::new(),
            },
        }
    }

    /// The login, unless it has ended or belongs to another browser or server.
    pub(super) fn login(&self, write: &Write<'_>) -> Result<Login, Failure> {
        let found = records::get::<Login>(write, &[&self.tenant, &self.login])?;
        let current = |login: &Login| {
            login.ends > self.blank.since
                && login.server == self.server
                && login.server_since == self.blank.server_since
                && login.browser == self.browser
                && login.refused.is_none()
        };
        found.filter(current).ok_or_else(|| Failure::not_found("login", &self.login))
    }

    /// Notes in the login who the person is, and starts a new session in place of the one that the browser had. `anew` says
    /// whether they have proven it just now.
    pub(super) fn open(&self, write: &mut Write<'_>, identity: Identity, anew: bool) -> Result<(), Failure> {
        let mut login = self.login(write)?;
        // Whoever presses the button twice has one session.
        let other = login.session.take().filter(|other| login.entered && Some(other) != self.before.as_ref());
        if let Some(other) = other {
            session::end(write, &self.tenant, &self.server, &other)?;
        }
        let session = Session { identity: identity.clone(), ..self.blank.clone() };
        session::replace(write, (&self.tenant, &self.server), self.before.as_deref(), &self.session, &session)?;
        login.identity = Some(identity);
        login.session = Some(self.session.clone());
        (login.entered, login.anew) = (true, anew);
        // What was granted was granted by whoever was known before, and what a page was given was about them.
        (login.granted, login.login_state, login.errand, login.confirmed) = (None, None, None, false);
        Ok(records::put(write, &[&self.tenant, &self.login], &login)?)
    }
}
