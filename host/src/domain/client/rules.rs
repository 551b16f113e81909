//! What a client may be, as far as that needs no store: its texts, grants, redirections and scopes. How it proves itself is
//! in `proving.rs`.
//!
//! Called by `change.rs` before a transaction. Every problem is found, not only the first.

use std::collections::BTreeSet;

use super::{AuthMethod, Client, ClientScopes, proving, redirect, security};
use crate::domain::{
    Problem,
    credential::Given,
    issue::{JWT_BEARER, TOKEN_EXCHANGE},
    setup, text,
    token::CLIENT_CREDENTIALS,
};

/// The grant that ends in a code.
pub(super) const AUTHORIZATION_CODE: &str = "authorization_code";
/// The grant that ends in tokens.
pub(super) const IMPLICIT: &str = "implicit";

/// The grants of clients that prove themselves with more than a name: what they show would be anybody's who has found it.
const PROVEN: [&str; 3] = [CLIENT_CREDENTIALS, TOKEN_EXCHANGE, JWT_BEARER];

/// Everything that is wrong with a client and the secret given for it.
pub(super) fn check(client: &Client, given: &Given) -> Vec<Problem> {
    let mut problems = texts(client);
    problems.extend(grants(client));
    problems.extend(response_types(client));
    problems.extend(addresses(client));
    problems.extend(scopes(client));
    problems.extend(proving::check(client, given));
    problems.extend(security::check(client));
    problems.extend(client.setup.iter().flat_map(|members| setup::rules::of_client(members)));
    problems.extend(client.organization.iter().flat_map(|organization| organization.problems(&client.server)));
    problems
}

fn texts(client: &Client) -> Vec<Problem> {
    let pages = &client.pages;
    let page = |(member, page): (&str, &Option<String>)| page.as_ref().and_then(|page| text::web_uri(member, page));
    let mut problems: Vec<Problem> = [
        ("/client_uri", &pages.client_uri),
        ("/logo_uri", &pages.logo_uri),
        ("/policy_uri", &pages.policy_uri),
        ("/tos_uri", &pages.tos_uri),
    ]
    .into_iter()
    .filter_map(page)
    .collect();
    problems.extend(text::name("/client_name", &client.name));
    problems.extend(text::description("/description", &client.description));
    problems.extend(text::items("/audience", &client.audience));
    for (place, audience) in client.audience.iter().enumerate() {
        problems.extend(text::name(&format!("/audience/{place}"), audience));
    }
    problems
}

fn grants(client: &Client) -> Vec<Problem> {
    let mut problems: Vec<Problem> = text::items("/grant_types", &client.grant_types).into_iter().collect();
    for (place, grant) in client.grant_types.iter().enumerate() {
        if PROVEN.contains(&grant.as_str()) && client.auth_method == AuthMethod::None {
            let reason = "a public client has nothing to prove itself with";
            problems.push(Problem::new(format!("/grant_types/{place}"), reason));
        }
    }
    problems
}

/// Response types and grants go together (RFC 7591 §2.1): what the authorization endpoint answers is what a grant needs.
fn response_types(client: &Client) -> Vec<Problem> {
    let has = |grant: &str| client.grant_types.iter().any(|one| one == grant);
    let mut problems: Vec<Problem> = text::items("/response_types", &client.response_types).into_iter().collect();
    let mut asked = BTreeSet::new();
    for (place, response_type) in client.response_types.iter().enumerate() {
        let member = format!("/response_types/{place}");
        match needs(response_type) {
            None => problems.push(Problem::new(member, format!("`{response_type}` is not a known response type"))),
            Some(grants) => {
                let missing = grants.iter().filter(|grant| !has(grant));
                problems
                    .extend(missing.map(|grant| Problem::new(member.clone(), format!("needs the grant `{grant}`"))));
                asked.extend(grants);
            }
        }
    }
    // Unknown ones are told already; what they would have stood for is not known.
    if problems.is_empty() {
        let idle = [AUTHORIZATION_CODE, IMPLICIT].into_iter().filter(|grant| has(grant) && !asked.contains(grant));
        problems.extend(idle.map(|grant| Problem::new("/response_types", format!("has none for the grant `{grant}`"))));
    }
    problems
}

/// The grants that a response type takes part in, none for an unknown one. The order of its words does not matter.
fn needs(response_type: &str) -> Option<Vec<&'static str>> {
    let words: Vec<&str> = response_type.split(' ').collect();
    let distinct: BTreeSet<&str> = words.iter().copied().collect();
    if distinct.len() != words.len() || !distinct.iter().all(|word| ["code", "token", "id_token"].contains(word)) {
        return None;
    }
    let code = distinct.contains("code").then_some(AUTHORIZATION_CODE);
    let implicit = (distinct.contains("token") || distinct.contains("id_token")).then_some(IMPLICIT);
    Some(code.into_iter().chain(implicit).collect())
}

