//! The pages of the second factor in a login: prove it, or set it up.

use data_encoding::BASE64;
use http::StatusCode;
use maud::{Markup, html};
use qrcode::{QrCode, render::svg};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    layout,
    login::{self, Wrong},
    texts::SecondFactor as Texts,
    visit::Visit,
};
use crate::{
    api::{Answer, read},
    domain::{
        Failure, login as logins,
        second_factor::{self, Offer, Whose},
        server,
    },
};

/// The form.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct CodeForm {
    /// Six digits.
    code: String,
    /// The page's hidden field about a new secret.
    ticket: Option<String>,
    /// The page's hidden field.
    csrf: String,
}

/// giveSecondFactor
pub async fn give(visit: Visit) -> Result<Answer, Failure> {
    let sent = read::form(&visit.call.request)?;
    if let Err(refusal) = visit.check(&sent) {
        return Ok(*refusal);
    }
    let (domain, place, browser) = (&visit.call.app.domain, visit.place(), &visit.browser);
    let (ticket, code) = (sent.get("ticket"), sent.get("code").unwrap_or_default());
    let tried = match ticket {
        Some(ticket) => second_factor::enrol_at_login(domain, place, visit.login(), browser, (ticket, code)).await?,
        None => second_factor::prove_at_login(domain, place, visit.login(), browser, code).await?,
    };
    let what = if ticket.is_some() { "second factor set up" } else { "second factor used" };
    visit.tell_tried(what, &tried, "wrong code", &visit.person());
    match visit.tried(tried, visit.language.second_factor().wrong) {
        Ok(answer) => Ok(answer),
        Err(wrong) if ticket.is_some() => offer(&visit, ticket, Some(wrong)),
        Err(wrong) => Ok(form(&visit, Some(wrong))),
    }
}

/// The page that asks for a code.
pub fn form(visit: &Visit, wrong: Option<Wrong>) -> Answer {
    let texts = visit.language.second_factor();
    let body = html! {
        h1 { (texts.title) }
        p.quiet { (texts.explanation) }
        @if let Some((_, text, _)) = &wrong { (layout::alert(text)) }
        form method="post" action={ (visit.url()) "/second-factor" } {
            (visit.csrf())
            (code_field(texts.code, wrong.is_some()))
            button { (texts.submit) }
        }
        (login::way_out(visit))
    };
    finished(visit, texts.title, &body, wrong)
}

/// The page that sets it up: with a new secret, or with the one that was shown before.
pub fn offer(visit: &Visit, ticket: Option<&str>, wrong: Option<Wrong>) -> Result<Answer, Failure> {
    let (domain, (tenant, aid), place) = (&visit.call.app.domain, visit.place(), visit.login());
    let server = server::current(domain, tenant, aid)?;
    let identity = logins::current(domain, tenant, aid, place)?.identity.unwrap_or_default();
    let whose = Whose { tenant, server: (aid, &server.value), subject: &identity.subject };
    let offer = match ticket {
        Some(ticket) => second_factor::offered(domain, whose, place, ticket)?,
        None => second_factor::offer(domain, whose, place)?,
    };
    let texts = visit.language.second_factor();
    let body = html! {
        h1 { (texts.enrol_title) }
        p.quiet { (texts.enrol_explanation) }
        @if let Some((_, text, _)) = &wrong { (layout::alert(text)) }
        form method="post" action={ (visit.url()) "/second-factor" } {
            (visit.csrf())
            (enrolment(texts, &offer, wrong.is_some())?)
            button { (texts.enrol_submit) }
        }
        (login::way_out(visit))
    };
    Ok(finished(visit, texts.enrol_title, &body, wrong))
}

/// The picture, the secret, the field for the code and what the form sends back: for any page that sets one up.
pub fn enrolment(texts: &Texts, offer: &Offer, wrong: bool) -> Result<Markup, Failure> {
    let picture = picture(offer)?;
    Ok(html! {
        p { (texts.enrol_scan) }
        img.qr src=(picture) alt=(texts.enrol_picture);
        p { (texts.enrol_secret) }
        code.secret { (offer.text.expose()) }
        input type="hidden" name="ticket" value=(offer.ticket);
        (code_field(texts.enrol_code, wrong))
    })
}

/// The field for a code.
pub fn code_field(label: &str, wrong: bool) -> Markup {
    html! {
        label for="code" { (label) }
        input.code #code name="code" type="text" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9 ]*"
            maxlength="9" required autofocus aria-invalid=[wrong.then_some("true")]
            aria-describedby=[wrong.then_some("alert")];
    }
}

fn finished(visit: &Visit, title: &str, body: &Markup, wrong: Option<Wrong>) -> Answer {
    let status = wrong.as_ref().map_or(StatusCode::OK, |(status, ..)| *status);
    login::with_status(visit.page(status, title, body), wrong.as_ref())
}

/// The QR code as an address that holds the whole picture: nothing has to be kept for a second request.
fn picture(offer: &Offer) -> Result<String, Failure> {
    let code = QrCode::new(offer.uri.expose().as_bytes());
    let code = code.map_err(|error| Failure::Internal { log: format!("QR code: {error}") })?;
    let picture = code.render::<svg::Color<'_>>().min_dimensions(208, 208).build();
    Ok(format!("data:image/svg+xml;base64,{}", BASE64.encode(picture.as_bytes())))
}
