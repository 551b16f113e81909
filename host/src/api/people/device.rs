//! The page of devices (RFC 8628 §3.3): the person types the code that a device shows, logs in, and is asked.
//!
//! A link that has the code in it (`verification_uri_complete`) leads to the same page with the field filled in: nothing begins
//! before the person has looked at it and sent it.

use http::StatusCode;
use maud::html;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    cookies, csrf,
    layout::{self, Brand, Frame, Kind},
    login::{Wrong, with_status},
    texts::{Language, Told, fill},
    words,
};
use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure,
        authorize::{self, Begun, Browser, REFUSED},
        elsewhere::device::{self, Entered},
        events::{self, Event},
        server,
    },
};

/// What a link to the page may bring.
pub const PARAMETERS: &[(&str, &str)] =
    &[("user_code", "The code that the device shows."), (LOG_IN, "Whether to log in before it is typed.")];
/// The query parameter with which somebody asks to log in first.
const LOG_IN: &str = "log_in";
/// What a link to the last page may bring.
pub const OUTCOME: &[(&str, &str)] = &[(REFUSED, "Whether nothing was allowed.")];

/// The form.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct DeviceCodeForm {
    /// The code that the device shows.
    user_code: String,
    /// The page's hidden field.
    csrf: String,
}

/// The place of the form, for its hidden field.
const PLACE: &str = "device";

/// devicePage
pub async fn page(call: Call) -> Result<Answer, Failure> {
    let query = read::query(&call.request)?;
    let (code, browser) = (query.get("user_code").and_then(device::shown), cookies::browser(&call));
    if query.get(LOG_IN).is_some() {
        let (place, page) = ((call.tenant(), call.param("aid")), with_code("/device", code.as_deref()));
        let begun = authorize::begin_account(&call.app.domain, place, &page, &browser).await?;
        return Ok(go_on(&call, &browser, &begun));
    }
    form(&call, &browser, Shown { code: code.as_deref(), ..Shown::default() })
}

/// The address of the page with the code filled in.
fn with_code(page: &str, code: Option<&str>) -> String {
    code.map_or(page.to_owned(), |code| format!("{page}?user_code={code}"))
}

/// enterUserCode
pub async fn enter(call: Call) -> Result<Answer, Failure> {
    let sent = read::form(&call.request)?;
    let (domain, place, browser) = (&call.app.domain, (call.tenant(), call.param("aid")), cookies::browser(&call));
    if csrf::check(domain, &call.request, &sent, browser.cookie.expose(), PLACE).is_err() {
        return form_is_over(&call);
    }
    let language = Language::of(&call.request, &[]);
    let typed = sent.get("user_code").unwrap_or_default();
    let mut first = None;
    let wrong: Wrong = match device::enter(domain, place, typed, &browser)? {
        Entered::Known(which) => {
            tell(&call, &browser, "known");
            let begun = authorize::begin_elsewhere(domain, place, which, "/device/done", &browser).await?;
            return Ok(go_on(&call, &browser, &begun));
        }
        Entered::Unknown => (StatusCode::NOT_FOUND, language.device().wrong.to_owned(), None),
        Entered::Wait { seconds, stranger } => {
            first = stranger.then(|| device::shown(typed));
            let time = language.duration(seconds);
            (StatusCode::TOO_MANY_REQUESTS, fill(language.common().wait, &[("time", &time)]), Some(seconds))
        }
    };
    tell(&call, &browser, if wrong.2.is_some() { "too many attempts" } else { "unknown" });
    let first = first.map(|code| log_in_first(&call, code.as_deref()));
    form(&call, &browser, Shown { code: None, wrong: Some(wrong), first: first.as_deref() })
}

/// deviceDone: where the browser is after the answer
pub async fn done(call: Call) -> Result<Answer, Failure> {
    let refused = read::query(&call.request)?.get(REFUSED).is_some();
    let server = server::current(&call.app.domain, call.tenant(), call.param("aid"))?;
    let language = Language::of(&call.request, &[]);
    let texts = language.device();
    let told = match refused {
        true => Told { title: texts.refused_title, advice: texts.refused },
        false => Told { title: texts.allowed_title, advice: texts.allowed },
    };
    let frame = Frame { language, title: told.title, brand: Some(Brand::of(&server.value)), kind: Kind::Step };
    let account = format!("{}/account/clients", call.app.domain.issuer(call.tenant(), call.param("aid")));
    Ok(words::notice(StatusCode::OK, frame, told, (!refused).then_some((&account, texts.account))))
}

