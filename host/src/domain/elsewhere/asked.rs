//! What a client may say when it asks a person elsewhere (CIBA §7.1), a rule a function: what the person compares, how long they
//! have, and with what the client is told.
//!
//! Called by `backchannel`. Knows no person and writes nothing.

use super::backchannel::{NotAsked, Sent};
use crate::{crypto::Secret, domain::client::security::BackchannelClient};

/// The longest binding message, in characters: it is shown on small displays.
const LONGEST_MESSAGE: usize = 128;
/// What a binding message may have beside letters, digits and spaces: nothing that means anything to a page or a terminal.
const PUNCTUATION: &str = "-_.,:;/#+*()!?%&=@€$£'";
/// Letters that show nothing.
const FILLERS: [char; 4] = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}'];
/// The longest notification token, in characters (CIBA §7.1).
const LONGEST_TOKEN: usize = 1024;
/// The shortest one that can have the 128 bits of entropy that it must have, in base64.
const SHORTEST_TOKEN: usize = 22;
/// The least time that a client can wish for, in seconds: nobody answers faster, and one request after the other would be
/// written down for nothing.
const LEAST_SECONDS: i64 = 30;

/// What the person compares with what the client shows them (CIBA §7.1). Only letters, digits and a few signs: what looks like a
/// command, a link with markup, a text that runs backwards or one that shows nothing is no message.
pub(super) fn message(sent: Option<&str>) -> Result<String, NotAsked> {
    let Some(text) = sent else { return Ok(String::new()) };
    let plain = |letter: char| {
        let shown = letter.is_alphanumeric() && !FILLERS.contains(&letter);
        shown || letter == ' ' || PUNCTUATION.contains(letter)
    };
    if text.chars().count() > LONGEST_MESSAGE {
        Err(NotAsked::BindingMessage("binding_message may have 128 characters at most"))
    } else if text.trim().is_empty() || !text.chars().all(plain) {
        Err(NotAsked::BindingMessage("binding_message may have letters, digits, spaces and a few signs only"))
    } else if runs_both_ways(text) {
        Err(NotAsked::BindingMessage("binding_message may not mix letters that run from the right with others"))
    } else {
        Ok(text.to_owned())
    }
}

/// Letters from the right turn digits and words around them, so that another message would be read than the one that was sent.
fn runs_both_ways(text: &str) -> bool {
    let letters = || text.chars().filter(|letter| letter.is_alphanumeric());
    letters().any(is_from_right) && !letters().all(is_from_right)
}

/// Hebrew, Arabic and the scripts beside them (the blocks of Unicode whose letters are R or AL).
fn is_from_right(letter: char) -> bool {
    matches!(letter,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}'
        | '\u{1e800}'..='\u{1efff}')
}

/// The token with which a client is told of the answer, for one that wants to be (CIBA §7.1).
pub(super) fn notification(mode: &BackchannelClient, sent: Sent<'_>) -> Result<Option<Secret>, NotAsked> {
    if mode.notification_endpoint.is_none() {
        return Ok(None);
    }
    let Some(token) = sent.client_notification_token else {
        return Err(NotAsked::Request("client_notification_token is required, since the client is told by ping"));
    };
    let word = token.trim_end_matches('=');
    let shaped = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte));
    match shaped && (SHORTEST_TOKEN..=LONGEST_TOKEN).contains(&token.len()) {
        true => Ok(Some(Secret::new(token))),
        false => Err(NotAsked::Request("client_notification_token must be a bearer token of 22 to 1024 characters")),
    }
}

/// How long a request is good: as the client wishes, no longer than the server lets it, and long enough for a person.
pub(super) fn seconds(sent: Option<&str>, most: i64) -> Result<i64, NotAsked> {
    let Some(text) = sent else { return Ok(most) };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<i64>() {
        Ok(wanted) if digits && wanted > 0 => Ok(wanted.max(LEAST_SECONDS).min(most)),
        _ => Err(NotAsked::Request("requested_expiry must be a positive number of seconds")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_plain() {
        for good in [
            "W4SCT",
            "Pay 12.50 € to Bäckerei (No. 7)",
            "Überweisung #8/3",
            "支付 12 元",
            "שלום לכולם",
            "ادفع ١٢",
            &"x".repeat(128),
        ] {
            assert_eq!(message(Some(good)).ok().as_deref(), Some(good));
        }
        assert!(message(None).is_ok_and(|none| none.is_empty()));
        for bad in [
            "",
            " ",
            "<b>x</b>",
            "a\nb",
            "a\u{0}",
            "a\u{1b}[2J",
            "\u{202e}evil",
            "a\u{200b}b",
            "\"x\"",
            "`x`",
            "{x}",
            "a\tb",
            &"x".repeat(129),
        ] {
            assert!(matches!(message(Some(bad)), Err(NotAsked::BindingMessage(_))), "{bad:?}");
        }
    }

    #[test]
    fn a_message_shows_something_and_runs_one_way() {
        for bad in ["\u{3164}", "a\u{115f}b", "a\u{1160}", "\u{ffa0}1", "Pay 12 שלום", "abc \u{627}", "\u{5d0} 100"]
        {
            assert!(matches!(message(Some(bad)), Err(NotAsked::BindingMessage(_))), "{bad:?}");
        }
    }

    #[test]
    fn a_client_may_wish_for_less_time_and_not_for_more() {
        for (wish, most, lasts) in [
            (None, 120, 120),
            (Some("1"), 120, 30),
            (Some("30"), 120, 30),
            (Some("31"), 120, 31),
            (Some("120"), 120, 120),
            (Some("999999"), 120, 120),
            (Some("1"), 10, 10),
        ] {
            assert_eq!(seconds(wish, most).ok(), Some(lasts), "{wish:?}");
        }
        for bad in ["", "0", "-1", "+5", "1.5", "ten", "99999999999999999999"] {
            assert!(matches!(seconds(Some(bad), 120), Err(NotAsked::Request(_))), "{bad}");
        }
    }

    #[test]
    fn who_is_pinged_says_with_what() {
        let pinged =
            BackchannelClient { notification_endpoint: Some("https://a.example/".to_owned()), ..Default::default() };
        let with = |token: Option<&'static str>| Sent { client_notification_token: token, ..Sent::default() };
        assert!(notification(&BackchannelClient::default(), with(None)).is_ok_and(|token| token.is_none()));
        assert!(
            notification(&pinged, with(Some("8d67dc78-7faa-4d41-aabd-67707b374255")))
                .is_ok_and(|token| token.is_some())
        );
        for bad in [
            None,
            Some("short"),
            Some("8d67dc78 7faa-4d41-aabd-67707b374255"),
            Some("8d67dc78-7faa\r\nx-evil: 67707b374255"),
        ] {
            assert!(matches!(notification(&pinged, with(bad)), Err(NotAsked::Request(_))), "{bad:?}");
        }
    }
}
