//! The pages of a person's own account: who has access, what was consented to, where they are logged in.
//!
//! [`show`] and [`act`] let in whoever has a session of the server, and send everybody else to log in first. What the pages
//! show and do is what `api/acp/self_service` does for tokens: the same operations of the domain.

mod agent;
pub mod clients;
pub mod consents;
pub mod events;
pub mod logout;
pub mod overview;
pub mod request_code;
pub mod requests;
pub mod second_factor;
pub mod sessions;

use std::sync::Arc;

use http::StatusCode;
use maud::{Markup, html};
use schemars::JsonSchema;

use super::{
    cookies, csrf,
    layout::{self, Brand, Frame, Kind},
    texts::{Account, Language},
    words,
};
use crate::{
    api::{
        Answer, Call,
        read::{self, Pairs},
    },
    domain::{
        Failure,
        authorize::{self, Begun, Browser},
        events::{self as log, Event},
        issue::{self, BACKCHANNEL},
        moment,
        server::{self, Server},
        session::{self, Session},
    },
};

/// A form of an account page.
#[derive(JsonSchema)]
#[schemars(rename = "AccountForm")]
pub struct FormBody {
    /// The code that shows that the browser was shown the form.
    pub csrf: String,
}

/// A browser with a session that asks for a page of the account.
pub struct Holder {
    /// What was asked.
    pub call: Call,
    /// Whose pages they are.
    pub server: Server,
    /// The browser.
    pub browser: Browser,
    /// The session's name.
    pub name: String,
    /// The session.
    pub session: Arc<Session>,
    /// The language of the page.
    pub language: Language,
}

/// The pages, in the order in which they are linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The first.
    Overview,
    /// What clients without a browser ask for.
    Requests,
    /// The code that such clients have to know.
    RequestCode,
    /// Clients with access.
    Clients,
    /// Consents.
    Consents,
    /// The privacy ledger.
    Events,
    /// Where the person is logged in.
    Sessions,
    /// The second factor.
    SecondFactor,
}

const PLACES: [Place; 8] = [
    Place::Overview,
    Place::Requests,
    Place::RequestCode,
    Place::Clients,
    Place::Consents,
    Place::Events,
    Place::Sessions,
    Place::SecondFactor,
];

impl Place {
    /// Where it is, below the issuer.
    fn path(self) -> &'static str {
        match self {
            Place::Overview => "/account",
            Place::Requests => "/account/requests",
            Place::RequestCode => "/account/request-code",
            Place::Clients => "/account/clients",
            Place::Consents => "/account/consents",
            Place::Events => "/account/events",
            Place::Sessions => "/account/sessions",
            Place::SecondFactor => "/account/second-factor",
        }
    }

    fn title(self, texts: &Account) -> &'static str {
        match self {
            Place::Overview => texts.overview.title,
            Place::Requests => texts.requests.title,
            Place::RequestCode => texts.request_code.title,
            Place::Clients => texts.clients.title,
            Place::Consents => texts.consents.title,
            Place::Events => texts.events.title,
            Place::Sessions => texts.sessions.title,
            Place::SecondFactor => texts.second_factor.title,
        }
    }
}

/// The place of every form of the account, for its code. The code is bound to the session by the cookie.
const FORMS: &str = "account";
/// The query parameter with which a page says that something was done.
const DONE: &str = "done";

/// Shows a page to whoever has logged in.
pub async fn show<F>(call: Call, page: fn(Holder) -> F) -> Result<Answer, Failure>
where
    F: Future<Output = Result<Answer, Failure>> + Send,
{
    match known(&call).await? {
        Some(holder) => page(holder(call)).await,
        None => log_in(&call).await,
    }
}

/// Does what a form says for whoever has logged in, if it is one that the browser was shown.
pub async fn act<F>(call: Call, action: fn(Holder, Pairs) -> F) -> Result<Answer, Failure>
where
    F: Future<Output = Result<Answer, Failure>> + Send,
{
    let Some(holder) = known(&call).await? else { return log_in(&call).await };
    let holder = holder(call);
    let form = read::form(&holder.call.request)?;
    let cookie = holder.browser.session.as_deref().unwrap_or_default();
    match csrf::check(&holder.call.app.domain, &holder.call.request, &form, cookie, FORMS) {
        Ok(()) => action(holder, form).await,
        Err(_) => Ok(holder.form_is_over()),
    }
}

/// Whoever has logged in, once the request is handed over.
async fn known(call: &Call) -> Result<Option<impl FnOnce(Call) -> Holder + use<>>, Failure> {
    let (domain, id) = (&call.app.domain, call.param("aid"));
    let server = server::current(domain, call.tenant(), id)?;
    let browser = cookies::browser(call);
    let Some(cookie) = &browser.session else { return Ok(None) };
    let found = session::find(domain, call.tenant(), (id, &server.value), cookie)?;
    if found.is_some() && !authorize::is_welcome(domain, (call.tenant(), id), &browser).await? {
        return Ok(None);
    }
    let language = Language::of(&call.request, &[]);
    let server = server.value.clone();
    Ok(found.map(|(name, session)| move |call| Holder { call, server, browser, name, session, language }))
}

