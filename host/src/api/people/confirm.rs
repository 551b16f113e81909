//! The first question of a login for a client elsewhere: whether it is the person's own request. It says who asks for what, when
//! and from where it began, and what happens to those who say yes to somebody else's.

use http::StatusCode;
use maud::{Markup, html};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    account::when,
    consent::Asks,
    details,
    layout::{self, Brand},
    login::CHANGED,
    texts::fill,
    visit::Visit,
};
use crate::{
    api::{Answer, read},
    domain::{Failure, authorize, elsewhere::Waiting, login, scope::Scope},
};

/// The form.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct ConfirmForm {
    /// The hidden field that says what was shown of client and scopes.
    shown: String,
    /// The page's hidden field.
    csrf: String,
}

/// confirmRequest
pub async fn confirm(visit: Visit) -> Result<Answer, Failure> {
    let form = read::form(&visit.call.request)?;
    if let Err(refusal) = visit.check(&form) {
        return Ok(*refusal);
    }
    let (domain, place, shown) = (&visit.call.app.domain, visit.place(), form.get("shown").unwrap_or_default());
    match authorize::confirm(domain, place, visit.login(), &visit.browser, shown).await {
        Err(Failure::Outdated { .. }) => Ok(layout::see_other(&format!("{}?{CHANGED}=1", visit.url()))),
        Err(failure) => Err(failure),
        Ok(()) => {
            visit.tell("request from elsewhere", "confirmed", &visit.person());
            Ok(visit.go_on())
        }
    }
}

/// The page.
pub fn form(visit: &Visit, asks: &Asks<'_>, waiting: &Waiting, shown: &str) -> Result<Answer, Failure> {
    let (texts, client) = (visit.language.confirm(), visit.client_name());
    let Asks { scopes, allowed: _, details, resources } = *asks;
    let (tenant, server) = visit.place();
    let login = login::current(&visit.call.app.domain, tenant, server, visit.login())?;
    let person = login.identity.map(|identity| identity.shown()).unwrap_or_default();
    let issuer = visit.call.app.domain.issuer(tenant, server);
    let known = waiting.subject.is_some();
    let title = fill(if known { texts.asks_title } else { texts.title }, &[("client", client)]);
    let what = if known { texts.asks_what } else { texts.what };
    let body = html! {
        @if let Some(client) = &visit.client {
            div.parties { (layout::mark(Brand { name: &client.name, logo: client.pages.logo_uri.as_deref() })) }
        }
        h1 { (title) }
        p.quiet { (fill(texts.who, &[("person", &person)])) " " a href={ (issuer) "/oauth2/logout" } { (texts.not_you) } }
        p { (fill(what, &[("client", client), ("address", &waiting.address)])) " " (when(waiting.since)) "." }
        @if !waiting.message.is_empty() {
            p { (texts.message) }
            p { code.secret { bdi { (waiting.message) } } }
        }
        (layout::alert(if known { texts.asks_warning } else { texts.warning }))
        h2 #scopes { (fill(texts.scopes, &[("client", client)])) }
        ul.grants aria-labelledby="scopes" {
            @if asks.is_empty() { li { span.fixed { (texts.who_you_are) } } }
            @for (name, scope) in scopes { li { (line(visit, name, scope)) } }
            @for (title, detail) in details { li { (details::line(title, detail)) } }
            @for resource in resources { li { (details::resource(visit.language, resource)) } }
        }
        form method="post" action={ (visit.url()) "/confirm" } {
            (visit.csrf())
            input type="hidden" name="shown" value=(shown);
            div.buttons { button { (texts.yes) } }
        }
        form method="post" action={ (visit.url()) "/refuse" } {
            (visit.csrf())
            div.buttons { button.second { (texts.no) } }
        }
    };
    Ok(visit.page(StatusCode::OK, &title, &body))
}

fn line(visit: &Visit, name: &str, scope: &Scope) -> Markup {
    let title = if scope.display_name.is_empty() { name } else { visit.language.scope(&scope.display_name) };
    html! {
        span.fixed {
            span {
                span.name { (title) }
                @if !scope.description.is_empty() { span.why { (scope.description) } }
            }
        }
    }
}
