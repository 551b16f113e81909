//! What a setup, its clients and its resource servers may say, as far as it shows without looking at anything else.
//!
//! Called before a transaction; every problem is found. What other tongues say too is checked by the nouns.

use super::{
    About, Metadata, Setup,
    members::{ClientMembers, ServerMembers},
};
use crate::domain::{Problem, server::GRANTS, text};

const DAY: i64 = 24 * 3600;
const YEAR: i64 = 365 * DAY;

/// The most notes of one record.
const MOST_NOTES: usize = 100;

/// Everything that is wrong with a setup.
pub(super) fn setup(setup: &Setup) -> Vec<Problem> {
    let Setup { name, owner, comment, metadata, client_defaults: defaults, resource_server_defaults: _ } = setup;
    let mut problems: Vec<Problem> = text::name("/name", name).into_iter().collect();
    problems.extend(about(owner, comment, metadata));
    let known = |grant: &str| GRANTS.contains(&grant);
    for (place, grant) in defaults.grant_types.iter().enumerate().filter(|(_, grant)| !known(grant)).take(GRANTS.len())
    {
        let reason = format!("`{grant}` is not a known grant type");
        problems.push(Problem::new(format!("/client_defaults/grant_types/{place}"), reason));
    }
    let lifetimes = [
        ("access_token_ttl", defaults.access_token_ttl),
        ("refresh_token_ttl", defaults.refresh_token_ttl),
        ("id_token_ttl", defaults.id_token_ttl),
        ("persisted_consent_ttl", defaults.persisted_consent_ttl),
    ];
    problems.extend(lifetimes.into_iter().filter_map(|(name, seconds)| lifetime("/client_defaults", name, seconds)));
    problems
}

/// What is wrong with what a server keeps for setups, where it comes from an export.
pub(in crate::domain) fn of_server(members: &ServerMembers) -> Option<Problem> {
    lifetime("/setup", "persisted_consent_ttl", members.persisted_consent_seconds)
}

/// What is wrong with what a client keeps for setups, wherever it comes from.
pub(in crate::domain) fn of_client(members: &ClientMembers) -> impl Iterator<Item = Problem> {
    let lifetimes = [
        ("access_token_ttl", members.access_token_seconds),
        ("refresh_token_ttl", members.refresh_token_seconds),
        ("id_token_ttl", members.id_token_seconds),
        ("persisted_consent_ttl", members.persisted_consent_seconds),
    ];
    lifetimes.into_iter().filter_map(|(member, seconds)| lifetime("/setup", member, seconds))
}

/// What is wrong with a lifetime that is given.
pub(super) fn lifetime(place: &str, member: &str, seconds: Option<i64>) -> Option<Problem> {
    let (most, words) = match member {
        "access_token_ttl" | "id_token_ttl" => (30 * DAY, "30 days"),
        _ => (10 * YEAR, "ten years"),
    };
    let wrong = seconds.is_some_and(|seconds| !(1..=most).contains(&seconds));
    wrong.then(|| Problem::new(format!("{place}/{member}"), format!("must be at least a second and at most {words}")))
}

/// What is wrong with what is said of who looks after a record.
pub(super) fn about(owner: &str, comment: &str, metadata: &[Metadata]) -> Vec<Problem> {
    let mut problems: Vec<Problem> = text::name("/owner", owner).into_iter().collect();
    problems.extend(noted(comment, metadata));
    problems
}

/// What is wrong with what is noted of a record.
pub(super) fn noted(comment: &str, metadata: &[Metadata]) -> Vec<Problem> {
    let mut problems: Vec<Problem> = text::description("/comment", comment).into_iter().collect();
    problems.extend(notes("/metadata", metadata));
    problems
}

/// What is wrong with notes.
pub(super) fn notes(member: &str, metadata: &[Metadata]) -> Vec<Problem> {
    if metadata.len() > MOST_NOTES {
        return vec![Problem::new(member, "must have at most 100 items")];
    }
    let mut problems = Vec::new();
    for (place, Metadata { name, value, locale }) in metadata.iter().enumerate() {
        problems.extend(text::name(&format!("{member}/{place}/name"), name));
        problems.extend(text::description(&format!("{member}/{place}/value"), value));
        problems.extend(text::description(&format!("{member}/{place}/locale"), locale));
    }
    problems
}

/// What is kept of who looks after a record.
pub(super) fn keep(owner: String, comment: String, metadata: Vec<Metadata>) -> About {
    About { owner, comment, metadata }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::setup::ClientDefaults;

    fn wrong(setup: &Setup) -> Vec<String> {
        super::setup(setup).into_iter().map(|problem| problem.member).collect()
    }

    #[test]
    fn a_setup_says_what_it_may() {
        let good = Setup { name: "Shop".to_owned(), owner: "ann".to_owned(), ..Setup::default() };
        assert_eq!(wrong(&good), [""; 0]);
        let client_defaults = ClientDefaults {
            grant_types: vec!["password".to_owned(), "magic".to_owned()],
            access_token_ttl: Some(0),
            refresh_token_ttl: Some(10 * YEAR),
            id_token_ttl: Some(30 * DAY + 1),
            persisted_consent_ttl: Some(-1),
            ..ClientDefaults::default()
        };
        let note = Metadata { name: String::new(), value: "x".repeat(4097), locale: String::new() };
        let metadata = vec![note];
        let bad = Setup {
            name: " ".to_owned(),
            owner: String::new(),
            comment: "x".repeat(4097),
            metadata,
            client_defaults,
            ..good
        };
        let defaults = |member: &str| format!("/client_defaults/{member}");
        let members = ["grant_types/1", "access_token_ttl", "id_token_ttl", "persisted_consent_ttl"].map(defaults);
        let texts = ["/name", "/owner", "/comment", "/metadata/0/name", "/metadata/0/value"].map(str::to_owned);
        assert_eq!(wrong(&bad), [texts.as_slice(), members.as_slice()].concat());
        let many = Setup { metadata: vec![Metadata::default(); 101], ..Setup::default() };
        assert!(wrong(&many).contains(&"/metadata".to_owned()));
    }
}
