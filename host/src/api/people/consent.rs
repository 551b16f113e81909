//! The consent page: what a client asks for, what for, and the person's yes or no.

use http::StatusCode;
use maud::{Markup, html};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    details,
    layout::{self, Brand},
    login::CHANGED,
    texts::{Consent as Texts, fill},
    visit::Visit,
};
use crate::{
    api::{Answer, read},
    domain::{
        Failure,
        authorize::{self, Said},
        client::Client,
        consent::{Consent, DataUser},
        consent_grant::{Held, Shown},
        details::Detail,
        issue::id_token::OPENID,
        login,
        scope::Scope,
    },
};

/// The form.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct ConsentForm {
    /// The names of the scopes that are granted, a field each.
    scope: Vec<String>,
    /// The consents that are given, a field each: id, colon, and the version that was shown.
    consent: Vec<String>,
    /// The hidden field that says what was shown of client and scopes.
    shown: String,
    /// The page's hidden field.
    csrf: String,
}

/// giveConsent
pub async fn give(visit: Visit) -> Result<Answer, Failure> {
    let form = read::form_with_lists(&visit.call.request, &["scope", "consent"])?;
    if let Err(refusal) = visit.check(&form) {
        return Ok(*refusal);
    }
    let list = |name: &str| form.all(name).map(str::to_owned).collect::<Vec<_>>();
    let scopes = list("scope");
    let consents = form.all("consent").map(shown).collect::<Result<Vec<_>, _>>()?;
    let texts = form.get("shown").unwrap_or_default();
    let said = Said { scopes: &scopes, consents: &consents, texts, language: visit.language.tag() };
    let (domain, (tenant, server)) = (&visit.call.app.domain, visit.place());
    match authorize::consent(domain, tenant, server, visit.login(), &visit.browser, said).await {
        Err(Failure::Outdated { .. }) => Ok(layout::see_other(&format!("{}?{CHANGED}=1", visit.url()))),
        Err(failure) => Err(failure),
        Ok(()) => {
            visit.tell("consent given", "done", &visit.person());
            Ok(visit.go_on())
        }
    }
}

/// A consent in the version that the form has shown.
fn shown(value: &str) -> Result<Shown, Failure> {
    let read = value.rsplit_once(':').and_then(|(id, version)| Some((id.to_owned(), version.parse().ok()?)));
    let (id, version) = read.ok_or_else(|| Failure::malformed("form.consent", "must be an id and a version"))?;
    Ok(Shown { id, version })
}

/// What a client asks for.
pub struct Asks<'a> {
    /// The scopes that are new, by name.
    pub scopes: &'a [(String, Scope)],
    /// Those that it may have already.
    pub allowed: &'a [(String, Scope)],
    /// The authorization details, each with what is said of its type.
    pub details: &'a [(String, Detail)],
    /// The resources that have no scopes.
    pub resources: &'a [String],
}

impl Asks<'_> {
    /// Whether it asks for nothing but who somebody is.
    pub fn is_empty(&self) -> bool {
        let Asks { scopes, allowed, details, resources } = *self;
        scopes.is_empty() && allowed.is_empty() && details.is_empty() && resources.is_empty()
    }
}

/// The page: what is asked for, and the consents that are missing; `shown` is what the form says of itself.
pub fn form(visit: &Visit, asks: &Asks<'_>, consents: &[Held], shown: &str) -> Result<Answer, Failure> {
    let (texts, client) = (visit.language.consent(), visit.client_name());
    let Asks { scopes, allowed, details, resources } = *asks;
    let (tenant, server) = visit.place();
    let login = login::current(&visit.call.app.domain, tenant, server, visit.login())?;
    let person = login.identity.map(|identity| identity.shown()).unwrap_or_default();
    let logout = format!("{}/oauth2/logout", visit.call.app.domain.issuer(tenant, server));
    let title = fill(texts.title, &[("client", client)]);
    let body = html! {
        (parties(visit))
        h1 { (title) }
        p.quiet { (fill(texts.who, &[("person", &person)])) " " a href=(logout) { (texts.not_you) } }
        @if has_changed(visit) { (layout::alert(texts.changed)) }
        form method="post" action={ (visit.url()) "/consent" } {
            (visit.csrf())
            input type="hidden" name="shown" value=(shown);
            h2 #scopes { (fill(texts.scopes, &[("client", client)])) }
            ul.grants aria-labelledby="scopes" {
                @if asks.is_empty() { li { span.fixed { (texts.who_you_are) } } }
                @for (name, scope) in scopes { li { (scope_line(visit, name, scope, false)) } }
                @for (name, scope) in allowed { li { (scope_line(visit, name, scope, true)) } }
                @for (title, detail) in details { li { (details::line(title, detail)) } }
                @for resource in resources { li { (details::resource(visit.language, resource)) } }
            }
            @if !consents.is_empty() {
                h2 #consents { (texts.consents) }
                ul.grants aria-labelledby="consents" { @for held in consents { li { (consent_line(texts, held)) } } }
                p.quiet.small { (fill(texts.missing, &[("client", client)])) }
            }
            p.quiet.small { (texts.revocable) }
            @if let Some(client) = &visit.client { (links(texts, client)) }
            div.buttons { button { (texts.allow) } }
        }
        form method="post" action={ (visit.url()) "/refuse" } {
            (visit.csrf())
            div.buttons { button.second { (texts.refuse) } }
        }
    };
    Ok(visit.page(StatusCode::OK, &title, &body))
}

