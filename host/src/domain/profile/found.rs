//! How a server, its keys and a client stand against a line of the table.
//!
//! The lines that look at configuration name a function here; [`of_server`] and [`of_client`] answer for every line. Called by
//! `enforce` and by `assessment`.

use super::{Kept, Requirement, Switch, client_requires, requires};
use crate::domain::{
    client::{AuthMethod, Client, ClientKeys},
    server::Server,
    text,
};

/// What there is to know of a server.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Its configuration.
    pub server: &'a Server,
    /// Its issuer; one that is no URL where nobody knows the address.
    pub issuer: &'a str,
    /// What its keys sign with, or will.
    pub algorithms: &'a [&'static str],
}

/// How somebody stands against a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is so.
    Met,
    /// There is nothing that could be so, or not.
    Nothing(&'static str),
    /// It is not so.
    Broken {
        /// The member that says otherwise, as a JSON Pointer.
        member: String,
        /// Why, as a sentence without its full stop.
        why: String,
    },
}

impl Found {
    fn broken(member: impl Into<String>, why: impl Into<String>) -> Found {
        Found::Broken { member: member.into(), why: why.into() }
    }
}

/// Where a profile is said.
const PROFILES: &str = "/profiles";
/// How long a code may be good at most, in seconds: as OAuth recommends, and as FAPI 2 requires.
const LONGEST_CODE: i64 = 600;
const LONGEST_CODE_OF_FAPI: i64 = 60;

/// How a server stands against a line; none when the line is about clients only.
pub fn of_server(line: &Requirement, facts: &Facts<'_>) -> Option<Found> {
    let applies = || line.about.applies(&facts.server.grant_types);
    let found = match &line.kept {
        Kept::Client(_) | Kept::Methods(_) => return None,
        _ if !applies() => Found::Nothing("no grant of the server has to do with it"),
        Kept::Always => Found::Met,
        Kept::Switch(switch) if requires(facts.server, *switch) => Found::Met,
        Kept::Switch(switch) => Found::broken(member_of(*switch), "the server does not require it"),
        Kept::Server(look) | Kept::Both(look, _) => look(facts),
        Kept::Request(_) if line.demanded_of(facts.server).is_some() => Found::Met,
        Kept::Request(_) => Found::broken(PROFILES, "requests are answered that are not like that"),
        Kept::Algorithms(allowed) => signs_with(facts, allowed),
    };
    Some(found)
}

/// How a client of a server stands against a line; none when the line is about servers only.
pub fn of_client(line: &Requirement, server: &Server, client: &Client) -> Option<Found> {
    let applies = || line.about.applies(&client.grant_types);
    let found = match &line.kept {
        Kept::Always | Kept::Server(_) | Kept::Request(_) => return None,
        _ if !applies() => Found::Nothing("no grant of the client has to do with it"),
        Kept::Switch(switch) if requires(server, *switch) || client_requires(client, *switch) => Found::Met,
        Kept::Switch(switch) => {
            Found::broken(member_of_client(*switch), "neither the server nor the client requires it")
        }
        Kept::Client(look) | Kept::Both(_, look) => look(client),
        Kept::Methods(allowed) => proves_itself(client, allowed),
        Kept::Algorithms(allowed) => {
            registered_with(client, allowed).unwrap_or_else(|| unregistered(client, line.demanded_of(server).is_some()))
        }
    };
    Some(found)
}

fn member_of(switch: Switch) -> &'static str {
    match switch {
        Switch::Pushed => "/security/require_pushed_authorization_requests",
        Switch::SignedRequests => "/security/require_signed_request_object",
        Switch::Pkce => "/enforce_pkce",
        Switch::BoundTokens => "/security/require_bound_access_tokens",
        Switch::DatedRequests | Switch::StrictAudience | Switch::LastingRefresh => PROFILES,
    }
}

fn member_of_client(switch: Switch) -> &'static str {
    match switch {
        Switch::Pushed | Switch::SignedRequests => member_of(switch),
        Switch::BoundTokens => "/security/dpop_bound_access_tokens",
        Switch::Pkce | Switch::DatedRequests | Switch::StrictAudience | Switch::LastingRefresh => {
            "/authorization_server_id"
        }
    }
}

/// The first item of a list that breaks a line.
fn item(member: &str, list: &[String], wrong: impl Fn(&str) -> bool, why: impl Fn(&str) -> String) -> Found {
    match list.iter().enumerate().find(|(_, item)| wrong(item)) {
        None => Found::Met,
        Some((place, item)) => Found::broken(format!("{member}/{place}"), why(item)),
    }
}

fn grant(list: &[String], forbidden: &str) -> Found {
    item("/grant_types", list, |grant| grant == forbidden, |grant| format!("it has the grant `{grant}`"))
}

fn response_types(client: &Client, wrong: impl Fn(&str) -> bool) -> Found {
    item("/response_types", &client.response_types, wrong, |word| format!("it may ask for the response type `{word}`"))
}

pub(super) fn https_issuer(facts: &Facts<'_>) -> Found {
    match text::absolute(facts.issuer) {
        None => Found::Nothing("the address is known to a running server only"),
        Some(uri) if uri.scheme().as_str().eq_ignore_ascii_case("https") => Found::Met,
        Some(_) => Found::broken(PROFILES, format!("the issuer is {}", facts.issuer)),
    }
}

