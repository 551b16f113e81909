//! The table: every requirement of the standards that an authorization server can keep or break, a line each.
//!
//! Sections are those of draft-ietf-oauth-v2-1-15, RFC 9700, FAPI 1.0 (final, both parts) and FAPI 2.0 (final). What only a
//! client or a resource server can keep is not here. Read by `enforce` and by `assessment`.

use super::{
    About::{Authorization, Everybody, Refresh},
    Asker, Kept, Level, Requirement,
    Standard::{self, Fapi1Advanced, Fapi2MessageSigning, Fapi2Security, OAuth21, Rfc9700},
    Switch, enforce, found,
};
use crate::domain::client::AuthMethod;

/// What FAPI 1 signs with (Part 2 §8.6).
const FAPI_1: &[&str] = &["PS256", "ES256"];
/// What FAPI 2 signs with (§5.4.1).
const FAPI_2: &[&str] = &["PS256", "ES256", "EdDSA"];

/// What a key of the client's own is needed for.
const ASYMMETRIC: &[AuthMethod] =
    &[AuthMethod::PrivateKeyJwt, AuthMethod::TlsClientAuth, AuthMethod::SelfSignedTlsClientAuth];
/// What proves anything at all.
const CONFIDENTIAL: &[AuthMethod] = &[
    AuthMethod::ClientSecretBasic,
    AuthMethod::ClientSecretPost,
    AuthMethod::ClientSecretJwt,
    AuthMethod::PrivateKeyJwt,
    AuthMethod::TlsClientAuth,
    AuthMethod::SelfSignedTlsClientAuth,
];

const fn must(standard: Standard, section: &'static str) -> Asker {
    Asker { standard, section, level: Level::Required }
}

const fn should(standard: Standard, section: &'static str) -> Asker {
    Asker { standard, section, level: Level::Recommended }
}

