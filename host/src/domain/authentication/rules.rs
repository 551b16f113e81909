//! What a list of authentication methods may be, as far as it shows without looking at anything else.

use std::collections::BTreeSet;

use super::{Account, Authentication, Mapping, Method, Password, Provider, StaticUsers, Wanted};
use crate::{
    crypto::{
        Secret,
        password::{MOST_PASSWORD_BYTES, is_hash},
    },
    domain::{Problem, id, tenant::Attribute, text},
};

/// The most passwords that one request hashes: each costs argon2's time and memory.
const MOST_NEW_PASSWORDS: usize = 100;

/// Everything that is wrong with a list, each with its JSON Pointer. `at` is the member that holds it.
pub fn problems(at: &str, wanted: &[Wanted]) -> Vec<Problem> {
    if let Some(problem) = text::items(at, wanted) {
        return vec![problem];
    }
    let mut problems = Vec::new();
    let ids: Vec<&str> = wanted.iter().map(|one| one.id.as_str()).collect();
    let mut names = BTreeSet::new();
    for (place, one) in wanted.iter().enumerate() {
        let at = format!("{at}/{place}");
        if !one.id.is_empty() {
            problems.extend(id::check(&format!("{at}/id"), &one.id).err());
            problems.extend(twice(&format!("{at}/id"), &ids, place));
        }
        check_one(&at, one, &mut problems);
        check_others(&at, &one.method, &mut names, &mut problems);
    }
    if wanted.iter().map(new_passwords).sum::<usize>() > MOST_NEW_PASSWORDS {
        problems.push(Problem::new(at, "must have at most 100 passwords that are to be hashed"));
    }
    problems
}

fn check_one(at: &str, wanted: &Wanted, problems: &mut Vec<Problem>) {
    let Authentication { id: _, name, method, disabled: _, attributes, mappings } = wanted;
    problems.extend(text::name(&format!("{at}/name"), name));
    match method {
        Method::Static(users) => check_users(&format!("{at}/static/users"), users, problems),
        Method::Custom { login_url } => {
            problems.extend(text::web_uri(&format!("{at}/custom/login_url"), login_url));
        }
        Method::Foreign { provider, account } => {
            let at = format!("{at}/{}", provider.word());
            check_provider(&at, provider, problems);
            check_account(&at, account, problems);
        }
    }
    check_attributes(&format!("{at}/attributes"), attributes, problems);
    check_mappings(&format!("{at}/mappings"), mappings, problems);
}

fn new_passwords(wanted: &Wanted) -> usize {
    match &wanted.method {
        Method::Static(users) => {
            users.users.iter().filter(|user| matches!(user.password, Some(Password::Clear(_)))).count()
        }
        Method::Custom { .. } | Method::Foreign { .. } => 0,
    }
}

fn check_users(at: &str, StaticUsers { hint: _, users }: &StaticUsers<Option<Password>>, problems: &mut Vec<Problem>) {
    if let Some(problem) = text::items(at, users) {
        return problems.push(problem);
    }
    let names: Vec<&str> = users.iter().map(|user| user.username.as_str()).collect();
    for (place, user) in users.iter().enumerate() {
        let at = format!("{at}/{place}");
        problems.extend(text::name(&format!("{at}/username"), &user.username));
        problems.extend(twice(&format!("{at}/username"), &names, place));
        problems.extend(text::description(&format!("{at}/authentication_context"), &user.context));
        problems.extend(user.password.as_ref().and_then(|password| check_password(&at, password)));
    }
}

/// The name is the subject of who logs in by it, so it is one person's among all methods of a server: also among those that
/// are off, which may be turned on again. `names` are those of the methods before.
fn check_others<'a>(
    at: &str,
    method: &'a Method<Option<Password>, Secret>,
    names: &mut BTreeSet<&'a str>,
    problems: &mut Vec<Problem>,
) {
    let Method::Static(StaticUsers { hint: _, users }) = method else { return };
    for (place, user) in users.iter().enumerate().filter(|(_, user)| names.contains(user.username.as_str())) {
        let reason = format!("`{}` is somebody of another method of this server already", user.username);
        problems.push(Problem::new(format!("{at}/static/users/{place}/username"), reason));
    }
    names.extend(users.iter().map(|user| user.username.as_str()));
}

fn check_password(at: &str, password: &Password) -> Option<Problem> {
    match password {
        Password::Clear(secret) if secret.expose().is_empty() => {
            Some(Problem::new(format!("{at}/password"), "must not be empty"))
        }
        Password::Clear(secret) if secret.expose().len() > MOST_PASSWORD_BYTES => {
            Some(Problem::new(format!("{at}/password"), "must have at most 1024 bytes"))
        }
        Password::Hash(phc) if !is_hash(phc) => {
            Some(Problem::new(format!("{at}/hashed_password"), "must be an argon2id hash of bearable cost"))
        }
        Password::Clear(_) | Password::Hash(_) => None,
    }
}

