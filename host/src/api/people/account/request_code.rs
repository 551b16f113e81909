//! The page of the code that a person tells applications which ask them elsewhere (CIBA `user_code`): set it, change it, remove it.
//!
//! It is only for those who have logged in a moment ago, as the page of the second factor is.

use http::StatusCode;
use maud::html;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Holder, Place};
use crate::{
    api::{Answer, people::layout, read::Pairs},
    domain::{
        Failure,
        elsewhere::person_code::{self, Chosen},
        second_factor::Whose,
    },
};

/// The form.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
#[schemars(rename = "RequestCodeForm")]
pub struct CodeForm {
    /// The code: 6 to 64 characters.
    code: String,
    /// The code that shows that the browser was shown the form.
    csrf: String,
}

/// accountRequestCodePage
pub async fn page(holder: Holder) -> Result<Answer, Failure> {
    match holder.session.is_recent(&holder.call.app.domain) {
        true => shown(&holder, false),
        false => holder.log_in_again(Place::RequestCode).await,
    }
}

/// setRequestCodeOnPage
pub async fn set(holder: Holder, form: Pairs) -> Result<Answer, Failure> {
    let domain = &holder.call.app.domain;
    if !holder.session.is_recent(domain) {
        return holder.log_in_again(Place::RequestCode).await;
    }
    match person_code::set(domain, whose(&holder), form.get("code").unwrap_or_default()).await? {
        Chosen::Set => {
            holder.tell("request code set", "done");
            Ok(holder.done(Place::RequestCode))
        }
        Chosen::Unfit => shown(&holder, true),
    }
}

/// removeRequestCodeOnPage
pub async fn remove(holder: Holder, _: Pairs) -> Result<Answer, Failure> {
    let domain = &holder.call.app.domain;
    if !holder.session.is_recent(domain) {
        return holder.log_in_again(Place::RequestCode).await;
    }
    person_code::remove(domain, whose(&holder)).await?;
    holder.tell("request code removed", "done");
    Ok(holder.done(Place::RequestCode))
}

fn whose(holder: &Holder) -> Whose<'_> {
    let server = (holder.call.param("aid"), &holder.server);
    Whose { tenant: holder.call.tenant(), server, subject: holder.subject() }
}

/// The page, also when what was chosen does not fit.
fn shown(holder: &Holder, unfit: bool) -> Result<Answer, Failure> {
    let texts = &holder.texts().request_code;
    let is_set = person_code::is_set(&holder.call.app.domain, whose(holder))?;
    let body = html! {
        p { (texts.explanation) }
        p { (if is_set { texts.on } else { texts.off }) }
        @if unfit { (layout::alert(texts.unfit)) }
        div.narrow {
            form method="post" action=(holder.address(Place::RequestCode.path())) {
                (holder.code())
                label for="code" { (texts.code) }
                input #code name="code" type="password" autocomplete="off" minlength="6" maxlength="64" required
                    aria-invalid=[unfit.then_some("true")] aria-describedby=[unfit.then_some("alert")];
                button type="submit" { (texts.set) }
            }
            @if is_set { (holder.button("/account/request-code/remove", "danger", texts.remove, "")) }
        }
    };
    let mut answer = holder.page(Place::RequestCode, texts.done, &body);
    if unfit {
        answer.status = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}