/// Sends the browser to log in. Afterwards it comes back to the page that was asked for; a form has to be sent again.
async fn log_in(call: &Call) -> Result<Answer, Failure> {
    let (browser, path) = (cookies::browser(call), &call.request.path);
    let asked = PLACES.into_iter().find(|place| path.ends_with(place.path())).unwrap_or(Place::Overview);
    let server = (call.tenant(), call.param("aid"));
    let begun = authorize::begin_account(&call.app.domain, server, asked.path(), &browser).await?;
    Ok(to_login(call, &browser, &begun))
}

fn to_login(call: &Call, browser: &Browser, begun: &Begun) -> Answer {
    let issuer = call.app.domain.issuer(call.tenant(), call.param("aid"));
    let answer = match begun {
        Begun::Login(id) => layout::see_other(&format!("{issuer}/login/{id}")),
        // A page of the account itself.
        Begun::Answer(destination) | Begun::Offer(destination) => {
            layout::answer(destination, Language::of(&call.request, &[]), None)
        }
    };
    cookies::keep(answer, call, browser)
}

impl Holder {
    /// Who it is.
    pub fn subject(&self) -> &str {
        &self.session.identity.subject
    }

    /// Tells the operator's log what the person has done here.
    fn tell(&self, what: &'static str, outcome: &'static str) {
        log::tell(Event {
            what,
            outcome,
            tenant: self.call.tenant(),
            server: self.call.param("aid"),
            client: "",
            subject: self.subject(),
            address: &self.browser.address,
            request_id: &self.call.request.request_id,
        });
    }

    /// What the pages say.
    pub fn texts(&self) -> &'static Account {
        self.language.account()
    }

    /// The pages that there are: where no client may ask people elsewhere, there is nothing to answer.
    fn places(&self) -> impl Iterator<Item = Place> {
        let asks = issue::grant_type(&self.server, BACKCHANNEL).is_some();
        PLACES.into_iter().filter(move |place| asks || ![Place::Requests, Place::RequestCode].contains(place))
    }

    /// An address of the account.
    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.call.app.domain.issuer(self.call.tenant(), self.call.param("aid")))
    }

    /// Sends the browser back to a page, which says that something was done.
    fn done(&self, place: Place) -> Answer {
        layout::see_other(&self.address(&format!("{}?{DONE}=1", place.path())))
    }

    /// The person has to prove who they are once more before they see this page.
    async fn log_in_again(&self, place: Place) -> Result<Answer, Failure> {
        let (domain, call) = (&self.call.app.domain, &self.call);
        let server = (call.tenant(), call.param("aid"));
        let begun = authorize::begin_account_again(domain, server, place.path(), &self.browser).await?;
        Ok(to_login(call, &self.browser, &begun))
    }

    /// A page of the account. `done` is what it says when the browser comes from a form.
    fn page(&self, place: Place, done: &str, body: &Markup) -> Answer {
        let title = place.title(self.texts());
        let was_done = read::query(&self.call.request).is_ok_and(|query| query.get(DONE).is_some());
        let body = html! {
            nav aria-label=(self.texts().overview.title) {
                ul.places {
                    @for one in self.places() {
                        li {
                            a href=(self.address(one.path())) aria-current=[(one == place).then_some("page")] {
                                (one.title(self.texts()))
                            }
                        }
                    }
                }
            }
            h1 { (title) }
            @if was_done && !done.is_empty() { p.done role="status" { (done) } }
            (body)
        };
        let answer = layout::page(StatusCode::OK, self.frame(title, Kind::Account), &body);
        cookies::keep(answer, &self.call, &self.browser)
    }

    fn frame<'a>(&'a self, title: &'a str, kind: Kind) -> Frame<'a> {
        Frame { language: self.language, title, brand: Some(Brand::of(&self.server)), kind }
    }

    /// A form with one button, for the action at `path`. What it is about is said to those who cannot see where it stands.
    fn button(&self, path: &str, class: &str, text: &str, about: &str) -> Markup {
        html! {
            form method="post" action=(self.address(path)) {
                (self.code())
                button class=(class) type="submit" {
                    (text)
                    @if !about.is_empty() { span.unseen { " " (about) } }
                }
            }
        }
    }

    /// The hidden field of a form.
    fn code(&self) -> Markup {
        csrf::field(&self.call.app.domain, self.browser.session.as_deref().unwrap_or_default(), FORMS)
    }

    fn form_is_over(&self) -> Answer {
        let told = self.language.errors().form_over;
        let (address, text) = (self.address(Place::Overview.path()), self.texts().overview.title);
        words::notice(StatusCode::FORBIDDEN, self.frame(told.title, Kind::Step), told, Some((&address, text)))
    }
}

/// A moment, in seconds since 1970, for people and for machines.
pub(super) fn when(seconds: i64) -> Markup {
    let exact = moment::show_seconds(seconds);
    let (date, time) = (exact.get(..10).unwrap_or_default(), exact.get(11..16).unwrap_or_default());
    html! { time datetime=(exact) { (date) " " (time) " UTC" } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_for_people_and_for_machines() {
        let shown = when(1_767_268_859).into_string();
        assert_eq!(shown, "<time datetime=\"2026-01-01T12:00:59Z\">2026-01-01 12:00 UTC</time>");
    }
}
