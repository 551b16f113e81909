//! Every line of the table refuses what breaks it, and lets what keeps it.

use std::collections::BTreeSet;

use super::*;
use crate::{crypto::keys::Algorithm, domain::client::ClientKeys};

const ISSUER: &str = "https://id.example/default/bank";

/// Something that breaks a line, beside what keeps it.
enum Case {
    /// Another server; its issuer and the algorithms of its keys.
    Server(fn(&mut Server), &'static str, &'static str),
    /// Another client.
    Client(fn(&mut Client)),
    /// Another request.
    Request(fn(&mut Seen)),
    /// A switch that is on.
    On(Switch),
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn held_to(profile: Standard) -> Server {
    Server {
        profiles: texts(&[profile.word()]),
        grant_types: texts(&["authorization_code", "client_credentials", "refresh_token"]),
        authorization_code_seconds: 60,
        ..Server::default()
    }
}

fn good_client() -> Client {
    Client {
        grant_types: texts(&["authorization_code", "refresh_token"]),
        response_types: texts(&["code"]),
        redirect_uris: texts(&["https://app.example/back"]),
        auth_method: AuthMethod::PrivateKeyJwt,
        keys: ClientKeys::Set("{}".to_owned()),
        ..Client::default()
    }
}

fn good_request() -> Seen {
    Seen {
        pushed: true,
        code: true,
        signed_answer: true,
        challenge: true,
        redirect_named: true,
        scope_named: true,
        state: true,
        nonce: true,
        openid: true,
        ..Seen::default()
    }
}

/// What breaks each line that anything can break.
fn cases() -> Vec<(&'static str, Case)> {
    use Case::{Client, On, Request, Server};
    vec![
        ("https_issuer", Server(|_| {}, "http://id.example/default/bank", "ES256")),
        ("no_password_grant", Server(|server| server.grant_types.push("password".to_owned()), ISSUER, "ES256")),
        ("no_password_grant", Client(|client| client.grant_types.push("password".to_owned()))),
        ("code_only", Server(|server| server.grant_types.push("implicit".to_owned()), ISSUER, "ES256")),
        ("code_only", Client(|client| client.response_types.push("code id_token".to_owned()))),
        ("detached_answers", Request(|seen| seen.signed_answer = false)),
        ("detached_answers", Request(|seen| (seen.token, seen.id_token) = (true, true))),
        ("detached_response_types", Client(|client| client.response_types.push("code token".to_owned()))),
        ("signed_answers", Request(|seen| seen.signed_answer = false)),
        ("signed_requests", On(Switch::SignedRequests)),
        ("request_keys", Client(|client| client.keys = ClientKeys::None)),
        ("dated_requests", On(Switch::DatedRequests)),
        ("pushed_requests", On(Switch::Pushed)),
        ("pushed_request_lifetime", Server(|server| server.security.pushed_request_seconds = 600, ISSUER, "ES256")),
        ("pkce", On(Switch::Pkce)),
        ("pkce_of_pushed_requests", Request(|seen| seen.challenge = false)),
        ("https_redirects", Client(|client| client.redirect_uris.push("http://127.0.0.1/back".to_owned()))),
        ("named_redirect", Request(|seen| seen.redirect_named = false)),
        ("named_scope", Request(|seen| seen.scope_named = false)),
        ("nonce_or_state", Request(|seen| seen.nonce = false)),
        ("nonce_or_state", Request(|seen| (seen.openid, seen.state) = (false, false))),
        ("short_code_lifetime", Server(|server| server.authorization_code_seconds = 61, ISSUER, "ES256")),
        ("confidential_clients", Client(|client| client.auth_method = AuthMethod::None)),
        ("asymmetric_clients", Client(|client| client.auth_method = AuthMethod::ClientSecretJwt)),
        ("asymmetric_clients", Client(|client| client.auth_method = AuthMethod::ClientSecretBasic)),
        ("strict_audience", On(Switch::StrictAudience)),
        ("bound_tokens", On(Switch::BoundTokens)),
        ("lasting_refresh", On(Switch::LastingRefresh)),
        ("algorithms_of_fapi_1", Server(|_| {}, ISSUER, "RS256")),
        ("algorithms_of_fapi_1", Server(|_| {}, ISSUER, "EdDSA")),
        ("algorithms_of_fapi_1", Client(|client| client.auth_signing_alg = "ES384".to_owned())),
        ("algorithms_of_fapi_2", Server(|_| {}, ISSUER, "RS256")),
        ("algorithms_of_fapi_2", Client(|client| client.auth_signing_alg = "RS256".to_owned())),
        ("algorithms_of_fapi_2", Client(|client| client.request_object_signing_alg = "RS256".to_owned())),
    ]
}

/// The profile that demands a line.
fn profile_of(id: &str) -> Standard {
    let line = REQUIREMENTS.iter().find(|line| line.id == id).unwrap();
    Standard::PROFILES.into_iter().find(|profile| line.asker(*profile).is_some()).unwrap()
}

/// The titles and sections by which whatever is refused says why.
fn reason_has(reason: &str, id: &str) -> bool {
    let line = REQUIREMENTS.iter().find(|line| line.id == id).unwrap();
    reason.contains(line.says.trim_end_matches('.'))
}

#[test]
fn what_breaks_a_line_is_refused_and_says_which() {
    for (id, case) in cases() {
        let profile = profile_of(id);
        let server = held_to(profile);
        let reasons: Vec<String> = match case {
            Case::Server(change, issuer, algorithm) => {
                let mut server = server;
                change(&mut server);
                let facts = Facts { server: &server, issuer, algorithms: &[algorithm] };
                server_problems(&facts).into_iter().map(|problem| problem.reason).collect()
            }
            Case::Client(change) => {
                let mut client = good_client();
                change(&mut client);
                client_problems(&server, &client).into_iter().map(|problem| problem.reason).collect()
            }
            Case::Request(change) => {
                let mut seen = good_request();
                change(&mut seen);
                request_refusal(&server, &seen).into_iter().collect()
            }
            Case::On(switch) => {
                assert!(requires(&server, switch), "{id}");
                assert!(!requires(&Server { profiles: Vec::new(), ..server }, switch), "{id}");
                continue;
            }
        };
        assert!(reasons.iter().any(|reason| reason_has(reason, id)), "{id}: {reasons:?}");
    }
}

#[test]
fn what_keeps_every_line_is_refused_nothing() {
    for profile in Standard::PROFILES {
        let server = held_to(profile);
        for algorithm in ["ES256", "PS256"] {
            let facts = Facts { server: &server, issuer: ISSUER, algorithms: &[algorithm] };
            assert_eq!(server_problems(&facts), [], "{profile:?}");
            assert!(may_sign(&server, algorithm));
        }
        assert_eq!(client_problems(&server, &good_client()), [], "{profile:?}");
        assert_eq!(request_refusal(&server, &good_request()), None, "{profile:?}");
        for method in [AuthMethod::PrivateKeyJwt, AuthMethod::TlsClientAuth, AuthMethod::SelfSignedTlsClientAuth] {
            assert!(may_prove(&server, method));
        }
        for method in [AuthMethod::None, AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretJwt] {
            assert!(!may_prove(&server, method));
        }
    }
}

#[test]
fn without_a_profile_nothing_is_refused_that_one_forbids() {
    let server = Server { grant_types: texts(&["implicit", "password"]), ..Server::default() };
    let facts = Facts { server: &server, issuer: "http://id.example/a/b", algorithms: &["RS256"] };
    assert_eq!(server_problems(&facts), []);
    assert_eq!(client_problems(&server, &Client { auth_method: AuthMethod::None, ..Client::default() }), []);
    assert_eq!(request_refusal(&server, &Seen::default()), None);
    assert!(may_sign(&server, "RS256") && may_prove(&server, AuthMethod::None));
    assert_eq!(key_problem(&server, Algorithm::Rs256), None);
}

#[test]
fn every_line_that_can_be_broken_has_a_case() {
    let tried: BTreeSet<&str> = cases().into_iter().map(|(id, _)| id).collect();
    let demanded = |line: &&Requirement| {
        let by_profile = |asker: &Asker| Standard::PROFILES.contains(&asker.standard) && asker.level == Level::Required;
        !matches!(line.kept, Kept::Always) && line.asked_by.iter().any(by_profile)
    };
    let lines: BTreeSet<&str> = REQUIREMENTS.iter().filter(demanded).map(|line| line.id).collect();
    assert_eq!(tried, lines);
}

#[test]
fn keys_sign_as_they_may() {
    for (profile, algorithm, right) in [
        (Standard::Fapi1Advanced, Algorithm::Rs256, false),
        (Standard::Fapi1Advanced, Algorithm::EdDsa, false),
        (Standard::Fapi1Advanced, Algorithm::Es256, true),
        (Standard::Fapi1Advanced, Algorithm::Ps256, true),
        (Standard::Fapi2Security, Algorithm::Rs256, false),
        (Standard::Fapi2Security, Algorithm::EdDsa, true),
        (Standard::Fapi2Security, Algorithm::Ps256, true),
        (Standard::Fapi2MessageSigning, Algorithm::EdDsa, true),
    ] {
        assert_eq!(key_problem(&held_to(profile), algorithm).is_none(), right, "{profile:?} {algorithm:?}");
    }
}

#[test]
fn only_response_types_that_could_be_answered_are_told_of() {
    for (profile, answered) in [
        (Standard::Fapi1Advanced, &["code", "code id_token"][..]),
        (Standard::Fapi2Security, &["code", "code id_token", "code token", "token"]),
    ] {
        for response_type in ["code", "code id_token", "code token", "token"] {
            let may = may_answer(&held_to(profile), response_type);
            assert_eq!(may, answered.contains(&response_type), "{profile:?} {response_type}");
        }
    }
}
