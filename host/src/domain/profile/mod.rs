//! Profiles: named sets of requirements that a server is held to, and the standards that it can be measured by.
//!
//! ```text
//! table     every requirement, a line each: who asks for it, what it says, how it is kept
//! found     how server, client and keys stand against a line     enforce   what is refused, and where
//! ```
//!
//! There is one table. What a profile enforces and what `assessment` tells are read from the same lines, so they cannot
//! disagree. Called where servers and clients are saved, and by every step at which a line matters. Knows no wire format.

mod enforce;
mod found;
#[cfg(test)]
mod refusals;
mod table;

pub use enforce::{
    Seen, audience_is_strict, client_problems, may_answer, may_prove, may_sign, refusal, request_refusal,
};
pub(super) use enforce::{key_problem, ring_algorithms, server_problems};
pub use found::{Facts, Found, of_client, of_server};
pub use table::REQUIREMENTS;

use super::{
    client::{AuthMethod, Client},
    server::Server,
};

/// A document that asks something of an authorization server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// OAuth 2.1 (draft-ietf-oauth-v2-1).
    OAuth21,
    /// Best Current Practice for OAuth 2.0 Security.
    Rfc9700,
    /// FAPI 1.0 Part 2: Advanced, with what it takes over from Part 1: Baseline.
    Fapi1Advanced,
    /// FAPI 2.0 Security Profile.
    Fapi2Security,
    /// FAPI 2.0 Message Signing, on top of the Security Profile.
    Fapi2MessageSigning,
}

/// How much a document wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It must be so.
    Required,
    /// It should be so.
    Recommended,
}

/// A document that asks for a requirement.
#[derive(Clone, Copy, Debug)]
pub struct Asker {
    /// Which document.
    pub standard: Standard,
    /// Where in it.
    pub section: &'static str,
    /// How much.
    pub level: Level,
}

/// What of a server or a client a requirement is about: where there is none of it, the requirement does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Every one.
    Everybody,
    /// Whoever takes part in authorization requests.
    Authorization,
    /// Whoever gives or gets refresh tokens.
    Refresh,
}

/// A requirement: a line of the table.
pub struct Requirement {
    /// Its name, stable.
    pub id: &'static str,
    /// Who asks for it.
    pub asked_by: &'static [Asker],
    /// What it is about.
    pub about: About,
    /// What it says, as a sentence that is true where it is met.
    pub says: &'static str,
    /// What to change where it is not met.
    pub change: &'static str,
    /// How it is kept.
    pub kept: Kept,
}

/// How a requirement is kept.
pub enum Kept {
    /// By the server itself, whatever is configured.
    Always,
    /// By a switch: on where a profile asks for it, or the server's or the client's configuration.
    Switch(Switch),
    /// By what the server is configured to be. A profile refuses to be contradicted.
    Server(fn(&Facts<'_>) -> Found),
    /// By what a client is registered to be. A profile refuses to be contradicted.
    Client(fn(&Client) -> Found),
    /// By how a client proves itself: one of these ways.
    Methods(&'static [AuthMethod]),
    /// By the configurations of both.
    Both(fn(&Facts<'_>) -> Found, fn(&Client) -> Found),
    /// By each authorization request, where a profile asks for it.
    Request(fn(&Seen) -> bool),
    /// By what signatures are made and taken, where a profile asks for it: no other algorithms than these.
    Algorithms(&'static [&'static str]),
}

/// What a server can be switched to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Authorization requests must be pushed (RFC 9126).
    Pushed,
    /// They must be signed (RFC 9101).
    SignedRequests,
    /// Request objects say from when until when they are good, an hour at most.
    DatedRequests,
    /// Authorization codes need PKCE (RFC 7636).
    Pkce,
    /// Tokens are bound to a key (RFC 9449) or to a certificate (RFC 8705).
    BoundTokens,
    /// Client assertions name the issuer as their audience, and nothing else.
    StrictAudience,
    /// A refresh token stays good when it is used.
    LastingRefresh,
}

impl Standard {
    /// Every standard.
    pub const ALL: [Standard; 5] = [
        Standard::OAuth21,
        Standard::Rfc9700,
        Standard::Fapi1Advanced,
        Standard::Fapi2Security,
        Standard::Fapi2MessageSigning,
    ];

    /// Those that a server can be held to.
    pub const PROFILES: [Standard; 3] =
        [Standard::Fapi1Advanced, Standard::Fapi2Security, Standard::Fapi2MessageSigning];

    /// Its stable word: for a profile, the one that servers name it by.
    pub fn word(self) -> &'static str {
        match self {
            Standard::OAuth21 => "oauth_2_1",
            Standard::Rfc9700 => "rfc_9700",
            Standard::Fapi1Advanced => "fapi_rw",
            Standard::Fapi2Security => "fapi_2_security",
            Standard::Fapi2MessageSigning => "fapi_2_message_signing",
        }
    }

    /// Its name, for people.
    pub fn title(self) -> &'static str {
        match self {
            Standard::OAuth21 => "OAuth 2.1",
            Standard::Rfc9700 => "RFC 9700",
            Standard::Fapi1Advanced => "FAPI 1.0 Advanced",
            Standard::Fapi2Security => "FAPI 2.0 Security Profile",
            Standard::Fapi2MessageSigning => "FAPI 2.0 Message Signing",
        }
    }

    /// The standard of a word.
    pub fn of_word(word: &str) -> Option<Standard> {
        Standard::ALL.into_iter().find(|standard| standard.word() == word)
    }

    /// Whether a server of this profile is held to `other`. Message Signing is nothing without the Security Profile (§5.2).
    fn includes(self, other: Standard) -> bool {
        self == other || (self == Standard::Fapi2MessageSigning && other == Standard::Fapi2Security)
    }
}

impl Requirement {
    /// What `standard` says of it.
    pub fn asker(&self, standard: Standard) -> Option<&'static Asker> {
        self.asked_by.iter().find(|asker| asker.standard == standard)
    }

