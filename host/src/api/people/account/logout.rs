//! Logging out on the account page, and the page afterwards.

use http::StatusCode;

use super::Holder;
use crate::{
    api::{
        Answer, Call,
        people::{
            cookies,
            layout::{self, Brand, Frame, Kind},
            logout::tell_others,
            texts::{Language, Told},
            words,
        },
        read::Pairs,
    },
    domain::{Failure, logged_out, server, session},
};

/// logoutOnPage
pub async fn logout(holder: Holder, _: Pairs) -> Result<Answer, Failure> {
    let (domain, call) = (&holder.call.app.domain, &holder.call);
    let pages = logged_out::pages(domain, call.tenant(), call.param("aid"), &holder.name, &holder.session)?;
    match session::end_one(domain, call.tenant(), call.param("aid"), holder.subject(), &holder.name).await {
        // Somebody else was quicker.
        Ok(()) | Err(Failure::NotFound { .. }) => holder.tell("logout", "done"),
        Err(failure) => return Err(failure),
    }
    let goodbye = holder.address("/account/logged-out");
    if pages.is_empty() {
        return Ok(cookies::end_session(layout::see_other(&goodbye), call));
    }
    let brand = Some(Brand::of(&holder.server));
    let frame = Frame { language: holder.language, title: "", brand, kind: Kind::Step };
    Ok(cookies::end_session(tell_others(frame, &holder.server.name, &pages, Some(&goodbye)), call))
}

/// loggedOutPage
pub async fn goodbye(call: Call) -> Result<Answer, Failure> {
    let (domain, id) = (&call.app.domain, call.param("aid"));
    let server = server::current(domain, call.tenant(), id)?;
    let language = Language::of(&call.request, &[]);
    let texts = &language.account().logout;
    let told = Told { title: texts.title, advice: texts.advice };
    let frame = Frame { language, title: texts.title, brand: Some(Brand::of(&server.value)), kind: Kind::Step };
    let account = format!("{}/account", domain.issuer(call.tenant(), id));
    Ok(words::notice(StatusCode::OK, frame, told, Some((&account, texts.again))))
}
