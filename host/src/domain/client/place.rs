//! What a client's server lets it be: looked at before a transaction to tell everything at once, and again inside.
//!
//! Called by `change.rs`. Knows no rule that a client breaks by itself; those are in `rules.rs`.

use super::{Client, ClientScopes};
use crate::{
    domain::{Failure, Problem, consent_use, profile, scope, server::Server, token::CLIENT_CREDENTIALS},
    store::{View, timeline},
};

const SERVER: &str = "/authorization_server_id";

/// Checks a client against its server as it is at `at`: the server is there, allows the grants and
/// has the scopes, and so is the consent action.
pub(super) fn check(view: &impl View, tenant: &str, client: &Client, at: i64) -> Result<Vec<Problem>, Failure> {
    if client.server.is_empty() {
        return Ok(vec![Problem::new(SERVER, "is required")]);
    }
    let found = timeline::current::<Server>(view, tenant, &client.server, at)?.filter(|state| !state.deleted);
    let Some(server) = found else {
        return Ok(vec![Problem::new(SERVER, format!("there is no server `{}`", client.server))]);
    };
    let mut problems = grants(client, &server.value);
    problems.extend(profile::client_problems(&server.value, client));
    problems.extend(consent_use::problem(view, tenant, client.consent_action.as_ref(), at)?);
    problems.extend(scopes(view, tenant, client, at)?);
    Ok(problems)
}

fn grants(client: &Client, server: &Server) -> Vec<Problem> {
    let foreign = client.grant_types.iter().enumerate().filter(|(_, grant)| !server.grant_types.contains(grant));
    let wrong = |(place, grant): (usize, &String)| {
        let reason = format!("`{grant}` is not a grant type of the authorization server");
        Problem::new(format!("/grant_types/{place}"), reason)
    };
    foreign.map(wrong).collect()
}

fn scopes(view: &impl View, tenant: &str, client: &Client, at: i64) -> Result<Vec<Problem>, Failure> {
    let ClientScopes::Only(wanted) = &client.scopes else { return Ok(Vec::new()) };
    let mut problems = Vec::new();
    for (place, name) in wanted.iter().enumerate() {
        if !scope::exists(view, tenant, &client.server, name, at)? {
            problems.push(Problem::new(format!("/scopes/{place}"), format!("there is no scope `{name}`")));
        }
    }
    Ok(problems)
}

/// A client stays with its server, which knows its tokens, its scopes and its name.
pub(super) fn moved(old: &Client, new: &Client) -> Option<Problem> {
    let reason = "a client stays with its authorization server";
    (old.server != new.server).then(|| Problem::new(SERVER, reason))
}

/// What a client of the tenant itself must keep, so that nobody locks the tenant's own machines out.
pub(super) fn needed(old: &Client, new: &Client) -> Vec<Problem> {
    if !old.system {
        return Vec::new();
    }
    let grants = |client: &Client| client.grant_types.iter().any(|grant| grant == CLIENT_CREDENTIALS);
    let grant = (grants(old) && !grants(new))
        .then(|| Problem::new("/grant_types", "a client of the tenant itself keeps `client_credentials`"));
    let method = (old.auth_method.sends_secret() && !new.auth_method.sends_secret())
        .then(|| Problem::new("/token_endpoint_auth_method", "a client of the tenant itself keeps its secret"));
    let end = (old.secret_expires_at == 0 && new.secret_expires_at != 0)
        .then(|| Problem::new("/client_secret_expires_at", "the secret of a client of the tenant itself does not end"));
    grant.into_iter().chain(method).chain(end).collect()
}