    /// The document that holds a server to it by one of the server's profiles.
    pub fn demanded_of(&self, server: &Server) -> Option<&'static Asker> {
        let held = |asker: &&Asker| profiles(server).any(|profile| profile.includes(asker.standard));
        self.asked_by.iter().filter(|asker| asker.level == Level::Required).find(held)
    }
}

impl About {
    fn applies(self, grant_types: &[String]) -> bool {
        let any = |words: &[&str]| grant_types.iter().any(|grant| words.contains(&grant.as_str()));
        match self {
            About::Everybody => true,
            About::Authorization => any(&["authorization_code", "implicit"]),
            About::Refresh => any(&["refresh_token"]),
        }
    }
}

/// The profiles that a server is held to.
pub fn profiles(server: &Server) -> impl Iterator<Item = Standard> {
    Standard::PROFILES.into_iter().filter(|profile| server.profiles.iter().any(|word| word == profile.word()))
}

/// Every line that the profiles of a server demand.
fn demanded(server: &Server) -> impl Iterator<Item = (&'static Requirement, &'static Asker)> {
    REQUIREMENTS.iter().filter_map(|requirement| Some((requirement, requirement.demanded_of(server)?)))
}

/// Whether a server is switched to this, by its profiles or by its own configuration.
pub fn requires(server: &Server, switch: Switch) -> bool {
    let security = &server.security;
    let configured = match switch {
        Switch::Pushed => security.require_pushed_requests,
        Switch::SignedRequests => security.require_signed_requests,
        Switch::Pkce => server.enforce_pkce,
        Switch::BoundTokens => security.require_bound_tokens,
        Switch::DatedRequests | Switch::StrictAudience | Switch::LastingRefresh => false,
    };
    configured || demanded(server).any(|(line, _)| matches!(line.kept, Kept::Switch(demanded) if demanded == switch))
}

/// Whether a client is switched to this by itself, whatever its server requires.
fn client_requires(client: &Client, switch: Switch) -> bool {
    match switch {
        Switch::Pushed => client.security.require_pushed_requests,
        Switch::SignedRequests => client.security.require_signed_requests || client.signs_requests(),
        Switch::Pkce => client.auth_method == AuthMethod::None,
        Switch::BoundTokens => client.security.dpop_bound_tokens || client.certificate_bound_tokens,
        Switch::DatedRequests | Switch::StrictAudience | Switch::LastingRefresh => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn of(words: &[&str]) -> Server {
        Server { profiles: words.iter().map(|word| (*word).to_owned()).collect(), ..Server::default() }
    }

    #[test]
    fn a_profile_is_what_turns_its_switches_on() {
        for (word, on) in [
            ("fapi_rw", &[Switch::SignedRequests, Switch::DatedRequests, Switch::BoundTokens][..]),
            (
                "fapi_2_security",
                &[Switch::Pushed, Switch::Pkce, Switch::BoundTokens, Switch::StrictAudience, Switch::LastingRefresh],
            ),
            (
                "fapi_2_message_signing",
                &[
                    Switch::Pushed,
                    Switch::SignedRequests,
                    Switch::DatedRequests,
                    Switch::Pkce,
                    Switch::BoundTokens,
                    Switch::StrictAudience,
                    Switch::LastingRefresh,
                ],
            ),
        ] {
            for switch in [
                Switch::Pushed,
                Switch::SignedRequests,
                Switch::DatedRequests,
                Switch::Pkce,
                Switch::BoundTokens,
                Switch::StrictAudience,
                Switch::LastingRefresh,
            ] {
                assert_eq!(requires(&of(&[word]), switch), on.contains(&switch), "{word} {switch:?}");
                assert!(!requires(&of(&[]), switch), "{switch:?}");
            }
        }
        assert!(requires(&Server { enforce_pkce: true, ..Server::default() }, Switch::Pkce));
    }

    #[test]
    fn every_line_has_a_name_of_its_own_and_says_what_to_change() {
        let names: BTreeSet<&str> = REQUIREMENTS.iter().map(|line| line.id).collect();
        assert_eq!(names.len(), REQUIREMENTS.len());
        for line in REQUIREMENTS {
            assert!(!line.asked_by.is_empty() && line.says.len() > 20, "{}", line.id);
            assert_eq!(line.change.is_empty(), matches!(line.kept, Kept::Always), "{}", line.id);
            for asker in line.asked_by {
                assert!(asker.section.contains('§'), "{} {:?}", line.id, asker.standard);
            }
        }
    }

    #[test]
    fn a_line_that_only_a_profile_can_meet_is_asked_for_by_one() {
        for line in REQUIREMENTS.iter().filter(|line| matches!(line.kept, Kept::Request(_) | Kept::Algorithms(_))) {
            let by_profile = |asker: &Asker| Standard::PROFILES.contains(&asker.standard);
            assert!(line.asked_by.iter().any(by_profile), "{}", line.id);
        }
    }
}
