//! Handles: random texts that are worth something to whoever shows them, such as codes, refresh tokens and cookies.
//!
//! Called by whoever gives one out or is shown one. Only its keyed hash is kept, which is also the name of its record
//! (that of a refresh token is filed with its grant), so that neither the data file nor a backup of it holds anything that could be used.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};

use super::Domain;
use crate::crypto::Secret;

/// What a handle is for. One that is for something else, or for another authorization server, has another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// An authorization code (RFC 6749 §1.3.1).
    Code,
    /// A refresh token (RFC 6749 §1.5).
    Refresh,
    /// An opaque access token.
    Access,
    /// The cookie of a browser in which a person has logged in.
    Session,
    /// The cookie of a browser in which a person is about to log in.
    Browser,
    /// What a custom login page proves with that it was sent here by us (`login_state`).
    LoginState,
    /// The same for a consent page (`login_state`).
    ConsentState,
    /// What the browser brings back from a custom login page that has said who the person is.
    Ticket,
    /// A registration access token (RFC 7592 §3).
    Registration,
    /// The `state` of an authorization that we ask for elsewhere.
    Connecting,
    /// What a pushed authorization request is referred to by (RFC 9126 §2.2).
    PushedRequest,
    /// What a device asks the token endpoint with (RFC 8628 §3.2).
    Device,
    /// What a client asks with that waits for a person elsewhere (CIBA §7.3).
    Backchannel,
    /// What the authentication device of a person answers with that a client asks for (`request_state`).
    Summons,
    /// What a person types for a device: a code of few letters, which never has this form.
    UserCode,
}

impl Purpose {
    /// How the text starts, so that people and scanners see what has leaked.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Purpose::Code => "pc_code_",
            Purpose::Refresh => "pc_refresh_",
            Purpose::Access => "pc_access_",
            Purpose::Session => "pc_session_",
            Purpose::Browser => "pc_browser_",
            Purpose::LoginState => "pc_state_",
            Purpose::ConsentState => "pc_consent_",
            Purpose::Ticket => "pc_ticket_",
            Purpose::Registration => "pc_registration_",
            Purpose::Connecting => "pc_connecting_",
            Purpose::PushedRequest => "pc_request_",
            Purpose::Device => "pc_device_",
            Purpose::Backchannel => "pc_backchannel_",
            Purpose::Summons => "pc_summons_",
            Purpose::UserCode => "pc_user_code_",
        }
    }
}

/// What stands between a handle's stamp and what is random in it.
const STAMP_END: char = '_';
/// The digits of a stamp.
const STAMP_DIGITS: usize = 8;
/// The digits of what is random: 32 bytes in base64url.
const RANDOM_DIGITS: usize = 43;

/// A new handle of 256 random bits, and the name of its record.
///
/// It begins with its stamp, the second it was made in, and so does the name: records that are made together lie together in the
/// data file, so a commit that writes many of them touches few of its pages, however many there are.
pub fn make(domain: &Domain, purpose: Purpose, tenant: &str, server: &str) -> (Secret, String) {
    let (second, random) = (domain.world.now_seconds(), domain.world.bytes::<32>());
    let text = format!("{}{second:08x}{STAMP_END}{}", purpose.prefix(), BASE64URL_NOPAD.encode(&random));
    let name = name(domain, purpose, tenant, server, &text);
    (Secret::new(text), name)
}

/// The name of the record of a handle that somebody shows.
pub fn name(domain: &Domain, purpose: Purpose, tenant: &str, server: &str, text: &str) -> String {
    let label = format!("{}of {tenant}/{server}", purpose.prefix());
    let hash = HEXLOWER.encode(domain.vault.keyed_hash(&label, text).as_bytes());
    match stamp(purpose, text) {
        Some(stamp) => format!("{stamp}{hash}"),
        None => hash,
    }
}

/// The stamp of a handle. Refresh tokens have none, nor what was given out before there were stamps.
fn stamp(purpose: Purpose, text: &str) -> Option<&str> {
    let (stamp, random) = text.strip_prefix(purpose.prefix())?.split_once(STAMP_END)?;
    // By their lengths: without a stamp, what is random may begin like one.
    let is_stamp = stamp.len() == STAMP_DIGITS
        && random.len() == RANDOM_DIGITS
        && stamp.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_stamp.then_some(stamp)
}

/// Whether a text looks like a handle for this purpose. What does not need not be looked for.
pub fn looks_like(purpose: Purpose, text: &str) -> bool {
    text.starts_with(purpose.prefix())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_stamp_is_taken_for_one() {
        let random = "x".repeat(RANDOM_DIGITS);
        assert_eq!(stamp(Purpose::Refresh, &format!("pc_refresh_691f2a00_{random}")), Some("691f2a00"));
        let old = format!("pc_refresh_691f2a00_{}", "x".repeat(RANDOM_DIGITS - STAMP_DIGITS - 1));
        assert_eq!(stamp(Purpose::Refresh, &old), None, "what is random begins like a stamp");
        for other in ["pc_refresh_", "pc_refresh_691f2a0_", "pc_refresh_691F2A00_", "pc_code_691f2a00_", "691f2a00_"] {
            assert_eq!(stamp(Purpose::Refresh, &format!("{other}{random}")), None, "{other}");
        }
    }
}
