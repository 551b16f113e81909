//! Every text that the pages say, in every language: a file a page, a struct of it, a value a language. A text that is missing
//! in one of them does not compile.
//!
//! Read by the pages. What has a `{name}` in it is filled in by [`fill`].

mod account;
mod common;
mod connection;
mod consent;
mod device;
mod errors;
mod login;
mod logout;
mod second_factor;

use http::header::ACCEPT_LANGUAGE;

use crate::api::Request;

pub use account::Account;
pub use common::Common;
pub use connection::Connection;
pub use consent::Consent;
pub use device::{Confirm, Device};
pub use errors::{Errors, Told};
pub use login::Login;
pub use logout::Logout;
pub use second_factor::SecondFactor;

/// A language that the pages speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English, where nothing else is asked for.
    English,
    /// German.
    German,
}

impl Language {
    /// The language of a request: the first of `wanted` (`ui_locales`) that the pages speak, or what the browser prefers.
    pub fn of(request: &Request, wanted: &[String]) -> Language {
        let wanted = wanted.iter().find_map(|tag| Language::of_tag(tag));
        let header = request.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        wanted.or_else(|| preferred(header?)).unwrap_or(Language::English)
    }

    /// The language of a tag such as `de-AT` (RFC 5646), if the pages speak it.
    fn of_tag(tag: &str) -> Option<Language> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        let speaks = |language: &Language| primary.eq_ignore_ascii_case(language.tag());
        [Language::English, Language::German].into_iter().find(speaks)
    }

    /// Its tag, for `lang` and for what is written down about a consent.
    pub fn tag(self) -> &'static str {
        self.pick("en", "de")
    }

    /// The one of two values that is in this language.
    pub fn pick<T>(self, english: T, german: T) -> T {
        match self {
            Language::English => english,
            Language::German => german,
        }
    }
}

/// The language with the highest weight that the pages speak (RFC 9110 §12.5.4).
fn preferred(header: &str) -> Option<Language> {
    let mut best: Option<(f32, Language)> = None;
    for part in header.split(',').take(20) {
        let mut pieces = part.split(';');
        let language = pieces.next().and_then(Language::of_tag);
        let weight = pieces.find_map(|piece| piece.trim().strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
        if let Some(language) = language.filter(|_| weight > best.map_or(0.0, |(known, _)| known)) {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

/// The text with every `{name}` replaced by its value. Values are not looked at again, so nobody's name can name another.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, (name, after))) = rest.split_once('{').and_then(|(b, r)| Some((b, r.split_once('}')?))) {
        filled.push_str(before);
        let value = values.iter().find(|(known, _)| *known == name);
        filled.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_is_preferred_and_spoken() {
        let cases = [
            ("de", Some(Language::German)),
            ("de-AT,en;q=0.5", Some(Language::German)),
            ("fr,en-GB;q=0.8,de;q=0.3", Some(Language::English)),
            ("en;q=0.2, DE ;q=0.9", Some(Language::German)),
            ("de;q=0,en;q=0.1", Some(Language::English)),
            ("fr,*", None),
            ("", None),
            ("deutsch", None),
        ];
        for (header, expected) in cases {
            assert_eq!(preferred(header), expected, "{header:?}");
        }
    }

    #[test]
    fn values_are_filled_in_once() {
        assert_eq!(fill("{client} asks {who}.", &[("client", "{who}"), ("who", "Ann")]), "{who} asks Ann.");
        assert_eq!(fill("no {end", &[]), "no {end");
        assert_eq!(fill("{nothing}!", &[]), "!");
    }
}
