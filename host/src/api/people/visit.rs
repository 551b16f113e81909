//! A browser at the pages of a login: which login, of which server, for which client, in which language.
//!
//! Called by every page of a login, through [`step`]. A login that is over, or another browser's, is told as such, with a way
//! to start again.

use http::StatusCode;
use maud::Markup;

use super::{
    cookies, csrf,
    layout::{self, Brand, Frame, Kind},
    texts::{Language, fill},
    words,
};
use crate::{
    api::{Answer, Call, read::Pairs},
    crypto::Secret,
    domain::{
        Failure,
        authorize::{AuthorizationRequest, Browser},
        client::{self, Client},
        events::{self, Event},
        let_in::Tried,
        login, server,
    },
};

/// A browser at a page of a login.
pub struct Visit {
    /// The request.
    pub call: Call,
    /// Who sent it.
    pub browser: Browser,
    /// The language of the page.
    pub language: Language,
    /// The client that waits; none when the person wants to see their own account.
    pub client: Option<Client>,
    /// What the client has asked for.
    pub request: AuthorizationRequest,
    server: Shown,
}

/// What the pages show of a server.
struct Shown {
    name: String,
    logo: Option<String>,
    cookie_seconds: i64,
    manages_sessions: bool,
    ways: usize,
}

/// Runs a page of a login.
pub async fn step<F>(call: Call, page: fn(Visit) -> F) -> Result<Answer, Failure>
where
    F: Future<Output = Result<Answer, Failure>> + Send,
{
    let server = server::current(&call.app.domain, call.tenant(), call.param("aid"))?;
    let (app, language) = (call.app.clone(), Language::of(&call.request, &[]));
    let [tenant, aid, id] = ["tid", "aid", "login"].map(|name| call.param(name).to_owned());
    let answer = match Visit::of(call) {
        Ok(visit) => page(visit).await,
        Err(failure) => Err(failure),
    };
    match answer {
        // Whatever is not found on the way belongs to a login that cannot go on.
        Err(Failure::NotFound { .. }) => {
            let frame = Frame { language, title: "", brand: Some(Brand::of(&server.value)), kind: Kind::Step };
            let ended = login::client_of_ended(&app.domain, &tenant, &aid, &id)?;
            let client = ended.and_then(|client| client::current(&app.domain, &tenant, &client).ok());
            Ok(over(frame, client.as_ref().map(|client| &client.value)))
        }
        other => other,
    }
}

fn over(frame: Frame<'_>, client: Option<&Client>) -> Answer {
    let texts = frame.language.errors();
    let link = client.and_then(|client| {
        let text = fill(texts.start_again, &[("client", &client.name)]);
        client.pages.client_uri.clone().map(|address| (address, text))
    });
    let link = link.as_ref().map(|(address, text)| (address.as_str(), text.as_str()));
    words::notice(StatusCode::NOT_FOUND, frame, texts.login_over, link)
}

impl Visit {
    fn of(call: Call) -> Result<Visit, Failure> {
        let domain = &call.app.domain;
        let (tenant, aid) = (call.tenant(), call.param("aid"));
        let server = server::current(domain, tenant, aid)?;
        let server = Shown {
            name: server.value.name.clone(),
            logo: server.value.logo_uri.clone(),
            cookie_seconds: server.value.cookie_seconds,
            manages_sessions: server.value.security.session_management,
            ways: server.value.authentications.iter().filter(|method| !method.disabled).count(),
        };
        let request = login::current(domain, tenant, aid, call.param("login"))?.request;
        let client = match request.account {
            true => None,
            false => Some(client::current(domain, tenant, &request.client_id)?.value.clone()),
        };
        let language = Language::of(&call.request, &request.ui_locales);
        Ok(Visit { browser: cookies::browser(&call), language, client, request, server, call })
    }

    /// The tenant and the server.
    pub fn place(&self) -> (&str, &str) {
        (self.call.tenant(), self.call.param("aid"))
    }

    /// The login's id.
    pub fn login(&self) -> &str {
        self.call.param("login")
    }

