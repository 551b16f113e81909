//! An answer on its way to the client: the redirect URI with the members in the right place.
//!
//! Called by `begin` and `conclude`. Every answer says who gives it (RFC 9207), so that a client of several servers does not
//! take one's answer for another's.

use super::{AuthorizationRequest, Destination, Place, ResponseMode, refusal::Refusal, signed};
use crate::domain::{Failure, client::Client};

/// The members of an answer, in order.
pub(super) type Members = Vec<(&'static str, String)>;

/// The answer with these members, and with `state` and `iss`.
///
/// # Errors
/// When it must be signed or encrypted and cannot: then nothing is told to the client, which would not believe it.
pub(super) async fn answered(
    place: Place<'_>,
    client: &Client,
    request: &AuthorizationRequest,
    mut members: Members,
) -> Result<Destination, Failure> {
    members.extend(request.state.clone().map(|state| ("state", state)));
    members.push(("iss", place.issuer()));
    if request.signed_answer {
        members = signed::sealed(place, client, request, members).await?;
    }
    let uri = request.redirect_uri.as_str();
    Ok(match request.response_mode {
        ResponseMode::Query => Destination::Redirect(with(uri, query_mark(uri), &members)),
        ResponseMode::Fragment => Destination::Redirect(with(uri, "#", &members)),
        ResponseMode::FormPost => Destination::Post {
            action: uri.to_owned(),
            fields: members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        },
    })
}

/// An error as an answer (RFC 6749 §4.1.2.1).
pub(super) async fn refused(
    place: Place<'_>,
    client: &Client,
    request: &AuthorizationRequest,
    refusal: Refusal,
) -> Result<Destination, Failure> {
    let Refusal { error, description } = refusal;
    answered(place, client, request, vec![("error", error), ("error_description", plain(&description))]).await
}

/// What goes between a redirect URI, which may have a query of its own, and our members.
fn query_mark(uri: &str) -> &'static str {
    match uri.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    }
}

fn with(uri: &str, mark: &str, members: &Members) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in members {
        form.append_pair(name, value);
    }
    format!("{uri}{mark}{}", form.finish())
}

/// A sentence in the few characters that a description may have (RFC 6749 §4.1.2.1), and not too long for a URL.
fn plain(sentence: &str) -> String {
    const LONGEST: usize = 500;
    let allowed = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
    sentence.chars().take(LONGEST).map(|c| if allowed(c) { c } else { '\'' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_of_ones_own_stays() {
        let members = vec![("code", "a b&c".to_owned())];
        for (uri, whole) in [
            ("https://a.example/cb", "https://a.example/cb?code=a+b%26c"),
            ("https://a.example/cb?", "https://a.example/cb?code=a+b%26c"),
            ("https://a.example/cb?x=1", "https://a.example/cb?x=1&code=a+b%26c"),
            ("app:/cb", "app:/cb?code=a+b%26c"),
        ] {
            assert_eq!(with(uri, query_mark(uri), &members), whole);
        }
    }

    #[test]
    fn a_description_has_few_characters() {
        assert_eq!(plain("say \"no\" \\ to ä\n"), "say 'no' ' to ''");
        assert_eq!(plain(&"x".repeat(501)).len(), 500);
    }
}
