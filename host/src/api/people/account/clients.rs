//! The page of the clients that have access, and the button that takes it back.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{Holder, Place, when};
use crate::{
    api::{
        Answer,
        people::{
            layout::{self, Brand},
            texts::fill,
        },
        read::Pairs,
    },
    domain::{
        Failure,
        access::{self, Allowed},
        scope::{self, Scope},
    },
};

/// accountClientsPage
pub async fn page(holder: Holder) -> Result<Answer, Failure> {
    let (domain, tenant, server) = (&holder.call.app.domain, holder.call.tenant(), holder.call.param("aid"));
    let allowed = access::clients(domain, tenant, server, holder.subject())?;
    let scopes = scope::list(domain, tenant, server)?;
    let scopes: BTreeMap<String, Scope> =
        scopes.into_iter().map(|(_, state)| (state.value.name.clone(), state.value)).collect();
    let texts = &holder.texts().clients;
    let body = html! {
        p.quiet { (texts.explanation) }
        @if allowed.is_empty() { p { (texts.none) } }
        ul.things { @for one in &allowed { li { (show(&holder, one, &scopes)) } } }
    };
    Ok(holder.page(Place::Clients, texts.done, &body))
}

/// revokeAccessOnPage
pub async fn revoke(holder: Holder, _: Pairs) -> Result<Answer, Failure> {
    let call = &holder.call;
    let (domain, tenant, server) = (&call.app.domain, call.tenant(), call.param("aid"));
    access::take_back(domain, tenant, server, holder.subject(), call.param("cid")).await?;
    Ok(holder.done(Place::Clients))
}

fn show(holder: &Holder, allowed: &Allowed, scopes: &BTreeMap<String, Scope>) -> Markup {
    let (texts, client) = (&holder.texts().clients, &allowed.client.value);
    let name = if client.name.is_empty() { &allowed.client_id } else { &client.name };
    let brand = Brand { name, logo: client.pages.logo_uri.as_deref() };
    html! {
        (layout::mark(brand))
        div.what {
            h2 { (name) }
            p.quiet.small { (texts.since) " " (when(allowed.since)) }
            p { (texts.may) }
            ul.scopes { @for scope in &allowed.scopes { li { (described(holder, scope, scopes.get(scope))) } } }
            p.links { (layout::link(client.pages.client_uri.as_deref(), texts.homepage)) }
        }
        (holder.button(
            &format!("/account/clients/{}/revoke", allowed.client_id),
            "danger",
            texts.revoke,
            &fill(texts.revoke_about, &[("client", name)]),
        ))
    }
}

/// A scope in words, or its name when there are none.
fn described(holder: &Holder, name: &str, scope: Option<&Scope>) -> Markup {
    let display = scope.map(|scope| scope.display_name.as_str()).filter(|text| !text.is_empty());
    let why = scope.map(|scope| scope.description.as_str()).filter(|text| !text.is_empty());
    html! {
        span.name { (display.map_or(name, |text| holder.language.scope(text))) }
        @if let Some(why) = why { span.why { (why) } }
    }
}
