//! A client with states that have yet to begin: what they take over from a change that is made before, and what that takes
//! away from them.
//!
//! Called by the timeline of clients. Policies and rights are asked when something is scheduled and never again, so a state
//! that begins gives nothing back that somebody has taken away meanwhile.

use super::{Client, ClientKeys, ClientScopes, default_response_types};
use crate::{
    domain::{permit::DEVELOPER_SERVER, setup::rights},
    store::State,
};

/// What a state that has yet to begin takes over from the client as it is `now`. Who schedules one sees how it proves itself,
/// what it may do, whose it is and what only setups say.
pub(super) fn carried(scheduled: Client, now: &Client) -> Client {
    let Client {
        name, developer, grant_types, response_types, redirect_uris, scopes, auth_method, keys, setup, ..
    } = scheduled;
    // An address of keys cannot be seen, so it is nobody's wish that it goes.
    let keys = if matches!(keys, ClientKeys::Set(_)) { keys } else { now.keys.clone() };
    let mut privacy = now.privacy.clone();
    if let ClientScopes::Only(scopes) = &scopes {
        privacy.retain(|scope, _| scopes.contains(scope));
    }
    let seen = Client {
        name,
        developer,
        grant_types,
        response_types,
        redirect_uris,
        scopes,
        auth_method,
        keys,
        setup,
        ..now.clone()
    };
    Client { privacy, ..seen }
}

/// What is left of a state that has yet to begin when the client is changed from `before` to `now`: what the change takes away
/// is gone from it too. None is left of what a former owner has scheduled.
pub(super) fn lessened(scheduled: &State<Client>, tenant: &str, before: &Client, now: &Client) -> Option<Client> {
    let mut left = scheduled.value.clone();
    let owner = rights::owner(before);
    if owner != rights::owner(now) {
        if owner.is_some_and(|owner| scheduled.author == format!("{tenant}/{DEVELOPER_SERVER}/{owner}")) {
            return None;
        }
        if rights::owner(&left) == owner {
            give(&mut left, now);
        }
    }
    left.redirect_uris = without(left.redirect_uris, &before.redirect_uris, &now.redirect_uris);
    left.scopes = scopes(left.scopes, &before.scopes, &now.scopes);
    let grants = without(left.grant_types.clone(), &before.grant_types, &now.grant_types);
    let answers = without(left.response_types.clone(), &before.response_types, &now.response_types);
    left.response_types = match grants == left.grant_types {
        true => answers,
        false => default_response_types(&grants),
    };
    left.grant_types = grants;
    if before.keys != now.keys {
        left.keys = now.keys.clone();
    }
    if before.auth_method != now.auth_method {
        left.auth_method = now.auth_method;
    }
    Some(left)
}

/// Makes a client the one of whom `now` is.
fn give(client: &mut Client, now: &Client) {
    client.developer.clone_from(&now.developer);
    let owner = now.setup.as_ref().map(|members| members.about.owner.clone()).unwrap_or_default();
    if let Some(members) = &mut client.setup {
        members.about.owner = owner;
    }
}

/// A list without what was there `before` and is not `now`. Where nothing else is left, it is as it is now.
fn without(scheduled: Vec<String>, before: &[String], now: &[String]) -> Vec<String> {
    let gone = |one: &String| before.contains(one) && !now.contains(one);
    match !scheduled.is_empty() && scheduled.iter().all(gone) {
        true => now.to_vec(),
        false => scheduled.into_iter().filter(|one| !gone(one)).collect(),
    }
}

/// The same for scopes. Whoever had all of them and has not any more keeps those that are left.
fn scopes(scheduled: ClientScopes, before: &ClientScopes, now: &ClientScopes) -> ClientScopes {
    use ClientScopes::{AllOfServer, Only};
    match (scheduled, before, now) {
        (scheduled, _, AllOfServer) => scheduled,
        (Only(scheduled), Only(before), Only(now)) => Only(without(scheduled, before, now)),
        (Only(scheduled), AllOfServer, Only(now)) => {
            Only(scheduled.into_iter().filter(|scope| now.contains(scope)).collect())
        }
        (AllOfServer, Only(before), Only(now)) if before.iter().all(|scope| now.contains(scope)) => AllOfServer,
        (AllOfServer, _, Only(now)) => Only(now.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_is_taken_away_is_gone_and_what_comes_still_comes() {
        let left =
            |scheduled: &[&str], before: &[&str], now: &[&str]| without(texts(scheduled), &texts(before), &texts(now));
        assert_eq!(left(&["a", "b", "new"], &["a", "b"], &["a"]), ["a", "new"]);
        assert_eq!(left(&["b"], &["b"], &["c"]), ["c"], "nothing that could not be is left");
        assert_eq!(left(&["a"], &["a"], &["a", "b"]), ["a"], "what is added now is not added later");
        assert!(left(&[], &["a"], &[]).is_empty());
    }

    #[test]
    fn a_client_with_every_scope_that_is_narrowed_stays_narrow() {
        let only = |list: &[&str]| ClientScopes::Only(texts(list));
        let all = ClientScopes::AllOfServer;
        assert_eq!(scopes(all.clone(), &all, &only(&["a"])), only(&["a"]));
        assert_eq!(scopes(only(&["a", "b"]), &all, &only(&["a"])), only(&["a"]));
        assert_eq!(scopes(all.clone(), &only(&["a", "b"]), &only(&["a"])), only(&["a"]));
        assert_eq!(scopes(all.clone(), &only(&["a"]), &only(&["a", "b"])), all);
    }
}