    /// Where the login goes on, and below which its forms go.
    pub fn url(&self) -> String {
        let (tenant, server) = self.place();
        format!("{}/login/{}", self.call.app.domain.issuer(tenant, server), self.login())
    }

    /// The server's name and picture.
    pub fn brand(&self) -> Brand<'_> {
        Brand { name: &self.server.name, logo: self.server.logo.as_deref() }
    }

    /// The name of who waits for the person.
    pub fn client_name(&self) -> &str {
        self.client.as_ref().map_or(&self.server.name, |client| &client.name)
    }

    /// Whether there is more than one way to log in.
    pub fn has_choice(&self) -> bool {
        self.server.ways > 1
    }

    /// A page of the login.
    pub fn page(&self, status: StatusCode, title: &str, body: &Markup) -> Answer {
        let frame = Frame { language: self.language, title, brand: Some(self.brand()), kind: Kind::Step };
        layout::page(status, frame, body)
    }

    /// The hidden field of its forms.
    pub fn csrf(&self) -> Markup {
        csrf::field(&self.call.app.domain, self.browser.cookie.expose(), self.login())
    }

    /// Refuses a form that this browser was not shown for this login, with a page that says so.
    pub fn check(&self, form: &Pairs) -> Result<(), Box<Answer>> {
        let (domain, cookie) = (&self.call.app.domain, self.browser.cookie.expose());
        csrf::check(domain, &self.call.request, form, cookie, self.login()).map_err(|_| {
            let frame = Frame { language: self.language, title: "", brand: Some(self.brand()), kind: Kind::Step };
            Box::new(words::notice(StatusCode::FORBIDDEN, frame, self.language.errors().form_over, None))
        })
    }

    /// Back to the login's own page, which shows what comes next.
    pub fn go_on(&self) -> Answer {
        layout::see_other(&self.url())
    }

    /// Who is logging in, as far as that is known by now.
    pub fn person(&self) -> String {
        let (tenant, server) = self.place();
        let found = login::current(&self.call.app.domain, tenant, server, self.login());
        found.ok().and_then(|login| login.identity).map(|identity| identity.subject).unwrap_or_default()
    }

    /// Tells the operator's log what the person, if anybody knows who it is, has done here.
    pub fn tell(&self, what: &'static str, outcome: &'static str, subject: &str) {
        let (tenant, server) = self.place();
        let (client, request_id) = (self.request.client_id.as_str(), self.call.request.request_id.as_str());
        let address = self.browser.address.as_str();
        events::tell(Event { what, outcome, tenant, server, client, subject, address, request_id });
    }

    /// Tells the operator's log how an attempt went.
    pub fn tell_tried(&self, what: &'static str, tried: &Tried, wrong: &'static str, subject: &str) {
        match tried {
            Tried::In(_) => self.tell(what, "done", subject),
            Tried::Wrong => self.tell(what, wrong, subject),
            Tried::Wait(_) => self.tell(what, "too many attempts", subject),
            Tried::GoneOn => {}
        }
    }

    /// The same in a new session.
    pub fn go_on_in(&self, session: &Secret) -> Answer {
        let answer = cookies::start_session(self.go_on(), &self.call, session, self.server.cookie_seconds);
        match self.server.manages_sessions {
            true => cookies::start_state(answer, &self.call, session, self.server.cookie_seconds),
            false => answer,
        }
    }

    /// What the page says of a wrong attempt, with the status; or the way on.
    pub fn tried(&self, tried: Tried, wrong: &str) -> Result<Answer, (StatusCode, String, Option<u64>)> {
        match tried {
            Tried::In(cookie) => Ok(self.go_on_in(&cookie)),
            Tried::GoneOn => Ok(self.go_on()),
            Tried::Wrong => Err((StatusCode::UNAUTHORIZED, wrong.to_owned(), None)),
            Tried::Wait(seconds) => {
                let time = self.language.duration(seconds);
                let text = fill(self.language.common().wait, &[("time", &time)]);
                Err((StatusCode::TOO_MANY_REQUESTS, text, Some(seconds)))
            }
        }
    }
}
