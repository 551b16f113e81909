//! The frame of every page: head, the server's name and picture, the card in the middle, and the headers of the answer.
//!
//! Called by every page. Knows no operation. There is no script and no style in the pages themselves, so the content security
//! policy can forbid both.

use http::{
    StatusCode,
    header::{CONTENT_SECURITY_POLICY, LOCATION},
};
use maud::{DOCTYPE, Markup, html};

use super::texts::Language;
use crate::{
    api::Answer,
    domain::{authorize::Destination, resource, server::Server},
};

/// Nothing from anywhere but styles and pictures. There is no `form-action`: browsers apply it to the redirects that follow
/// a form, and those lead to clients and further.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' https: data:; base-uri 'none'; \
                      frame-ancestors 'none'";
/// The same for a page that posts a form by itself.
const POLICY_WITH_SCRIPT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; \
                                  base-uri 'none'; frame-ancestors 'none'";
/// The same for a page whose forms stay here.
const POLICY_OF_OWN_FORMS: &str = "default-src 'none'; style-src 'self'; img-src 'self' https: data:; base-uri 'none'; \
                                   frame-ancestors 'none'; form-action 'self'";

/// What stands around a page.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The language of its texts.
    pub language: Language,
    /// Its heading in the browser.
    pub title: &'a str,
    /// Whose page it is.
    pub brand: Option<Brand<'a>>,
    /// What kind of page.
    pub kind: Kind,
}

/// Whose page it is.
#[derive(Clone, Copy, Debug)]
pub struct Brand<'a> {
    /// The name.
    pub name: &'a str,
    /// A picture.
    pub logo: Option<&'a str>,
}

/// What kind of page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A step on the way to a client.
    Step,
    /// A form that posts itself to a client.
    Posting,
    /// A page of the person's account: wider, and its forms stay here.
    Account,
}

impl<'a> Brand<'a> {
    /// The brand of an authorization server.
    pub fn of(server: &'a Server) -> Brand<'a> {
        Brand { name: &server.name, logo: server.logo_uri.as_deref() }
    }
}

/// A whole page.
pub fn page(status: StatusCode, frame: Frame<'_>, body: &Markup) -> Answer {
    let policy = match frame.kind {
        Kind::Step => POLICY,
        Kind::Posting => POLICY_WITH_SCRIPT,
        Kind::Account => POLICY_OF_OWN_FORMS,
    };
    document(status, frame, &html! {}, body).header(CONTENT_SECURITY_POLICY, policy)
}

/// How long pages of others have before the browser goes on, in seconds.
const SHOWN_FOR: u8 = 3;

/// A page that has the browser load these pages of others, unseen, and nothing else of anybody; then it goes on to a place by
/// itself, if there is one.
pub fn page_with(frame: Frame<'_>, body: &Markup, pages: &[String], then: Option<&str>) -> Answer {
    let head = html! {
        @if let Some(place) = then { meta http-equiv="refresh" content={ (SHOWN_FOR) ";url=" (place) }; }
    };
    let body = html! {
        (body)
        @for page in pages { iframe hidden src=(page) title="" aria-hidden="true" sandbox="allow-scripts allow-same-origin" {} }
    };
    let policy = format!("{POLICY}; frame-src {}", sources(pages));
    document(StatusCode::OK, frame, &head, &body).header(CONTENT_SECURITY_POLICY, &policy)
}

/// How long the sources of these pages may be as a whole, in bytes: proxies take headers of a few kilobytes only.
const MOST_SOURCES: usize = 2048;

/// Where pages are from, as sources of a content security policy, each once. Where that would be too long for a header it is every
/// page of the web: what a browser loads is what the page says in any case, and nobody else writes into that.
fn sources(pages: &[String]) -> String {
    let mut all: Vec<&str> = pages.iter().filter_map(|page| source(page)).collect();
    all.sort_unstable();
    all.dedup();
    let all = all.join(" ");
    if all.len() > MOST_SOURCES { "https: http:".to_owned() } else { all }
}

/// Where a page is from; nothing when there is something in it that would end the policy (CSP 3 §2.3.1).
fn source(page: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%:[]/".contains(&byte);
    resource::origin(page).filter(|origin| origin.bytes().all(plain))
}

fn document(status: StatusCode, frame: Frame<'_>, head: &Markup, body: &Markup) -> Answer {
    let Frame { language, title, brand, kind } = frame;
    let whole = html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) @if let Some(brand) = brand { " · " (brand.name) } }
                link rel="icon" href="data:,";
                link rel="stylesheet" href=(STYLE);
                @if kind == Kind::Posting { script src=(SCRIPT) defer {} }
                (head)
            }
            body.wide[kind == Kind::Account] {
                @if let Some(brand) = brand { header { (mark(brand)) span.brand { (brand.name) } } }
                main { (body) }
                footer { (language.common().secured_by) }
            }
        }
    };
    Answer::with(status, "text/html; charset=utf-8", whole.into_string())
}

