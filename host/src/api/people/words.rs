//! Failures as pages.
//!
//! [`told`] runs a page and tells its failure in the person's language, below the server's name; [`word`] is for what fails
//! before a page is known.

use http::{
    StatusCode,
    header::{ALLOW, RETRY_AFTER},
};
use maud::html;

use super::{
    layout::{self, Brand, Frame, Kind},
    texts::{Language, Told},
};
use crate::{
    api::{Answer, Call, log_failure},
    domain::{Failure, server},
};

/// Words a failure, without knowing whose request it was.
pub fn word(failure: &Failure) -> Answer {
    page(failure, Language::English, None, "")
}

/// Runs a page. What goes wrong is told as a page as well.
pub async fn told<F>(call: Call, run: fn(Call) -> F) -> Result<Answer, Failure>
where
    F: Future<Output = Result<Answer, Failure>> + Send,
{
    let (app, language) = (call.app.clone(), Language::of(&call.request, &[]));
    let (tenant, server, id) =
        (call.tenant().to_owned(), call.param("aid").to_owned(), call.request.request_id.clone());
    match run(call).await {
        Ok(answer) => Ok(answer),
        Err(failure) => {
            log_failure(&failure, &id);
            let server = server::current(&app.domain, &tenant, &server).ok();
            Ok(page(&failure, language, server.as_ref().map(|server| Brand::of(&server.value)), &id))
        }
    }
}

/// The page of a failure. What it says exactly is for those who run the application.
fn page(failure: &Failure, language: Language, brand: Option<Brand<'_>>, request_id: &str) -> Answer {
    let texts = language.errors();
    let (status, told) = kind(failure, language);
    let body = html! {
        h1 { (told.title) }
        p { (told.advice) }
        details {
            summary { (texts.details) }
            p { (failure.to_client()) }
            @if !request_id.is_empty() { p { (texts.request) ": " code { (request_id) } } }
        }
    };
    let answer = layout::page(status, Frame { language, title: told.title, brand, kind: Kind::Step }, &body);
    match failure {
        Failure::NoSuchMethod { allowed } => answer.header(ALLOW, allowed),
        Failure::TooMany { seconds } => answer.header(RETRY_AFTER, &seconds.to_string()),
        _ => answer,
    }
}

fn kind(failure: &Failure, language: Language) -> (StatusCode, Told) {
    let texts = language.errors();
    match failure {
        Failure::Unauthenticated(_) => (StatusCode::UNAUTHORIZED, texts.login_needed),
        Failure::Forbidden { .. } => (StatusCode::FORBIDDEN, texts.not_allowed),
        Failure::Denied { .. } => (StatusCode::FORBIDDEN, texts.denied),
        Failure::NotFound { .. } | Failure::NoSuchPath => (StatusCode::NOT_FOUND, texts.not_found),
        Failure::NoSuchMethod { .. } => (StatusCode::METHOD_NOT_ALLOWED, texts.wrong_request),
        Failure::Conflict { .. } => (StatusCode::CONFLICT, texts.in_the_way),
        Failure::InUse { .. } | Failure::Untimely { .. } => (StatusCode::CONFLICT, texts.in_the_way),
        Failure::Outdated { .. } => (StatusCode::PRECONDITION_FAILED, texts.in_the_way),
        Failure::MediaType { .. } => (StatusCode::UNSUPPORTED_MEDIA_TYPE, texts.wrong_request),
        Failure::Unsupported { .. } | Failure::Malformed(_) | Failure::Invalid(_) => {
            (StatusCode::BAD_REQUEST, texts.wrong_request)
        }
        Failure::Elsewhere { .. } => (StatusCode::BAD_GATEWAY, texts.unavailable),
        Failure::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, texts.unavailable),
        Failure::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, texts.unavailable),
        Failure::Internal { .. } => (StatusCode::INTERNAL_SERVER_ERROR, texts.internal),
    }
}

/// A page that only tells something, with a link to go on from.
pub fn notice(status: StatusCode, frame: Frame<'_>, told: Told, link: Option<(&str, &str)>) -> Answer {
    let body = html! {
        h1 { (told.title) }
        p { (told.advice) }
        @if let Some((address, text)) = link { p { (layout::link(Some(address), text)) } }
    };
    layout::page(status, Frame { title: told.title, ..frame }, &body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::message::Payload;

    #[test]
    fn a_failure_is_told_in_the_language_of_the_person_and_escaped() {
        let failure = Failure::malformed("query.<script>", "is given more than once");
        let answer = page(&failure, Language::German, Some(Brand { name: "Shop", logo: None }), "id-1");
        let Payload::Whole(body) = &answer.body else { panic!("a page is whole") };
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(text.contains(Language::German.errors().wrong_request.title) && text.contains("id-1"), "{text}");
        assert!(text.contains("query.&lt;script&gt;") && !text.contains("<script"), "{text}");
    }

    #[test]
    fn what_is_for_the_log_is_not_told() {
        let answer = word(&Failure::Internal { log: "the secret of the log".to_owned() });
        let Payload::Whole(body) = &answer.body else { panic!("a page is whole") };
        assert!(!String::from_utf8_lossy(body).contains("secret of the log"));
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    }
}