/// What becomes a part of an address must not change the rest of it.
fn check_provider(at: &str, provider: &Provider, problems: &mut Vec<Problem>) {
    match provider {
        Provider::Oidc { issuer_url, get_user_info: _ } => {
            problems.extend(text::web_uri(&format!("{at}/issuer_url"), issuer_url));
        }
        Provider::Azure { tenant, group_name_format, fetch_groups: _, get_user: _, only_security_groups: _ } => {
            problems.extend(id::check(&format!("{at}/tenant"), tenant).err());
            problems.extend(text::name(&format!("{at}/group_name_format"), group_name_format));
        }
        Provider::Cognito { pool_id, region, get_user_info: _ } => {
            problems.extend(id::check(&format!("{at}/pool_id"), pool_id).err());
            problems.extend(id::check(&format!("{at}/region"), region).err());
        }
    }
}

fn check_account(at: &str, account: &Account<Secret>, problems: &mut Vec<Problem>) {
    let Account { client_id, client_secret, redirect_url, scopes } = account;
    problems.extend(text::name(&format!("{at}/client_id"), client_id));
    let secret = client_secret.as_ref().map(|secret| secret.expose());
    problems.extend(secret.and_then(|secret| text::description(&format!("{at}/client_secret"), secret)));
    problems.extend(redirect_url.as_ref().and_then(|uri| text::web_uri(&format!("{at}/redirect_url"), uri)));
    problems.extend(text::items(&format!("{at}/scopes"), scopes));
    for (place, scope) in scopes.iter().enumerate() {
        // RFC 6749 §3.3
        let good = scope.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
        if scope.is_empty() || scope.len() > 256 || !good {
            problems.push(Problem::new(format!("{at}/scopes/{place}"), "is not a scope (RFC 6749)"));
        }
    }
}

fn check_attributes(at: &str, attributes: &[Attribute], problems: &mut Vec<Problem>) {
    if let Some(problem) = text::items(at, attributes) {
        return problems.push(problem);
    }
    let names: Vec<&str> = attributes.iter().map(|attribute| attribute.name.as_str()).collect();
    for (place, Attribute { name, description }) in attributes.iter().enumerate() {
        let at = format!("{at}/{place}");
        problems.extend(path(&format!("{at}/name"), name));
        problems.extend(twice(&format!("{at}/name"), &names, place));
        problems.extend(text::description(&format!("{at}/description"), description));
    }
}

fn check_mappings(at: &str, mappings: &[Mapping], problems: &mut Vec<Problem>) {
    if let Some(problem) = text::items(at, mappings) {
        return problems.push(problem);
    }
    for (place, Mapping { source, target }) in mappings.iter().enumerate() {
        for (member, text) in [("source", source), ("target", target)] {
            if text != "." {
                problems.extend(path(&format!("{at}/{place}/{member}"), text));
            }
        }
    }
}

/// Checks a dotted path: names with dots between them.
fn path(member: &str, text: &str) -> Option<Problem> {
    let dotted = || {
        let empty = text.split('.').any(str::is_empty);
        empty.then(|| Problem::new(member, "must be names with dots between them"))
    };
    text::name(member, text).or_else(dotted)
}

fn twice(member: &str, texts: &[&str], place: usize) -> Option<Problem> {
    let text = texts.get(place).filter(|text| !text.is_empty())?;
    let earlier = texts.iter().take(place).any(|earlier| earlier == text);
    earlier.then(|| Problem::new(member, "is there twice"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_names_with_dots_between_them() {
        for text in ["sub", "address.street_address", "a b.c"] {
            assert_eq!(path("/m", text), None, "{text}");
        }
        for text in ["", ".", "a.", ".a", "a..b", "a\n"] {
            assert!(path("/m", text).is_some(), "{text:?}");
        }
    }

    #[test]
    fn only_the_later_one_is_there_twice() {
        let texts = ["a", "b", "a", "", ""];
        let found: Vec<usize> = (0..texts.len()).filter(|place| twice("/m", &texts, *place).is_some()).collect();
        assert_eq!(found, [2]);
    }

    #[test]
    fn more_passwords_than_one_request_may_hash_are_refused() {
        let list = |count: usize| {
            let user = |number: usize| super::super::StaticUser {
                username: format!("user {number}"),
                password: Some(Password::Clear(Secret::new("secret"))),
                context: "{}".to_owned(),
            };
            let users = StaticUsers { hint: false, users: (0..count).map(user).collect() };
            let method = Method::Static(users);
            let (id, name) = (String::new(), "Staff".to_owned());
            vec![Authentication { id, name, method, disabled: false, attributes: Vec::new(), mappings: Vec::new() }]
        };
        assert_eq!(problems("/methods", &list(100)), []);
        let found = problems("/methods", &list(101));
        assert_eq!(found.first().map(|problem| problem.member.as_str()), Some("/methods"));
    }
}
