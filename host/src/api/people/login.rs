//! The page of a login: it shows whatever the person has to do next. Here are the choice among the ways to log in, and name
//! and password.

use http::{
    StatusCode,
    header::{RETRY_AFTER, WWW_AUTHENTICATE},
};
use maud::{Markup, html};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{confirm, consent, elsewhere, layout, second_factor, texts::fill, visit::Visit};
use crate::{
    api::{Answer, read},
    crypto::Secret,
    domain::{
        Failure,
        authentication::{Authentication, Method, static_users},
        authorize::{self, Next},
        custom_login, login, password_login, scope_grant, server, upstream,
    },
};

/// What the page says of an attempt that has failed: its status, a sentence, how long to wait.
pub type Wrong = (StatusCode, String, Option<u64>);

/// The query parameter with which the page says why a form was not taken: what it was about has changed.
pub const CHANGED: &str = "changed";

/// The form of the choice.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct ChoiceForm {
    /// The id of an authentication method; none to choose again.
    method: Option<String>,
    /// The page's hidden field.
    csrf: String,
}

/// The form of name and password.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct PasswordForm {
    /// The name.
    username: String,
    /// The password.
    password: String,
    /// The page's hidden field.
    csrf: String,
}

/// A form with nothing but a button.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct PlainForm {
    /// The page's hidden field.
    csrf: String,
}

/// login: what comes next
pub async fn show(visit: Visit) -> Result<Answer, Failure> {
    let (domain, (tenant, server)) = (&visit.call.app.domain, visit.place());
    let answer = match authorize::next(domain, tenant, server, visit.login(), &visit.browser).await? {
        Next::Choose(methods) => choice(&visit, &methods),
        Next::Password(method) => password_form(&visit, &method, visit.request.login_hint.as_deref(), None),
        Next::Provider(method) => {
            match upstream::begin(domain, tenant, server, visit.login(), &method, &visit.browser).await {
                Ok(address) => layout::see_other(&address),
                Err(failure) => elsewhere::told(&visit, failure)?,
            }
        }
        Next::Custom(method) => layout::see_other(
            &custom_login::begin(domain, tenant, server, visit.login(), &method, &visit.browser).await?,
        ),
        Next::SecondFactor { enrolled: true } => second_factor::form(&visit, None),
        Next::SecondFactor { enrolled: false } => second_factor::offer(&visit, None, None)?,
        Next::Consent { scopes, allowed, details, resources, consents, texts } => {
            match scope_grant::begin(domain, tenant, server, visit.login(), &visit.browser).await? {
                Some(page) => layout::see_other(&page),
                None => {
                    let asked =
                        consent::Asks { scopes: &scopes, allowed: &allowed, details: &details, resources: &resources };
                    consent::form(&visit, &asked, &consents, &texts)?
                }
            }
        }
        Next::Confirm { scopes, details, resources, waiting, texts } => {
            let asks = consent::Asks { scopes: &scopes, allowed: &[], details: &details, resources: &resources };
            confirm::form(&visit, &asks, &waiting, &texts)?
        }
        Next::Finish => {
            let destination = authorize::finish(domain, tenant, server, visit.login(), &visit.browser).await?;
            layout::answer(&destination, visit.language, Some(visit.brand()))
        }
    };
    Ok(answer)
}

/// chooseLogin
pub async fn choose(visit: Visit) -> Result<Answer, Failure> {
    let form = read::form(&visit.call.request)?;
    if let Err(refusal) = visit.check(&form) {
        return Ok(*refusal);
    }
    let (domain, place) = (&visit.call.app.domain, visit.place());
    login::choose(domain, place, visit.login(), &visit.browser, form.get("method")).await?;
    Ok(visit.go_on())
}

/// givePassword
pub async fn password(visit: Visit) -> Result<Answer, Failure> {
    let form = read::form(&visit.call.request)?;
    if let Err(refusal) = visit.check(&form) {
        return Ok(*refusal);
    }
    let (domain, place) = (&visit.call.app.domain, visit.place());
    let username = form.get("username").unwrap_or_default();
    let password = Secret::new(form.get("password").unwrap_or_default());
    let tried = password_login::log_in(domain, place, visit.login(), &visit.browser, username, &password).await?;
    let server = server::current(domain, place.0, place.1)?;
    // A name that nobody has may be a password in the wrong field.
    let known = static_users::is_known(&server.value.authentications, username);
    visit.tell_tried("login", &tried, "wrong password", if known { username } else { "" });
    match visit.tried(tried, visit.language.login().wrong) {
        Ok(answer) => Ok(answer),
        Err(wrong) => match authorize::next(domain, place.0, place.1, visit.login(), &visit.browser).await? {
            Next::Password(method) => Ok(password_form(&visit, &method, Some(username), Some(wrong))),
            _ => Ok(visit.go_on()),
        },
    }
}