/// Where the style is. The version makes browsers load it again after an update.
const STYLE: &str = concat!("/assets/portcullis.css?v=", env!("CARGO_PKG_VERSION"));
/// Where the script is that sends a form without a click.
const SCRIPT: &str = concat!("/assets/post.js?v=", env!("CARGO_PKG_VERSION"));

/// A picture, or the first letter of the name. The name stands beside it, so it says nothing to screen readers.
pub fn mark(brand: Brand<'_>) -> Markup {
    let first: String = brand.name.chars().find(|letter| letter.is_alphanumeric()).into_iter().collect();
    html! {
        @match brand.logo.filter(|logo| is_web(logo)) {
            Some(logo) => img.mark src=(logo) alt="";
            None => span.mark aria-hidden="true" { (first.to_uppercase()) }
        }
    }
}

/// A link to somebody else's page, when it is one.
pub fn link(address: Option<&str>, text: &str) -> Markup {
    html! {
        @if let Some(address) = address.filter(|address| is_web(address)) {
            a href=(address) rel="noopener noreferrer" { (text) }
        }
    }
}

/// Whether an address leads to a page. Any other scheme could do something else than show one.
fn is_web(address: &str) -> bool {
    let address = address.to_ascii_lowercase();
    address.starts_with("https://") || address.starts_with("http://")
}

