//! The page of the sessions: in which browsers the person is logged in, and the buttons that log them out there.

use maud::{Markup, html};

use super::{Holder, Place, agent, when};
use crate::{
    api::{Answer, people::cookies, people::layout, people::texts::fill, read::Pairs},
    domain::{
        Failure,
        session::{self, Session},
    },
};

/// accountSessionsPage
pub async fn page(holder: Holder) -> Result<Answer, Failure> {
    let (domain, call) = (&holder.call.app.domain, &holder.call);
    let found = session::list(domain, call.tenant(), call.param("aid"), holder.subject())?;
    let texts = &holder.texts().sessions;
    let body = html! {
        p.quiet { (texts.explanation) }
        ul.things { @for (name, session) in &found { li { (show(&holder, name, session)) } } }
        @if found.len() > 1 { (holder.button("/account/sessions/end-others", "second", texts.end_others, "")) }
    };
    Ok(holder.page(Place::Sessions, texts.done, &body))
}

/// endSessionOnPage
pub async fn end(holder: Holder, _: Pairs) -> Result<Answer, Failure> {
    let (domain, call, name) = (&holder.call.app.domain, &holder.call, holder.call.param("session"));
    session::end_one(domain, call.tenant(), call.param("aid"), holder.subject(), name).await?;
    match name == holder.name {
        true => Ok(cookies::end_session(layout::see_other(&holder.address(Place::Overview.path())), call)),
        false => Ok(holder.done(Place::Sessions)),
    }
}

/// endOtherSessionsOnPage
pub async fn end_others(holder: Holder, _: Pairs) -> Result<Answer, Failure> {
    let (domain, call) = (&holder.call.app.domain, &holder.call);
    session::end_others(domain, call.tenant(), call.param("aid"), holder.subject(), Some(&holder.name)).await?;
    Ok(holder.done(Place::Sessions))
}

fn show(holder: &Holder, name: &str, session: &Session) -> Markup {
    let texts = &holder.texts().sessions;
    let this = name == holder.name;
    let browser = match session.browser.as_str() {
        "" => texts.unknown.to_owned(),
        agent => agent::name(agent, texts.on),
    };
    let path = format!("/account/sessions/{name}/end");
    html! {
        div.what {
            h2 { (browser) @if this { " " span.tag { (texts.this) } } }
            p.quiet.small {
                (fill(texts.from, &[("address", &session.address)])) " · "
                (texts.since) " " (when(session.since)) " · "
                (texts.until) " " (when(session.ends))
            }
        }
        @if !this { (holder.button(&path, "danger", texts.end, &fill(texts.end_about, &[("browser", &browser)]))) }
    }
}