/// reloadPassword, reloadSecondFactor: somebody has opened the address of a form, as a reload does
pub async fn again(visit: Visit) -> Result<Answer, Failure> {
    Ok(visit.go_on())
}

/// refuseLogin: the person goes back to the client without what it asked for
pub async fn refuse(visit: Visit) -> Result<Answer, Failure> {
    let form = read::form(&visit.call.request)?;
    if let Err(refusal) = visit.check(&form) {
        return Ok(*refusal);
    }
    let (domain, (tenant, server), person) = (&visit.call.app.domain, visit.place(), visit.person());
    let destination = authorize::refuse(domain, tenant, server, visit.login(), &visit.browser).await?;
    visit.tell("login", "given up by the person", &person);
    Ok(layout::answer(&destination, visit.language, Some(visit.brand())))
}

/// An answer with the headers that go with a wrong attempt.
pub fn with_status(answer: Answer, wrong: Option<&Wrong>) -> Answer {
    match wrong {
        // RFC 9110 §15.5.2 wants a challenge. Browsers that know no such scheme show the page.
        Some((StatusCode::UNAUTHORIZED, ..)) => answer.header(WWW_AUTHENTICATE, "Form"),
        Some((_, _, Some(seconds))) => answer.header(RETRY_AFTER, &seconds.to_string()),
        _ => answer,
    }
}

fn heading(visit: &Visit) -> Markup {
    let texts = visit.language.login();
    let why = match visit.client {
        Some(_) => fill(texts.to_client, &[("client", visit.client_name())]),
        None => texts.to_account.to_owned(),
    };
    html! {
        @if let Some(client) = &visit.client {
            div.parties { (layout::mark(layout::Brand { name: &client.name, logo: client.pages.logo_uri.as_deref() })) }
        }
        h1 { (texts.title) }
        p.quiet { (why) }
    }
}

/// The way to the other ways to log in, where there are any.
pub fn other_way(visit: &Visit) -> Markup {
    html! {
        @if visit.has_choice() {
            form method="post" action={ (visit.url()) "/choose" } {
                (visit.csrf())
                button.text { (visit.language.login().other_method) }
            }
        }
    }
}

/// The way out: back to the client with a no. Without a client there is nobody to go back to.
pub fn way_out(visit: &Visit) -> Markup {
    html! {
        @if visit.client.is_some() {
            form method="post" action={ (visit.url()) "/refuse" } {
                (visit.csrf())
                button.text { (visit.language.common().cancel) }
            }
        }
    }
}

fn choice(visit: &Visit, methods: &[Authentication]) -> Answer {
    let texts = visit.language.login();
    let body = html! {
        (heading(visit))
        form method="post" action={ (visit.url()) "/choose" } {
            (visit.csrf())
            div.choices role="group" aria-label=(texts.choose) {
                @for method in methods {
                    button.second name="method" value=(method.id) {
                        (fill(texts.with, &[("method", label(method))]))
                    }
                }
            }
        }
        (way_out(visit))
    };
    visit.page(StatusCode::OK, texts.title, &body)
}

fn label(method: &Authentication) -> &str {
    if method.name.is_empty() { &method.id } else { &method.name }
}

fn password_form(visit: &Visit, method: &Authentication, username: Option<&str>, wrong: Option<Wrong>) -> Answer {
    let texts = visit.language.login();
    let (known, invalid) = (username.unwrap_or_default(), wrong.as_ref().map(|_| "true"));
    let described = invalid.map(|_| "alert");
    let people = match &method.method {
        Method::Static(people) if people.hint => people.users.as_slice(),
        Method::Static(_) | Method::Custom { .. } | Method::Foreign { .. } => &[],
    };
    let body = html! {
        (heading(visit))
        @if let Some((_, text, _)) = &wrong { (layout::alert(text)) }
        form method="post" action={ (visit.url()) "/password" } {
            (visit.csrf())
            label for="username" { (texts.username) }
            input #username name="username" value=(known) autocomplete="username" autocapitalize="none"
                spellcheck="false" required autofocus[known.is_empty()] aria-invalid=[invalid]
                aria-describedby=[described] list=[hint_list(people)];
            @if !people.is_empty() {
                datalist #people { @for user in people { option value=(user.username) {} } }
                p.quiet.small #hints { (texts.known_people) ":" }
                ul.hints aria-labelledby="hints" { @for user in people { li { (user.username) } } }
            }
            label for="password" { (texts.password) }
            input #password name="password" type="password" autocomplete="current-password" required
                autofocus[!known.is_empty()] aria-invalid=[invalid] aria-describedby=[described];
            button { (texts.submit) }
        }
        (other_way(visit))
        (way_out(visit))
    };
    let status = wrong.as_ref().map_or(StatusCode::OK, |(status, ..)| *status);
    with_status(visit.page(status, texts.title, &body), wrong.as_ref())
}

fn hint_list<T>(people: &[T]) -> Option<&'static str> {
    (!people.is_empty()).then_some("people")
}
