//! The page of the second factor: set it up, or remove it with a code that shows that it is there.
//!
//! It is only for those who have logged in a moment ago, so that a browser that was left alone is not enough to change how
//! somebody logs in.

use http::StatusCode;
use maud::{Markup, html};

use super::{Place, Visit};
use crate::{
    api::{
        Answer,
        people::{
            layout,
            login::{self, Wrong},
            second_factor::{code_field, enrolment},
            texts::fill,
        },
        read::Pairs,
    },
    domain::{
        Failure,
        second_factor::{self, Proof, Whose},
    },
};

/// accountSecondFactorPage
pub async fn page(visit: Visit) -> Result<Answer, Failure> {
    match visit.session.is_recent(&visit.call.app.domain) {
        true => shown(&visit, None, None),
        false => visit.log_in_again(Place::SecondFactor).await,
    }
}

/// setUpSecondFactorOnPage
pub async fn set_up(visit: Visit, form: Pairs) -> Result<Answer, Failure> {
    let domain = &visit.call.app.domain;
    if !visit.session.is_recent(domain) {
        return visit.log_in_again(Place::SecondFactor).await;
    }
    let [ticket, code] = ["ticket", "code"].map(|name| form.get(name).unwrap_or_default());
    let proof = second_factor::enrol(domain, whose(&visit), &visit.name, ticket, code).await?;
    tell(&visit, "second factor set up", proof);
    told(&visit, proof, Some(ticket))
}

/// removeSecondFactorOnPage
pub async fn remove(visit: Visit, form: Pairs) -> Result<Answer, Failure> {
    let domain = &visit.call.app.domain;
    if !visit.session.is_recent(domain) {
        return visit.log_in_again(Place::SecondFactor).await;
    }
    let proof = second_factor::give_up(domain, whose(&visit), form.get("code").unwrap_or_default()).await?;
    tell(&visit, "second factor removed", proof);
    told(&visit, proof, None)
}

fn whose(visit: &Visit) -> Whose<'_> {
    let server = (visit.call.param("aid"), &visit.server);
    Whose { tenant: visit.call.tenant(), server, subject: visit.subject() }
}

fn tell(visit: &Visit, what: &'static str, proof: Proof) {
    let outcome = match proof {
        Proof::Right => "done",
        Proof::Wrong => "wrong code",
        Proof::Wait(_) => "too many attempts",
    };
    visit.tell(what, outcome);
}

fn told(visit: &Visit, proof: Proof, ticket: Option<&str>) -> Result<Answer, Failure> {
    let wrong = match proof {
        Proof::Right => return Ok(visit.done(Place::SecondFactor)),
        Proof::Wrong => (StatusCode::UNAUTHORIZED, visit.language.second_factor().wrong.to_owned(), None),
        Proof::Wait(seconds) => {
            let time = visit.language.duration(seconds);
            let text = fill(visit.language.common().wait, &[("time", &time)]);
            (StatusCode::TOO_MANY_REQUESTS, text, Some(seconds))
        }
    };
    shown(visit, ticket, Some(wrong))
}

/// The page: with the secret of `ticket`, if it was shown one before, and with what was wrong.
fn shown(visit: &Visit, ticket: Option<&str>, wrong: Option<Wrong>) -> Result<Answer, Failure> {
    let texts = &visit.texts().second_factor;
    let enrolled = second_factor::is_enrolled(&visit.call.app.domain, whose(visit))?;
    let form = match enrolled {
        true => removal(visit, wrong.is_some()),
        false => setting_up(visit, ticket, wrong.is_some())?,
    };
    let body = html! {
        p { (if enrolled { texts.on } else { texts.off }) }
        @if let Some((_, text, _)) = &wrong { (layout::alert(text)) }
        div.narrow { (form) }
    };
    let mut answer = visit.page(Place::SecondFactor, texts.done, &body);
    if let Some((status, ..)) = &wrong {
        answer.status = *status;
    }
    Ok(login::with_status(answer, wrong.as_ref()))
}

fn setting_up(visit: &Visit, ticket: Option<&str>, wrong: bool) -> Result<Markup, Failure> {
    let (domain, whose) = (&visit.call.app.domain, whose(visit));
    let offer = match ticket {
        Some(ticket) => second_factor::offered(domain, whose, &visit.name, ticket)?,
        None => second_factor::offer(domain, whose, &visit.name)?,
    };
    Ok(html! {
        form method="post" action=(visit.address(Place::SecondFactor.path())) {
            (visit.code())
            (enrolment(visit.language.second_factor(), &offer, wrong)?)
            button type="submit" { (visit.texts().second_factor.confirm) }
        }
    })
}

fn removal(visit: &Visit, wrong: bool) -> Markup {
    let texts = &visit.texts().second_factor;
    html! {
        p { (texts.remove_explanation) }
        form method="post" action=(visit.address("/account/second-factor/remove")) {
            (visit.code())
            (code_field(visit.language.second_factor().code, wrong))
            button.danger type="submit" { (texts.remove) }
        }
    }
}
