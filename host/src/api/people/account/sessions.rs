//! The page of the sessions: in which browsers the person is logged in, and the buttons that log them out there.

use maud::{Markup, html};

use super::{Place, Visit, agent, when};
use crate::{
    api::{Answer, people::cookies, people::layout, people::texts::fill, read::Pairs},
    domain::{
        Failure,
        session::{self, Session},
    },
};

/// accountSessionsPage
pub async fn page(visit: Visit) -> Result<Answer, Failure> {
    let (domain, call) = (&visit.call.app.domain, &visit.call);
    let found = session::list(domain, call.tenant(), call.param("aid"), visit.subject())?;
    let texts = &visit.texts().sessions;
    let body = html! {
        p.quiet { (texts.explanation) }
        ul.things { @for (name, session) in &found { li { (show(&visit, name, session)) } } }
        @if found.len() > 1 { (visit.button("/account/sessions/end-others", "second", texts.end_others, "")) }
    };
    Ok(visit.page(Place::Sessions, texts.done, &body))
}

/// endSessionOnPage
pub async fn end(visit: Visit, _: Pairs) -> Result<Answer, Failure> {
    let (domain, call, name) = (&visit.call.app.domain, &visit.call, visit.call.param("session"));
    session::end_one(domain, call.tenant(), call.param("aid"), visit.subject(), name).await?;
    match name == visit.name {
        true => Ok(cookies::end_session(layout::see_other(&visit.address(Place::Overview.path())), call)),
        false => Ok(visit.done(Place::Sessions)),
    }
}

/// endOtherSessionsOnPage
pub async fn end_others(visit: Visit, _: Pairs) -> Result<Answer, Failure> {
    let (domain, call) = (&visit.call.app.domain, &visit.call);
    session::end_others(domain, call.tenant(), call.param("aid"), visit.subject(), Some(&visit.name)).await?;
    Ok(visit.done(Place::Sessions))
}

fn show(visit: &Visit, name: &str, session: &Session) -> Markup {
    let texts = &visit.texts().sessions;
    let this = name == visit.name;
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
        @if !this { (visit.button(&path, "danger", texts.end, &fill(texts.end_about, &[("browser", &browser)]))) }
    }
}
