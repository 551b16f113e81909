//! What an authorization server may be, as far as it shows without looking at anything else.
//!
//! Called by the dialects, to tell all problems of a body at once, and again before anything is prepared.

use super::{Server, Wanted, secrets, security};
use crate::domain::{Failure, Problem, authentication, binding::Binding, id, issue, profile::Standard, setup, text};

/// The member that holds the ways to log in.
pub const AUTHENTICATIONS: &str = "/authentications/methods";

/// Every grant a server may allow.
pub(in crate::domain) const GRANTS: [&str; 9] = [
    "authorization_code",
    "implicit",
    "client_credentials",
    "refresh_token",
    "password",
    issue::DEVICE_CODE,
    issue::BACKCHANNEL,
    issue::TOKEN_EXCHANGE,
    issue::JWT_BEARER,
];

/// The longest id of a server, in characters: what a new server has below it gets longer ids, which must be ids as well.
const LONGEST_ID: usize = 96;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// Everything that is wrong with a server, each with its JSON Pointer.
pub fn problems(wanted: &Wanted) -> Vec<Problem> {
    let Wanted { server, authentications, secret, rotated_secrets, jwks: _ } = wanted;
    let profiles = Standard::PROFILES.map(Standard::word);
    let mut problems = Vec::new();
    problems.extend(text::name("/name", &server.name));
    problems.extend(server.logo_uri.as_ref().and_then(|uri| text::web_uri("/logo_uri", uri)));
    problems.extend(server.consent_url.as_ref().and_then(|uri| text::web_uri("/consent_url", uri)));
    problems.extend(lifetimes(server));
    problems.extend(words("/grant_types", &server.grant_types, &GRANTS, "is not a known grant type"));
    problems.extend(words("/profiles", &server.profiles, &profiles, "is not a known profile"));
    for (member, policy) in
        [("/user_policy_id", &server.user_policy), ("/developer_policy_id", &server.developer_policy)]
    {
        problems.extend(policy.as_ref().and_then(|policy| id::check(member, policy).err()));
    }
    problems.extend(server.setup.as_deref().and_then(setup::rules::of_server));
    problems.extend(bindings(&server.bindings));
    problems.extend(security::problems(server));
    problems.extend(secrets::problems(secret.as_ref(), rotated_secrets.as_deref()));
    problems.extend(authentications.iter().flat_map(|list| authentication::problems(AUTHENTICATIONS, list)));
    problems
}

/// Checks how long the id of a new server is.
pub(in crate::domain) fn check_length(id: &str) -> Result<(), Failure> {
    match id.len() > LONGEST_ID {
        true => Err(Failure::invalid("/id", "must have at most 96 characters")),
        false => Ok(()),
    }
}

/// Every lifetime is at least a second, and short enough that what lives so long still ends.
fn lifetimes(server: &Server) -> impl Iterator<Item = Problem> {
    let lifetimes = [
        ("/authorization_code_ttl", server.authorization_code_seconds, DAY, "24h"),
        ("/access_token_ttl", server.access_token_seconds, 30 * DAY, "720h"),
        ("/id_token_ttl", server.id_token_seconds, 30 * DAY, "720h"),
        ("/refresh_token_ttl", server.refresh_token_seconds, 10 * YEAR, "87600h"),
        ("/cookie_max_age", server.cookie_seconds, YEAR, "8760h"),
    ];
    let idle = (server.refresh_idle_seconds != 0).then_some((
        "/refresh_token_idle_ttl",
        server.refresh_idle_seconds,
        10 * YEAR,
        "87600h",
    ));
    lifetimes
        .into_iter()
        .chain(idle)
        .filter(|(_, seconds, most, _)| !(1..=*most).contains(seconds))
        .map(|(member, _, _, most)| Problem::new(member, format!("must be at least a second and at most `{most}`")))
}

/// Each word is known, and there once.
fn words(member: &str, words: &[String], known: &[&str], unknown: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let at = format!("{member}/{place}");
        if !known.contains(&word.as_str()) {
            problems.push(Problem::new(at, unknown));
        } else if words.iter().take(place).any(|earlier| earlier == word) {
            problems.push(Problem::new(at, "is there twice"));
        }
        if place == known.len() {
            break;
        }
    }
    problems
}

fn bindings(bindings: &[Binding]) -> Vec<Problem> {
    if let Some(problem) = text::items("/decision_bindings", bindings) {
        return vec![problem];
    }
    let mut problems = Vec::new();
    for (place, binding) in bindings.iter().enumerate() {
        let at = format!("/decision_bindings/{place}");
        for (member, value) in [("resource_type", &binding.resource_type), ("action", &binding.action)] {
            problems.extend(text::name(&format!("{at}/{member}"), value));
        }
        problems.extend(id::check(&format!("{at}/policy_id"), &binding.policy_id).err());
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(server: Server) -> Vec<String> {
        let wanted = Wanted { server: Server { name: "Shop".to_owned(), ..server }, ..Wanted::default() };
        problems(&wanted).into_iter().map(|problem| problem.member).collect()
    }

    fn texts(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn the_policy_of_a_binding_must_have_an_id_that_can_be_kept() {
        let with = |policy_id: &str| {
            let [resource_type, action] = ["*", "*"].map(str::to_owned);
            members(Server {
                bindings: vec![Binding { resource_type, action, policy_id: policy_id.to_owned() }],
                ..Server::default()
            })
        };
        assert!(with("shop-1").is_empty());
        for policy_id in ["", "a\0b", "a/b", &"x".repeat(129)] {
            assert_eq!(with(policy_id), ["/decision_bindings/0/policy_id"], "{policy_id:?}");
        }
    }

    #[test]
    fn lifetimes_have_two_ends() {
        assert!(members(Server { access_token_seconds: 1, cookie_seconds: YEAR, ..Server::default() }).is_empty());
        let server = Server {
            authorization_code_seconds: 0,
            access_token_seconds: -1,
            id_token_seconds: 30 * DAY + 1,
            refresh_token_seconds: i64::MAX,
            cookie_seconds: YEAR + 1,
            ..Server::default()
        };
        assert_eq!(
            members(server),
            ["/authorization_code_ttl", "/access_token_ttl", "/id_token_ttl", "/refresh_token_ttl", "/cookie_max_age"]
        );
    }

    #[test]
    fn grants_and_profiles_are_known_and_there_once() {
        let server = Server {
            grant_types: texts(&["password", "magic", "password"]),
            profiles: texts(&["fapi_rw", "fapi_rw"]),
            ..Server::default()
        };
        assert_eq!(members(server), ["/grant_types/1", "/grant_types/2", "/profiles/1"]);
        let many = Server { grant_types: texts(&["password"; 1000]), ..Server::default() };
        assert_eq!(members(many).len(), GRANTS.len(), "a long list is not answered by a longer one");
    }
}
