//! The logout page (OpenID Connect RP-Initiated Logout 1.0): asks when nobody has proven that the person wants it, logs out,
//! and goes back to the client.

use form_urlencoded::Serializer;
use http::{Method, StatusCode};
use maud::html;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    cookies, csrf,
    layout::{self, Brand, Frame, Kind},
    texts::{Language, fill},
};
use crate::{
    api::{
        Answer, Call,
        read::{self, Pairs},
    },
    domain::{
        Failure,
        authorize::{Browser, Destination},
        events::{self, Event},
        logout::{self, Asked, Left},
        server,
    },
};

/// What may be sent, in the query or in a form.
pub const PARAMETERS: &[(&str, &str)] = &[
    ("id_token_hint", "An ID token of this server, expired or not: whoever has it need not ask the person."),
    ("client_id", "Who asks."),
    ("post_logout_redirect_uri", "Where to go afterwards: one of the client's own."),
    ("state", "Handed back there."),
    ("ui_locales", "The languages the person prefers."),
];

/// The form: the parameters of the query, and every other is ignored.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct LogoutForm {
    /// An ID token of this server, expired or not.
    id_token_hint: Option<String>,
    /// Who asks.
    client_id: Option<String>,
    /// Where to go afterwards.
    post_logout_redirect_uri: Option<String>,
    /// Handed back there.
    state: Option<String>,
}

/// The place of the form that asks, for its hidden field.
const PLACE: &str = "logout";

/// logout, logoutByPost
pub async fn leave(call: Call) -> Result<Answer, Failure> {
    let posted = call.request.method == Method::POST;
    let sent = if posted { read::form(&call.request)? } else { read::query(&call.request)? };
    let confirmed = posted && sent.get("confirmed").is_some();
    if posted && !confirmed {
        // A form of the client's own page comes without the session's cookie, a link does not.
        return Ok(layout::see_other(&format!("{}?{}", url(&call), query(&sent))));
    }
    let (domain, tenant, aid) = (&call.app.domain, call.tenant(), call.param("aid"));
    let browser = cookies::browser(&call);
    if confirmed {
        csrf::check(domain, &call.request, &sent, browser.cookie.expose(), PLACE)?;
    }
    let locales: Vec<String> = sent.get("ui_locales").unwrap_or_default().split(' ').map(str::to_owned).collect();
    let language = Language::of(&call.request, &locales);
    let left = logout::log_out(domain, (tenant, aid), &asked(&sent), browser.session.as_deref(), confirmed).await?;
    let server = server::current(domain, tenant, aid)?;
    let frame = Frame { language, title: "", brand: Some(Brand::of(&server.value)), kind: Kind::Step };
    if let Left::Gone { who: Some(subject), .. } = &left {
        tell(&call, &sent, &browser, subject);
    }
    match left {
        Left::Ask(person) => Ok(cookies::keep(ask(&call, &sent, frame, &browser, &person), &call, &browser)),
        Left::Gone { to, pages, .. } if !pages.is_empty() => {
            Ok(cookies::end_session(tell_others(frame, &server.value.name, &pages, to.as_deref()), &call))
        }
        Left::Gone { to: Some(place), .. } => Ok(cookies::end_session(layout::see_other(&place), &call)),
        Left::Offer(place) => {
            let offer = layout::offer(&Destination::Redirect(place), language, frame.brand);
            Ok(cookies::end_session(offer, &call))
        }
        Left::Gone { to: None, .. } => Ok(cookies::end_session(gone(frame, &server.value.name), &call)),
    }
}

/// Tells the operator's log who has logged out. A client may have asked for it without saying who it is.
fn tell(call: &Call, sent: &Pairs, browser: &Browser, subject: &str) {
    events::tell(Event {
        what: "logout",
        outcome: "done",
        tenant: call.tenant(),
        server: call.param("aid"),
        client: sent.get("client_id").unwrap_or_default(),
        subject,
        address: &browser.address,
        request_id: &call.request.request_id,
    });
}

fn asked(sent: &Pairs) -> Asked {
    let text = |name: &str| sent.get(name).map(str::to_owned);
    Asked {
        id_token_hint: text("id_token_hint"),
        client_id: text("client_id"),
        post_logout_redirect_uri: text("post_logout_redirect_uri"),
        state: text("state"),
    }
}

fn url(call: &Call) -> String {
    format!("{}/oauth2/logout", call.app.domain.issuer(call.tenant(), call.param("aid")))
}

/// What was sent, again.
fn given(sent: &Pairs) -> impl Iterator<Item = (&'static str, &str)> {
    PARAMETERS.iter().filter_map(|(name, _)| Some((*name, sent.get(name)?)))
}

fn query(sent: &Pairs) -> String {
    Serializer::new(String::new()).extend_pairs(given(sent)).finish()
}

fn ask(call: &Call, sent: &Pairs, frame: Frame<'_>, browser: &Browser, person: &str) -> Answer {
    let texts = frame.language.logout();
    let name = frame.brand.map(|brand| brand.name).unwrap_or_default();
    let body = html! {
        h1 { (texts.ask_title) }
        p { (fill(texts.ask, &[("person", person), ("server", name)])) }
        form method="post" action=(url(call)) {
            (csrf::field(&call.app.domain, browser.cookie.expose(), PLACE))
            @for (name, value) in given(sent) { input type="hidden" name=(name) value=(value); }
            input type="hidden" name="confirmed" value="yes";
            button { (texts.submit) }
        }
        p { a href={ (call.app.domain.issuer(call.tenant(), call.param("aid"))) "/account" } { (texts.stay) } }
    };
    layout::page(StatusCode::OK, Frame { title: texts.ask_title, ..frame }, &body)
}

/// The page that lets pages of clients know (OpenID Connect Front-Channel Logout 1.0 §3), and then goes back to the client.
pub fn tell_others(frame: Frame<'_>, server: &str, pages: &[String], then: Option<&str>) -> Answer {
    let texts = frame.language.logout();
    let body = html! {
        h1 { (texts.done_title) }
        p { (fill(texts.done, &[("server", server)])) }
        p { (texts.telling) }
        @if let Some(place) = then { p { a href=(place) rel="noopener noreferrer" { (texts.go_on) } } }
    };
    layout::page_with(Frame { title: texts.done_title, ..frame }, &body, pages, then)
}

fn gone(frame: Frame<'_>, server: &str) -> Answer {
    let texts = frame.language.logout();
    let body = html! { h1 { (texts.done_title) } p { (fill(texts.done, &[("server", server)])) } };
    layout::page(StatusCode::OK, Frame { title: texts.done_title, ..frame }, &body)
}
