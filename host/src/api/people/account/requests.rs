//! The page of requests: what clients that have no browser ask the person for (CIBA), and the way to the login in which they answer.

use maud::{Markup, html};

use super::{Holder, Place, to_login, when};
use crate::{
    api::{
        Answer,
        people::{
            layout::{self, Brand},
            texts::fill,
        },
        read::{self, Pairs},
    },
    domain::{
        Failure,
        authorize::{self, REFUSED},
        elsewhere::{Open, backchannel},
    },
};

/// accountRequestsPage
pub async fn page(holder: Holder) -> Result<Answer, Failure> {
    let (domain, call) = (&holder.call.app.domain, &holder.call);
    let server = (call.param("aid"), &holder.server);
    let found = backchannel::list(domain, call.tenant(), server, holder.subject())?;
    let texts = &holder.texts().requests;
    let refused = read::query(&call.request).is_ok_and(|query| query.get(REFUSED).is_some());
    let body = html! {
        @if refused { p.done role="status" { (texts.refused) } }
        p.quiet { (texts.explanation) }
        @if found.is_empty() { p { (texts.none) } }
        ul.things { @for (name, open) in &found { li { (show(&holder, name, open)) } } }
    };
    Ok(holder.page(Place::Requests, texts.done, &body))
}

/// answerRequestOnPage: begins the login in which the person says yes or no
pub async fn answer(holder: Holder, _: Pairs) -> Result<Answer, Failure> {
    let (domain, call) = (&holder.call.app.domain, &holder.call);
    let (tenant, server) = (call.tenant(), (call.param("aid"), &holder.server));
    let which = backchannel::theirs(domain, tenant, server, holder.subject(), call.param("request"))?;
    let page = Place::Requests.path();
    let begun = authorize::begin_elsewhere(domain, (tenant, server.0), which, page, &holder.browser).await?;
    Ok(to_login(call, &holder.browser, &begun))
}

fn show(holder: &Holder, name: &str, Open { waiting, client }: &Open) -> Markup {
    let (texts, client) = (&holder.texts().requests, &client.value);
    let shown = if client.name.is_empty() { &waiting.client_id } else { &client.name };
    html! {
        (layout::mark(Brand { name: shown, logo: client.pages.logo_uri.as_deref() }))
        div.what {
            h2 { (shown) }
            @if !waiting.message.is_empty() { p { (texts.message) " " bdi { (waiting.message) } } }
            p.quiet.small { (texts.since) " " (when(waiting.since)) " · " (texts.until) " " (when(waiting.ends)) }
        }
        (holder.button(
            &format!("/account/requests/{name}"),
            "second",
            texts.look,
            &fill(texts.about, &[("client", shown)]),
        ))
    }
}