/// Every requirement, in the order in which they are told.
pub static REQUIREMENTS: &[Requirement] = &[
    Requirement {
        id: "https_issuer",
        asked_by: &[
            must(OAuth21, "§1.5"),
            must(Rfc9700, "§2.6"),
            must(Fapi1Advanced, "Part 1 §7.1"),
            must(Fapi2Security, "§5.2.1"),
        ],
        about: Everybody,
        says: "The issuer, below which all endpoints are, is https.",
        change: "Set `public_url` to the https address at which the server is reached.",
        kept: Kept::Server(found::https_issuer),
    },
    Requirement {
        id: "no_password_grant",
        asked_by: &[
            must(OAuth21, "§1.8"),
            must(Rfc9700, "§2.4"),
            must(Fapi1Advanced, "Part 1 §5.2.2-12"),
            must(Fapi2Security, "§5.3.2.1-2"),
        ],
        about: Everybody,
        says: "Nobody's password is given to a client.",
        change: "Take `password` out of `grant_types`.",
        kept: Kept::Both(found::no_password_grant, found::no_password_client),
    },
    Requirement {
        id: "no_tokens_in_front",
        asked_by: &[must(OAuth21, "§10.1"), should(Rfc9700, "§2.1.2")],
        about: Authorization,
        says: "The authorization endpoint answers with no access token.",
        change: "Take `implicit` out of `grant_types`, and `token` out of the clients' `response_types`.",
        kept: Kept::Both(found::no_tokens_in_front, found::no_tokens_in_front_of_client),
    },
    Requirement {
        id: "code_only",
        asked_by: &[must(Fapi2Security, "§5.3.2.2-1")],
        about: Authorization,
        says: "The authorization endpoint answers with a code and nothing else.",
        change: "Take `implicit` out of `grant_types`, and leave `code` as the clients' only response type.",
        kept: Kept::Both(found::code_only, found::code_only_of_client),
    },
    Requirement {
        id: "detached_answers",
        asked_by: &[must(Fapi1Advanced, "Part 2 §5.2.2-2")],
        about: Authorization,
        says: "The answer is signed: the response type is `code id_token`, or `code` with a response mode of JARM.",
        change: "Turn on the profile `fapi_rw`, and register clients for `code` or `code id_token` only.",
        kept: Kept::Request(enforce::is_detached),
    },
    Requirement {
        id: "detached_response_types",
        asked_by: &[must(Fapi1Advanced, "Part 2 §5.2.2-2")],
        about: Authorization,
        says: "Clients are registered for `code` and `code id_token` only.",
        change: "Leave `code` and `code id_token` as the only response types.",
        kept: Kept::Client(found::detached_response_types),
    },
    Requirement {
        id: "signed_answers",
        asked_by: &[must(Fapi2MessageSigning, "§5.4.1-1")],
        about: Authorization,
        says: "The answer of the authorization endpoint is signed (JARM).",
        change: "Turn on the profile `fapi_2_message_signing`.",
        kept: Kept::Request(enforce::is_signed_answer),
    },
    Requirement {
        id: "signed_requests",
        asked_by: &[must(Fapi1Advanced, "Part 2 §5.2.2-1"), must(Fapi2MessageSigning, "§5.3.1-1")],
        about: Authorization,
        says: "Authorization requests are signed by their client (JAR).",
        change: "Set `security.require_signed_request_object`.",
        kept: Kept::Switch(Switch::SignedRequests),
    },
    Requirement {
        id: "request_keys",
        asked_by: &[must(Fapi1Advanced, "Part 2 §5.2.2-1"), must(Fapi2MessageSigning, "§5.3.1-1")],
        about: Authorization,
        says: "The client has keys to sign its requests with.",
        change: "Register the client's public keys: `jwks` or `jwks_uri`.",
        kept: Kept::Client(found::request_keys),
    },
    Requirement {
        id: "dated_requests",
        asked_by: &[must(Fapi1Advanced, "Part 2 §5.2.2-13, -17"), must(Fapi2MessageSigning, "§5.3.1-3, -4")],
        about: Authorization,
        says: "Signed requests have a beginning and an end, an hour apart at most.",
        change: "Turn on a profile that asks for it: `fapi_rw` or `fapi_2_message_signing`.",
        kept: Kept::Switch(Switch::DatedRequests),
    },
    Requirement {
        id: "pushed_requests",
        asked_by: &[must(Fapi2Security, "§5.3.2.2-3")],
        about: Authorization,
        says: "Authorization requests are pushed by their client (PAR).",
        change: "Set `security.require_pushed_authorization_requests`.",
        kept: Kept::Switch(Switch::Pushed),
    },
    Requirement {
        id: "pushed_request_lifetime",
        asked_by: &[must(Fapi2Security, "§5.3.2.2-12")],
        about: Authorization,
        says: "A pushed request is good for less than ten minutes.",
        change: "Set `security.pushed_authorization_request_ttl` below `10m0s`.",
        kept: Kept::Server(found::pushed_request_lifetime),
    },
    Requirement {
        id: "authenticated_pushes",
        asked_by: &[must(Fapi2Security, "§5.3.2.2-2, -4")],
        about: Authorization,
        says: "Whoever pushes a request proves who it is, as at the token endpoint.",
        change: "",
        kept: Kept::Always,
    },
    Requirement {
        id: "pkce",
        asked_by: &[must(OAuth21, "§4.1.1"), should(Rfc9700, "§2.1.1"), must(Fapi2Security, "§5.3.2.2-5")],
        about: Authorization,
        says: "Every authorization code needs PKCE.",
        change: "Set `enforce_pkce`.",
        kept: Kept::Switch(Switch::Pkce),
    },
    Requirement {
        id: "pkce_of_public_clients",
        asked_by: &[must(Rfc9700, "§2.1.1")],
        about: Authorization,
        says: "The code of a client that proves nothing but its name needs PKCE, whatever is configured.",
        change: "",
        kept: Kept::Always,
    },
    Requirement {
        id: "pkce_of_pushed_requests",
        asked_by: &[must(Fapi1Advanced, "Part 2 §5.2.2-18")],
        about: Authorization,
        says: "A pushed request has a code challenge.",
        change: "Turn on the profile `fapi_rw`, or set `enforce_pkce`.",
        kept: Kept::Request(enforce::has_challenge_if_pushed),
    },
    Requirement {
        id: "pkce_s256",
        asked_by: &[
            must(OAuth21, "§4.1.1"),
            must(Rfc9700, "§2.1.1"),
            must(Fapi1Advanced, "Part 2 §5.2.2-18"),
            must(Fapi2Security, "§5.3.2.2-5"),
        ],
        about: Authorization,
        says: "A code challenge is a SHA-256 digest, never the verifier itself.",
        change: "",
        kept: Kept::Always,
    },
    Requirement {
        id: "exact_redirects",
        asked_by: &[
            must(OAuth21, "§2.3.1"),
            must(Rfc9700, "§2.1"),
            must(Fapi1Advanced, "Part 1 §5.2.2-8, -10"),
            must(Fapi2Security, "§5.3.2.2-8"),
        ],
        about: Authorization,
        says: "Answers go to registered redirect URIs only, compared exactly; http stays on the person's machine.",
        change: "",
        kept: Kept::Always,
    },
    Requirement {
        id: "https_redirects",
        asked_by: &[must(Fapi1Advanced, "Part 1 §5.2.2-20")],
        about: Authorization,
        says: "Redirect URIs are https.",
        change: "Register https redirect URIs only.",
        kept: Kept::Client(found::https_redirects),
    },
    Requirement {
        id: "named_redirect",
        asked_by: &[must(Fapi1Advanced, "Part 1 §5.2.2-9"), must(Fapi2Security, "§5.3.2.2-6")],
        about: Authorization,
        says: "A request names its redirect URI.",
        change: "Turn on a profile that asks for it: `fapi_rw` or `fapi_2_security`.",
        kept: Kept::Request(enforce::names_redirect),
    },
    Requirement {
        id: "named_scope",
        asked_by: &[must(Fapi1Advanced, "Part 2 §5.2.2-10")],
        about: Authorization,
        says: "A request names the scopes it asks for inside its signed object, the only place that counts.",
        change: "Turn on the profile `fapi_rw`.",
        kept: Kept::Request(enforce::names_scope),
    },
    Requirement {
        id: "nonce_or_state",
        asked_by: &[must(Fapi1Advanced, "Part 1 §5.2.2.2, §5.2.2.3")],
        about: Authorization,
        says: "A request has a nonce where an ID token is asked for, and a state where none is.",
        change: "Turn on the profile `fapi_rw`.",
        kept: Kept::Request(enforce::has_nonce_or_state),
    },
    Requirement {
        id: "issuer_in_answers",
        asked_by: &[should(Rfc9700, "§4.4.2.1"), must(Fapi2Security, "§5.3.2.2-7")],
        about: Authorization,
        says: "Answers name their issuer (RFC 9207).",
        change: "",
        kept: Kept::Always,
    },
    Requirement {
        id: "no_open_redirector",
        asked_by: &[must(Rfc9700, "§4.11.2"), must(Fapi2Security, "§5.3.2.1-7")],
        about: Authorization,
        says: "Nobody is sent to a place that is not a trusted client's own without a click.",
        change: "",
        kept: Kept::Always,
    },
    Requirement {
        id: "see_other",
        asked_by: &[must(Rfc9700, "§4.12"), must(Fapi2Security, "§5.3.2.2-10")],
        about: Authorization,
        says: "Forms with credentials are answered with 303, never with 307.",
        change: "",
        kept: Kept::Always,
    },
    Requirement {
        id: "codes_once",
        asked_by: &[
            must(OAuth21, "§4.1.3"),
            must(Rfc9700, "§2.1.1"),
            must(Fapi1Advanced, "Part 1 §5.2.2-13"),
            must(Fapi2Security, "§5.3.2.2-9"),
        ],
        about: Authorization,
        says: "A code is good once; a second use ends everything that was issued for it.",
        change: "",
        kept: Kept::Always,
    },
    Requirement {
        id: "code_lifetime",
        asked_by: &[should(OAuth21, "§4.1.2")],
        about: Authorization,
        says: "A code is good for ten minutes at most.",
        change: "Set `authorization_code_ttl` to `10m0s` or less.",
        kept: Kept::Server(found::code_lifetime),
    },
    Requirement {
        id: "short_code_lifetime",
        asked_by: &[must(Fapi2Security, "§5.3.2.1-11")],
        about: Authorization,
        says: "A code is good for a minute at most.",
        change: "Set `authorization_code_ttl` to `1m0s` or less.",
        kept: Kept::Server(found::short_code_lifetime),
    },
    Requirement {
        id: "code_bound_to_key",
        asked_by: &[must(Fapi2Security, "§5.3.2.1-12")],
        about: Authorization,
        says: "A code can be bound to the key of DPoP proofs.",
        change: "",
        kept: Kept::Always,
    },
    Requirement {
        id: "confidential_clients",
        asked_by: &[must(Fapi1Advanced, "Part 2 §5.2.2-16"), must(Fapi2Security, "§5.3.2.1-3")],
        about: Everybody,
        says: "The client can prove who it is.",
        change: "Set `token_endpoint_auth_method` to `private_key_jwt` or a method of mutual TLS.",
        kept: Kept::Methods(CONFIDENTIAL),
    },
    Requirement {
        id: "asymmetric_clients",
        asked_by: &[
            should(Rfc9700, "§2.5"),
            must(Fapi1Advanced, "Part 2 §5.2.2-14"),
            must(Fapi2Security, "§5.3.2.1-6"),
        ],
        about: Everybody,
        says: "The client proves itself with a key that nobody else has.",
        change: "Set `token_endpoint_auth_method` to `private_key_jwt` or a method of mutual TLS.",
        kept: Kept::Methods(ASYMMETRIC),
    },
    Requirement {
        id: "strict_audience",
        asked_by: &[must(Fapi2Security, "§5.3.2.1-8")],
        about: Everybody,
        says: "Client assertions are taken only if they name the issuer alone as their audience.",
        change: "Turn on the profile `fapi_2_security`.",
        kept: Kept::Switch(Switch::StrictAudience),
    },
    Requirement {
        id: "bound_tokens",
        asked_by: &[
            should(OAuth21, "§1.4.3"),
            should(Rfc9700, "§2.2.1"),
            must(Fapi1Advanced, "Part 2 §5.2.2-5"),
            must(Fapi2Security, "§5.3.2.1-4"),
        ],
        about: Everybody,
        says: "Access tokens are bound to a key or a certificate of their client.",
        change: "Set `security.require_bound_access_tokens`.",
        kept: Kept::Switch(Switch::BoundTokens),
    },
    Requirement {
        id: "header_tokens",
        asked_by: &[must(OAuth21, "§5.1"), must(Rfc9700, "§4.3.2"), must(Fapi2Security, "§5.3.4-2")],
        about: Everybody,
        says: "Access tokens are not taken from a query.",
        change: "",
        kept: Kept::Always,
    },
    Requirement {
        id: "guarded_refresh",
        asked_by: &[must(OAuth21, "§4.3.1"), must(Rfc9700, "§2.2.2")],
        about: Refresh,
        says: "Refresh tokens are exchanged at every use, or bound to a client that proves itself.",
        change: "",
        kept: Kept::Always,
    },
    Requirement {
        id: "lasting_refresh",
        asked_by: &[must(Fapi2Security, "§5.3.2.1-9")],
        about: Refresh,
        says: "Refresh tokens are not exchanged, so that an answer that is lost costs nothing.",
        change: "Turn on the profile `fapi_2_security`.",
        kept: Kept::Switch(Switch::LastingRefresh),
    },
    Requirement {
        id: "algorithms_of_fapi_1",
        asked_by: &[must(Fapi1Advanced, "Part 2 §8.6")],
        about: Everybody,
        says: "Signatures are PS256 or ES256.",
        change: "Add a key with the `signing_alg` `ES256` or `PS256`, rotate, and register clients without other algorithms.",
        kept: Kept::Algorithms(FAPI_1),
    },
    Requirement {
        id: "algorithms_of_fapi_2",
        asked_by: &[must(Fapi2Security, "§5.4.1")],
        about: Everybody,
        says: "Signatures are PS256, ES256 or EdDSA.",
        change: "Add a key with the `signing_alg` `ES256`, `EdDSA` or `PS256`, rotate, and register clients without other algorithms.",
        kept: Kept::Algorithms(FAPI_2),
    },
    Requirement {
        id: "metadata",
        asked_by: &[
            should(Rfc9700, "§2.6"),
            must(Fapi1Advanced, "Part 1 §5.2.2-22"),
            must(Fapi2Security, "§5.3.2.1-1"),
        ],
        about: Everybody,
        says: "The server publishes its metadata (RFC 8414, OpenID Connect Discovery).",
        change: "",
        kept: Kept::Always,
    },
];