/// The response types of a client that names none: those that its grants need.
pub fn default_response_types(grants: &[String]) -> Vec<String> {
    let has = |grant: &str| grants.iter().any(|one| one == grant);
    let code: &[&str] = if has(AUTHORIZATION_CODE) { &["code"] } else { &[] };
    let tokens: &[&str] = if has(IMPLICIT) { &["token", "id_token"] } else { &[] };
    code.iter().chain(tokens).map(|word| (*word).to_owned()).collect()
}

fn addresses(client: &Client) -> Vec<Problem> {
    let mut problems: Vec<Problem> = text::items("/redirect_uris", &client.redirect_uris).into_iter().collect();
    for (place, uri) in client.redirect_uris.iter().enumerate() {
        let refused = redirect::refusal(uri);
        problems.extend(refused.map(|reason| Problem::new(format!("/redirect_uris/{place}"), reason)));
    }
    problems.extend(text::items("/post_logout_redirect_uris", &client.post_logout_redirect_uris));
    for (place, uri) in client.post_logout_redirect_uris.iter().enumerate() {
        let refused = redirect::refusal(uri);
        problems.extend(refused.map(|reason| Problem::new(format!("/post_logout_redirect_uris/{place}"), reason)));
    }
    problems.extend(text::items("/request_uris", &client.request_uris));
    for (place, uri) in client.request_uris.iter().enumerate() {
        problems.extend(secure_uri(&format!("/request_uris/{place}"), uri));
    }
    let sector = client.sector_identifier_uri.as_ref();
    problems.extend(sector.and_then(|uri| secure_uri("/sector_identifier_uri", uri)));
    problems
}

/// Checks the address of a document whose content is trusted: https only.
pub(in crate::domain) fn secure_uri(member: &str, uri: &str) -> Option<Problem> {
    let plain = text::absolute(uri).is_some_and(|uri| !uri.scheme().as_str().eq_ignore_ascii_case("https"));
    match plain {
        true => Some(Problem::new(member, "must be https")),
        false => text::web_uri(member, uri),
    }
}

fn scopes(client: &Client) -> Vec<Problem> {
    let ClientScopes::Only(scopes) = &client.scopes else { return Vec::new() };
    let mut problems: Vec<Problem> = text::items("/scopes", scopes).into_iter().collect();
    for (name, privacy) in &client.privacy {
        let member = format!("/privacy/scopes/{}", name.replace('~', "~0").replace('/', "~1"));
        if !scopes.contains(name) {
            problems.push(Problem::new(member.clone(), "is not a scope of the client"));
        }
        problems.extend(text::description(&format!("{member}/purpose"), &privacy.purpose));
        problems.extend(text::items(&format!("{member}/pii_categories"), &privacy.pii_categories));
        for (place, category) in privacy.pii_categories.iter().enumerate() {
            problems.extend(text::name(&format!("{member}/pii_categories/{place}/name"), category));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(grants: &[&str], response_types: &[&str]) -> Client {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Client {
            name: "Shop".to_owned(),
            grant_types: texts(grants),
            response_types: texts(response_types),
            ..Client::default()
        }
    }

    fn wrong(client: &Client) -> Vec<String> {
        check(client, &Given::Nothing).into_iter().map(|problem| problem.member).collect()
    }

    #[test]
    fn response_types_go_with_their_grants_in_any_order_of_words() {
        for (grants, types) in [
            (&["authorization_code"][..], &["code"][..]),
            (&["implicit"], &["id_token token"]),
            (&["implicit"], &["token", "id_token"]),
            (&["authorization_code", "implicit"], &["token code id_token"]),
            (&["client_credentials", "refresh_token", "password"], &[]),
        ] {
            assert_eq!(wrong(&client(grants, types)), Vec::<String>::new(), "{grants:?} {types:?}");
        }
        for (grants, types, member) in [
            (&["authorization_code"][..], &["token"][..], "/response_types/0"),
            (&["implicit"], &["token", "code"], "/response_types/1"),
            (&["implicit"], &["code token"], "/response_types/0"),
            (&["authorization_code"], &[], "/response_types"),
            (&["authorization_code", "implicit"], &["code"], "/response_types"),
            (&["authorization_code"], &["code code"], "/response_types/0"),
            (&["authorization_code"], &["Code"], "/response_types/0"),
            (&["authorization_code"], &["code "], "/response_types/0"),
            (&["authorization_code"], &[""], "/response_types/0"),
        ] {
            assert_eq!(wrong(&client(grants, types)), [member], "{grants:?} {types:?}");
        }
    }

    #[test]
    fn left_out_response_types_are_those_of_the_grants() {
        for grants in [&["authorization_code"][..], &["implicit"], &["authorization_code", "implicit"], &["password"]] {
            let mut client = client(grants, &[]);
            client.response_types = default_response_types(&client.grant_types);
            assert_eq!(wrong(&client), Vec::<String>::new(), "{grants:?}");
        }
    }
}