fn parties(visit: &Visit) -> Markup {
    html! {
        @if let Some(client) = &visit.client {
            div.parties { (layout::mark(Brand { name: &client.name, logo: client.pages.logo_uri.as_deref() })) }
        }
    }
}

/// Whether the person comes back from a form whose consents have changed.
fn has_changed(visit: &Visit) -> bool {
    read::query(&visit.call.request).is_ok_and(|query| query.get(CHANGED).is_some())
}

fn scope_line(visit: &Visit, name: &str, scope: &Scope, allowed: bool) -> Markup {
    let texts = visit.language.consent();
    let title = if scope.display_name.is_empty() { name } else { visit.language.scope(&scope.display_name) };
    let privacy = visit.client.as_ref().and_then(|client| client.privacy.get(name));
    let tag = match (name, allowed) {
        (OPENID, _) => Some(texts.always),
        (_, true) => Some(texts.allowed),
        (_, false) => None,
    };
    let inside = html! {
        span {
            span.name { (title) @if let Some(tag) = tag { " " span.tag { (tag) } } }
            @if !scope.description.is_empty() { span.why { (scope.description) } }
            @if let Some(privacy) = privacy {
                @if !privacy.purpose.is_empty() { span.why { (fill(texts.purpose, &[("purpose", &privacy.purpose)])) } }
                @if !privacy.pii_categories.is_empty() {
                    span.why { (fill(texts.data, &[("data", &privacy.pii_categories.join(", "))])) }
                }
            }
        }
    };
    html! {
        @if tag.is_some() {
            span.fixed { (inside) }
        } @else {
            label { input type="checkbox" name="scope" value=(name) checked; (inside) }
        }
    }
}

fn consent_line(texts: &Texts, held: &Held) -> Markup {
    let Consent { terms, .. } = &held.consent;
    let withdrawn = if terms.can_be_withdrawn { texts.can_be_withdrawn } else { texts.cannot_be_withdrawn };
    html! {
        label {
            input type="checkbox" name="consent" value={ (held.id) ":" (held.consent.version) } required;
            span {
                span.name { (terms.name) " " span.tag { (texts.required) } }
                @if !terms.description.is_empty() { span.why { (terms.description) } }
                @for service in &terms.internal_services { (used_by(texts.used_by, service)) }
                @for service in &terms.third_party_services { (used_by(texts.shared_with, service)) }
                @if !terms.pii_categories.is_empty() {
                    span.why { (fill(texts.data, &[("data", &terms.pii_categories.join(", "))])) }
                }
                span.why { (withdrawn) }
            }
        }
    }
}

/// A service that uses the data, and what for.
fn used_by(text: &str, service: &DataUser) -> Markup {
    let purposes: Vec<&str> = service.purposes.iter().map(|purpose| purpose.name.as_str()).collect();
    html! {
        span.why {
            (fill(text, &[("service", &service.name)]))
            @if !purposes.is_empty() { ": " (purposes.join(", ")) }
        }
    }
}

fn links(texts: &Texts, client: &Client) -> Markup {
    html! {
        div.links {
            (layout::link(client.pages.client_uri.as_deref(), texts.homepage))
            (layout::link(client.pages.policy_uri.as_deref(), texts.policy))
            (layout::link(client.pages.tos_uri.as_deref(), texts.terms))
        }
    }
}
