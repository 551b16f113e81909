//! What a list of authentication methods becomes inside the transaction that saves it: passwords and secrets of which
//! nothing is said are those that are there at that moment.

use super::{Account, Authentication, Method, Pending, Provider, StaticUser, StaticUsers, static_users};
use crate::domain::{Failure, Problem};

/// How many costs the hashes of a method may have, ours among them: every wrong password pays for all.
const MOST_COSTS: usize = 5;

/// The methods as they are kept: what is said of nothing is taken from the ones that are there. `at` is the member that
/// holds the list.
pub(in crate::domain) fn merge(
    at: &str,
    pending: &[Pending],
    present: &[Authentication],
) -> Result<Vec<Authentication>, Failure> {
    let mut problems = Vec::new();
    let mut merged = Vec::with_capacity(pending.len());
    for (place, Authentication { id, name, method, disabled, attributes, mappings }) in pending.iter().enumerate() {
        let old = present.iter().find(|old| old.id == *id).map(|old| &old.method);
        let method = match method {
            Method::Custom { login_url } => Method::Custom { login_url: login_url.clone() },
            Method::Static(users) => Method::Static(merge_users(&format!("{at}/{place}"), users, old, &mut problems)),
            Method::Foreign { provider, account } => {
                let account = merge_account(&format!("{at}/{place}"), provider, account, old, &mut problems);
                Method::Foreign { provider: provider.clone(), account }
            }
        };
        merged.push(Authentication {
            id: id.clone(),
            name: name.clone(),
            method,
            disabled: *disabled,
            attributes: attributes.clone(),
            mappings: mappings.clone(),
        });
    }
    if problems.is_empty() { Ok(merged) } else { Err(Failure::Invalid(problems)) }
}

fn merge_users(
    at: &str,
    pending: &StaticUsers<Option<String>>,
    old: Option<&Method>,
    problems: &mut Vec<Problem>,
) -> StaticUsers {
    let known = Method::people(old);
    let mut users = Vec::with_capacity(pending.users.len());
    for (place, StaticUser { username, password, context }) in pending.users.iter().enumerate() {
        let known = || known.iter().find(|user| user.username == *username).map(|user| user.password.clone());
        let password = password.clone().or_else(known).unwrap_or_else(|| {
            problems.push(Problem::new(format!("{at}/static/users/{place}/password"), "is required for a new user"));
            String::new()
        });
        users.push(StaticUser { username: username.clone(), password, context: context.clone() });
    }
    if problems.is_empty() && static_users::costs(&users).len() > MOST_COSTS {
        let reason = "must not have hashes of more than four different costs besides ours";
        problems.push(Problem::new(format!("{at}/static/users"), reason));
    }
    StaticUsers { hint: pending.hint, users }
}

/// A secret stays only while it goes to where it went: otherwise whoever may change a provider could have it sent to himself.
fn merge_account(
    at: &str,
    provider: &Provider,
    pending: &Account,
    old: Option<&Method>,
    problems: &mut Vec<Problem>,
) -> Account {
    let mut account = pending.clone();
    if let (None, Some(Method::Foreign { provider: known, account: old })) = (&pending.client_secret, old)
        && old.client_secret.is_some()
    {
        if known.same_place(provider) && old.client_id == pending.client_id {
            account.client_secret.clone_from(&old.client_secret);
        } else {
            let member = format!("{at}/{}/client_secret", provider.word());
            problems.push(Problem::new(member, "must be given again: the account is another"));
        }
    }
    account
}
