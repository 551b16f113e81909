//! The page of the second factor: set it up, or remove it with a code that shows that it is there.
//!
//! It is only for those who have logged in a moment ago, so that a browser that was left alone is not enough to change how
//! somebody logs in.

use http::StatusCode;
use maud::{Markup, html};

use super::{Holder, Place};
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
pub async fn page(holder: Holder) -> Result<Answer, Failure> {
    match holder.session.is_recent(&holder.call.app.domain) {
        true => shown(&holder, None, None),
        false => holder.log_in_again(Place::SecondFactor).await,
    }
}

/// setUpSecondFactorOnPage
pub async fn set_up(holder: Holder, form: Pairs) -> Result<Answer, Failure> {
    let domain = &holder.call.app.domain;
    if !holder.session.is_recent(domain) {
        return holder.log_in_again(Place::SecondFactor).await;
    }
    let [ticket, code] = ["ticket", "code"].map(|name| form.get(name).unwrap_or_default());
    let proof = second_factor::enrol(domain, whose(&holder), &holder.name, ticket, code).await?;
    tell(&holder, "second factor set up", proof);
    told(&holder, proof, Some(ticket))
}

/// removeSecondFactorOnPage
pub async fn remove(holder: Holder, form: Pairs) -> Result<Answer, Failure> {
    let domain = &holder.call.app.domain;
    if !holder.session.is_recent(domain) {
        return holder.log_in_again(Place::SecondFactor).await;
    }
    let proof = second_factor::give_up(domain, whose(&holder), form.get("code").unwrap_or_default()).await?;
    tell(&holder, "second factor removed", proof);
    told(&holder, proof, None)
}

fn whose(holder: &Holder) -> Whose<'_> {
    let server = (holder.call.param("aid"), &holder.server);
    Whose { tenant: holder.call.tenant(), server, subject: holder.subject() }
}

fn tell(holder: &Holder, what: &'static str, proof: Proof) {
    let outcome = match proof {
        Proof::Right => "done",
        Proof::Wrong => "wrong code",
        Proof::Wait(_) => "too many attempts",
    };
    holder.tell(what, outcome);
}

fn told(holder: &Holder, proof: Proof, ticket: Option<&str>) -> Result<Answer, Failure> {
    let wrong = match proof {
        Proof::Right => return Ok(holder.done(Place::SecondFactor)),
        Proof::Wrong => (StatusCode::UNAUTHORIZED, holder.language.second_factor().wrong.to_owned(), None),
        Proof::Wait(seconds) => {
            let time = holder.language.duration(seconds);
            let text = fill(holder.language.common().wait, &[("time", &time)]);
            (StatusCode::TOO_MANY_REQUESTS, text, Some(seconds))
        }
    };
    shown(holder, ticket, Some(wrong))
}

/// The page: with the secret of `ticket`, if it was shown one before, and with what was wrong.
fn shown(holder: &Holder, ticket: Option<&str>, wrong: Option<Wrong>) -> Result<Answer, Failure> {
    let texts = &holder.texts().second_factor;
    let enrolled = second_factor::is_enrolled(&holder.call.app.domain, whose(holder))?;
    let form = match enrolled {
        true => removal(holder, wrong.is_some()),
        false => setting_up(holder, ticket, wrong.is_some())?,
    };
    let body = html! {
        p { (if enrolled { texts.on } else { texts.off }) }
        @if let Some((_, text, _)) = &wrong { (layout::alert(text)) }
        div.narrow { (form) }
    };
    let mut answer = holder.page(Place::SecondFactor, texts.done, &body);
    if let Some((status, ..)) = &wrong {
        answer.status = *status;
    }
    Ok(login::with_status(answer, wrong.as_ref()))
}

fn setting_up(holder: &Holder, ticket: Option<&str>, wrong: bool) -> Result<Markup, Failure> {
    let (domain, whose) = (&holder.call.app.domain, whose(holder));
    let offer = match ticket {
        Some(ticket) => second_factor::offered(domain, whose, &holder.name, ticket)?,
        None => second_factor::offer(domain, whose, &holder.name)?,
    };
    Ok(html! {
        form method="post" action=(holder.address(Place::SecondFactor.path())) {
            (holder.code())
            (enrolment(holder.language.second_factor(), &offer, wrong)?)
            button type="submit" { (holder.texts().second_factor.confirm) }
        }
    })
}

fn removal(holder: &Holder, wrong: bool) -> Markup {
    let texts = &holder.texts().second_factor;
    html! {
        p { (texts.remove_explanation) }
        form method="post" action=(holder.address("/account/second-factor/remove")) {
            (holder.code())
            (code_field(holder.language.second_factor().code, wrong))
            button.danger type="submit" { (texts.remove) }
        }
    }
}