/// A sentence about something that went wrong, read out at once by screen readers.
pub fn alert(text: &str) -> Markup {
    html! { p.alert #alert role="alert" { (text) } }
}

/// Sends the browser on. After a POST it asks there with GET (RFC 9110 §15.4.4).
pub fn see_other(place: &str) -> Answer {
    Answer::empty(StatusCode::SEE_OTHER).header(LOCATION, place)
}

/// An answer for a client, on its way through the browser: a redirect, or a form that posts itself.
pub fn answer(destination: &Destination, language: Language, brand: Option<Brand<'_>>) -> Answer {
    match destination {
        Destination::Redirect(place) => see_other(place),
        Destination::Post { action, fields } => {
            let texts = language.common();
            let body = html! {
                h1 { (texts.moving_on) }
                p { (texts.moving_on_why) }
                form.self-posting method="post" action=(action) { (fields_of(fields)) button { (texts.proceed) } }
            };
            let frame = Frame { language, title: texts.moving_on, brand, kind: Kind::Posting };
            page(StatusCode::OK, frame, &body)
        }
    }
}

fn fields_of(fields: &[(String, String)]) -> Markup {
    html! { @for (name, value) in fields { input type="hidden" name=(name) value=(value); } }
}

/// The same for a client that nobody here has approved: the person sees where it goes, and goes there by a click only.
pub fn offer(destination: &Destination, language: Language, brand: Option<Brand<'_>>) -> Answer {
    let texts = language.common();
    let (Destination::Redirect(place) | Destination::Post { action: place, .. }) = destination;
    // What belongs to the answer says nothing to people.
    let site = place.split(['?', '#']).next().unwrap_or_default();
    let body = html! {
        h1 { (texts.stranger) }
        p { (texts.stranger_why) }
        p { code { (site) } }
        @match destination {
            Destination::Redirect(place) => p { a href=(place) rel="noopener noreferrer" { (texts.proceed) } },
            Destination::Post { action, fields } => {
                form method="post" action=(action) { (fields_of(fields)) button { (texts.proceed) } }
            }
        }
    };
    page(StatusCode::OK, Frame { language, title: texts.stranger, brand, kind: Kind::Step }, &body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::message::Payload;

    fn text(answer: &Answer) -> String {
        let Payload::Whole(bytes) = &answer.body else { panic!("a page is whole") };
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn names_cannot_break_out() {
        let brand = Brand { name: "<b>\"&", logo: Some("https://a.example/\"><script>") };
        let frame =
            Frame { language: Language::German, title: "</title><script>", brand: Some(brand), kind: Kind::Step };
        let page = page(StatusCode::OK, frame, &html! { p { "x" } });
        let text = text(&page);
        assert!(!text.contains("<script") && !text.contains("<b>"), "{text}");
        assert!(text.contains("<html lang=\"de\">"), "{text}");
    }

    #[test]
    fn only_pages_of_the_web_are_linked() {
        assert!(link(Some("javascript:alert(1)"), "x").into_string().is_empty());
        assert!(link(None, "x").into_string().is_empty());
        assert!(link(Some("HTTPS://a.example"), "x").into_string().contains("href=\"HTTPS://a.example\""));
        let mark = mark(Brand { name: " shop", logo: Some("data:image/svg+xml,<svg/>") }).into_string();
        assert_eq!(mark, "<span class=\"mark\" aria-hidden=\"true\">S</span>");
    }

    #[test]
    fn a_page_loads_those_of_others_and_nothing_else() {
        let frame = Frame { language: Language::English, title: "", brand: None, kind: Kind::Step };
        let pages = [
            "https://a.example/out;script-src *?sid=1&iss=x",
            "https://b.example:444/o,u't",
            "https://a.example?b",
            "https://c.example;script-src/",
            "nothing",
        ]
        .map(str::to_owned);
        let page = page_with(frame, &html! {}, &pages, Some("https://c.example/\"><script>"));
        let policy = page.headers.get(CONTENT_SECURITY_POLICY).unwrap().to_str().unwrap().to_owned();
        assert!(policy.ends_with("; frame-src https://a.example https://b.example:444"), "{policy}");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        let text = text(&page);
        assert!(text.contains("src=\"https://a.example/out;script-src *?sid=1&amp;iss=x\""), "{text}");
        assert!(text.contains("content=\"3;url=https://c.example/&quot;&gt;&lt;script&gt;\""), "{text}");
    }

    #[test]
    fn many_pages_make_no_long_header() {
        let pages: Vec<String> =
            (0..200).map(|number| format!("https://{number}.a-long-name.example/{}", "x".repeat(2000))).collect();
        let frame = Frame { language: Language::English, title: "", brand: None, kind: Kind::Step };
        let page = page_with(frame, &html! {}, &pages, None);
        let policy = page.headers.get(CONTENT_SECURITY_POLICY).unwrap().to_str().unwrap().to_owned();
        assert!(policy.ends_with("; frame-src https: http:"), "{policy}");
        assert_eq!(text(&page).matches("<iframe").count(), 200);
        let same = sources(&vec!["https://a.example/x".to_owned(); 200]);
        assert_eq!(same, "https://a.example");
    }

    #[test]
    fn only_a_form_that_posts_itself_has_a_script() {
        let fields = vec![("state".to_owned(), "\"><script>".to_owned())];
        let post = Destination::Post { action: "https://c.example/cb?a=1&b=2".to_owned(), fields };
        let page = answer(&post, Language::English, None);
        let policy = page.headers.get(CONTENT_SECURITY_POLICY).unwrap().to_str().unwrap();
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
        let text = text(&page);
        assert!(text.contains("action=\"https://c.example/cb?a=1&amp;b=2\""), "{text}");
        assert!(text.contains("value=\"&quot;&gt;&lt;script&gt;\""), "{text}");
        let redirect = answer(&Destination::Redirect("https://c.example/cb".to_owned()), Language::English, None);
        assert_eq!(redirect.headers.get(LOCATION).unwrap(), "https://c.example/cb");
    }
}
