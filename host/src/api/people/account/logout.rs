//! Logging out on the account page, and the page afterwards.

use http::StatusCode;

use super::Visit;
use crate::{
    api::{
        Answer, Call,
        people::{
            cookies,
            layout::{self, Brand, Frame, Kind},
            texts::{Language, Told},
            words,
        },
        read::Pairs,
    },
    domain::{Failure, server, session},
};

/// logoutOnPage
pub async fn logout(visit: Visit, _: Pairs) -> Result<Answer, Failure> {
    let (domain, call) = (&visit.call.app.domain, &visit.call);
    match session::end_one(domain, call.tenant(), call.param("aid"), visit.subject(), &visit.name).await {
        // Somebody else was quicker.
        Ok(()) | Err(Failure::NotFound { .. }) => visit.tell("logout", "done"),
        Err(failure) => return Err(failure),
    }
    Ok(cookies::end_session(layout::see_other(&visit.address("/account/logged-out")), call))
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