pub(super) fn no_password_grant(facts: &Facts<'_>) -> Found {
    grant(&facts.server.grant_types, "password")
}

pub(super) fn no_password_client(client: &Client) -> Found {
    grant(&client.grant_types, "password")
}

/// With the profile of FAPI 1 the grant is there for `code id_token`, and for nothing else.
pub(super) fn no_tokens_in_front(facts: &Facts<'_>) -> Found {
    match super::profiles(facts.server).any(|profile| profile == super::Standard::Fapi1Advanced) {
        true => Found::Met,
        false => grant(&facts.server.grant_types, "implicit"),
    }
}

pub(super) fn no_tokens_in_front_of_client(client: &Client) -> Found {
    response_types(client, |word| word.split(' ').any(|part| part == "token"))
}

pub(super) fn code_only(facts: &Facts<'_>) -> Found {
    grant(&facts.server.grant_types, "implicit")
}

pub(super) fn code_only_of_client(client: &Client) -> Found {
    response_types(client, |word| word != "code")
}

pub(super) fn detached_response_types(client: &Client) -> Found {
    response_types(client, |word| !["code", "code id_token", "id_token code"].contains(&word))
}

pub(super) fn request_keys(client: &Client) -> Found {
    match client.keys {
        ClientKeys::None => Found::broken("/jwks", "it has no keys"),
        ClientKeys::Set(_) | ClientKeys::Uri(_) => Found::Met,
    }
}

pub(super) fn https_redirects(client: &Client) -> Found {
    let https = |uri: &str| uri.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"));
    item("/redirect_uris", &client.redirect_uris, |uri| !https(uri), |uri| format!("{uri} is not https"))
}

fn at_most(member: &str, seconds: i64, most: i64) -> Found {
    match seconds <= most {
        true => Found::Met,
        false => Found::broken(member, format!("it is {seconds} seconds, {most} are the most")),
    }
}

pub(super) fn pushed_request_lifetime(facts: &Facts<'_>) -> Found {
    let seconds = facts.server.security.pushed_request_seconds;
    at_most("/security/pushed_authorization_request_ttl", seconds, LONGEST_CODE - 1)
}

pub(super) fn code_lifetime(facts: &Facts<'_>) -> Found {
    at_most("/authorization_code_ttl", facts.server.authorization_code_seconds, LONGEST_CODE)
}

pub(super) fn short_code_lifetime(facts: &Facts<'_>) -> Found {
    at_most("/authorization_code_ttl", facts.server.authorization_code_seconds, LONGEST_CODE_OF_FAPI)
}

fn proves_itself(client: &Client, allowed: &[AuthMethod]) -> Found {
    let why = match client.auth_method {
        method if allowed.contains(&method) => return Found::Met,
        AuthMethod::None => "it proves nothing but its name".to_owned(),
        method => format!("it proves itself by `{}`", method.word()),
    };
    Found::broken("/token_endpoint_auth_method", why)
}

/// What the keys of a server sign with. Its own configuration has no other say in it.
fn signs_with(facts: &Facts<'_>, allowed: &[&str]) -> Found {
    match facts.algorithms.iter().find(|algorithm| !allowed.contains(algorithm)) {
        None => Found::Met,
        Some(algorithm) => Found::broken("/jwks", format!("the server has a key that signs with {algorithm}")),
    }
}

/// What a client has registered to be signed with; none when all it says is allowed.
fn registered_with(client: &Client, allowed: &[&str]) -> Option<Found> {
    let asks = client.security.backchannel_authentication.as_ref();
    let registered = [
        ("/token_endpoint_auth_signing_alg", client.auth_signing_alg.as_str()),
        ("/request_object_signing_alg", &client.request_object_signing_alg),
        ("/userinfo_signed_response_alg", &client.userinfo_signed_response_alg),
        ("/security/authorization_signed_response_alg", &client.security.authorization_signing_alg),
        ("/security/introspection_signed_response_alg", &client.security.introspection_signing_alg),
        (
            "/security/backchannel_authentication_request_signing_alg",
            asks.map_or("", |asks| asks.request_signing_alg.as_str()),
        ),
    ];
    // Userinfo that is not signed at all says `none`, or nothing.
    let wrong = |(member, algorithm): &(&str, &str)| {
        let unsigned = *algorithm == "none" && *member == "/userinfo_signed_response_alg";
        !algorithm.is_empty() && !unsigned && !allowed.contains(algorithm)
    };
    let (member, algorithm) = registered.into_iter().find(wrong)?;
    Some(Found::broken(member, format!("it is registered for {algorithm}")))
}

/// A client that names no algorithm is taken with any that fits its keys, unless a profile says otherwise.
fn unregistered(client: &Client, demanded: bool) -> Found {
    let open = client.auth_method == AuthMethod::PrivateKeyJwt && client.auth_signing_alg.is_empty();
    match open && !demanded {
        true => Found::broken("/token_endpoint_auth_signing_alg", "it may sign with any algorithm that fits its keys"),
        false => Found::Met,
    }
}