fn address(call: &Call) -> String {
    format!("{}/device", call.app.domain.issuer(call.tenant(), call.param("aid")))
}

/// The address at which somebody logs in and comes back to the page.
fn log_in_first(call: &Call, code: Option<&str>) -> String {
    let page = with_code(&address(call), code);
    format!("{page}{}{LOG_IN}=yes", if code.is_some() { '&' } else { '?' })
}

/// What the page shows.
#[derive(Default)]
struct Shown<'a> {
    /// The code that a link has brought.
    code: Option<&'a str>,
    /// What was wrong.
    wrong: Option<Wrong>,
    /// Where whoever has to wait with all other strangers can log in.
    first: Option<&'a str>,
}

/// The page.
fn form(call: &Call, browser: &Browser, Shown { code, wrong, first }: Shown<'_>) -> Result<Answer, Failure> {
    let server = server::current(&call.app.domain, call.tenant(), call.param("aid"))?;
    let language = Language::of(&call.request, &[]);
    let texts = language.device();
    let invalid = wrong.is_some();
    let body = html! {
        h1 { (texts.title) }
        p.quiet { (if code.is_some() { texts.compare } else { texts.explanation }) }
        @if let Some((_, text, _)) = &wrong { (layout::alert(text)) }
        @if let Some(address) = first { p { (texts.first_why) " " a href=(address) { (texts.first) } } }
        form method="post" action=(address(call)) {
            (csrf::field(&call.app.domain, browser.cookie.expose(), PLACE))
            label for="user_code" { (texts.code) }
            input.code #user_code name="user_code" type="text" value=[code] autocomplete="off"
                autocapitalize="characters" spellcheck="false" maxlength="32" required autofocus[code.is_none()]
                aria-invalid=[invalid.then_some("true")] aria-describedby=[invalid.then_some("alert")];
            button { (texts.submit) }
        }
        p.quiet.small { (texts.warning) }
    };
    let status = wrong.as_ref().map_or(StatusCode::OK, |(status, ..)| *status);
    let frame = Frame { language, title: texts.title, brand: Some(Brand::of(&server.value)), kind: Kind::Step };
    let answer = with_status(layout::page(status, frame, &body), wrong.as_ref());
    Ok(cookies::keep(answer, call, browser))
}

/// The login that the code has begun, or where it has ended at once.
pub fn go_on(call: &Call, browser: &Browser, begun: &Begun) -> Answer {
    let issuer = call.app.domain.issuer(call.tenant(), call.param("aid"));
    let answer = match begun {
        Begun::Login(id) => layout::see_other(&format!("{issuer}/login/{id}")),
        // A page of our own.
        Begun::Answer(destination) | Begun::Offer(destination) => {
            layout::answer(destination, Language::of(&call.request, &[]), None)
        }
    };
    cookies::keep(answer, call, browser)
}

fn form_is_over(call: &Call) -> Result<Answer, Failure> {
    let server = server::current(&call.app.domain, call.tenant(), call.param("aid"))?;
    let language = Language::of(&call.request, &[]);
    let told = language.errors().form_over;
    let frame = Frame { language, title: told.title, brand: Some(Brand::of(&server.value)), kind: Kind::Step };
    Ok(words::notice(StatusCode::FORBIDDEN, frame, told, Some((&address(call), language.device().title))))
}

/// Tells the operator's log of a code that was typed, and not which.
fn tell(call: &Call, browser: &Browser, outcome: &'static str) {
    events::tell(Event {
        what: "user code entered",
        outcome,
        tenant: call.tenant(),
        server: call.param("aid"),
        client: "",
        subject: "",
        address: &browser.address,
        request_id: &call.request.request_id,
    });
}
