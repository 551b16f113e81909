//! What the high-assurance protocols say of a client: how its requests must come, what its tokens are bound to and encrypted
//! for, and where it hears of a logout.
//!
//! A part of a client's configuration. `rules.rs` checks it, the endpoints obey it.

use serde::{Deserialize, Serialize};

use super::{ASYMMETRIC, Client, ClientKeys, secure_uri};
use crate::{
    crypto::Algorithm,
    domain::{Problem, encryption, logged_out, subject, text},
};

/// What the high-assurance protocols say of a client. Everything is off unless it is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientSecurity {
    /// Whether its authorization requests must be pushed (RFC 9126 §6).
    pub require_pushed_requests: bool,
    /// Whether they must be signed (RFC 9101 §10.5).
    pub require_signed_requests: bool,
    /// What answers of the authorization endpoint are signed with (JARM §3); empty leaves it to the server.
    pub authorization_signing_alg: String,
    /// What they are encrypted with.
    pub authorization_encryption: Option<Encryption>,
    /// The types of authorization details that it may ask for (RFC 9396 §10).
    pub authorization_details_types: Vec<String>,
    /// Whether its tokens are bound to a key of its own (RFC 9449 §5.2).
    pub dpop_bound_tokens: bool,
    /// What introspection is signed with for it (RFC 9701 §6); plain JSON unless it asks for a JWT when empty.
    pub introspection_signing_alg: String,
    /// What introspection is encrypted with.
    pub introspection_encryption: Option<Encryption>,
    /// What its ID tokens are encrypted with.
    pub id_token_encryption: Option<Encryption>,
    /// What its userinfo is encrypted with.
    pub userinfo_encryption: Option<Encryption>,
    /// Whether people have another name for each sector (OpenID Connect Core §8.1).
    pub pairwise: bool,
    /// Where it hears of the end of a session (OpenID Connect Back-Channel Logout §2.2).
    pub backchannel_logout: Option<LogoutAddress>,
    /// The page that ends a session of its own (OpenID Connect Front-Channel Logout §2).
    pub frontchannel_logout: Option<LogoutAddress>,
    /// How it asks people elsewhere (CIBA §4); `None` is by poll, with unsigned requests.
    pub backchannel_authentication: Option<BackchannelClient>,
}

/// How something is encrypted for a client (RFC 7516).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the registered words themselves (RFC 7518 §4, §5)")]
pub struct Encryption {
    pub alg: String,
    pub enc: String,
}

/// Where a client hears of the end of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutAddress {
    /// The address.
    pub uri: String,
    /// Whether it must be told which session it was.
    pub session_required: bool,
}

/// How a client asks people who are elsewhere (CIBA §4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BackchannelClient {
    /// Where it is told that a person has answered (ping); none, and it polls.
    pub notification_endpoint: Option<String>,
    /// What its requests are signed with; empty when they are not.
    pub request_signing_alg: String,
    /// Whether people prove themselves to it with a code of their own.
    pub user_code: bool,
}

/// Everything that is wrong with it, as far as that needs no store.
pub(super) fn check(client: &Client) -> Vec<Problem> {
    let security = &client.security;
    let mut problems: Vec<Problem> = Vec::new();
    problems.extend(logged_out::check(client));
    problems.extend(pairwise(client));
    problems.extend(introspection(client));
    let told = security.backchannel_authentication.as_ref().and_then(|asks| asks.notification_endpoint.as_ref());
    problems.extend(told.and_then(|uri| secure_uri("/security/backchannel_client_notification_endpoint", uri)));
    problems.extend(text::items("/security/authorization_details_types", &security.authorization_details_types));
    problems.extend(encryptions(client));
    problems.extend(signature("/security/authorization_signed_response_alg", &security.authorization_signing_alg));
    problems.extend(signed_questions(client));
    problems
}

/// What is signed for it must be so in a way that somebody else can check.
fn signature(member: &str, algorithm: &str) -> Option<Problem> {
    let known = algorithm.is_empty() || ASYMMETRIC.contains(&algorithm);
    (!known).then(|| Problem::new(member, format!("must be one of {}", ASYMMETRIC.join(", "))))
}

/// Requests that it signs must be so with a key that it has registered (CIBA §4).
fn signed_questions(client: &Client) -> Option<Problem> {
    let algorithm = &client.security.backchannel_authentication.as_ref()?.request_signing_alg;
    let member = "/security/backchannel_authentication_request_signing_alg";
    let keyless = !algorithm.is_empty() && client.keys == ClientKeys::None;
    signature(member, algorithm).or(keyless.then(|| Problem::new(member, "needs `jwks` or `jwks_uri`")))
}

/// People can have a name for a sector only if there is one.
fn pairwise(client: &Client) -> Option<Problem> {
    let reason = if client.security.pairwise { subject::sector(client).err()? } else { return None };
    Some(Problem::new("/security/subject_type", format!("`pairwise` {reason}")))
}

/// Introspection is signed with a key of the server, or it is no JWT.
fn introspection(client: &Client) -> Option<Problem> {
    let algorithm = client.security.introspection_signing_alg.as_str();
    let known = algorithm.is_empty() || Algorithm::of_name(algorithm).is_some();
    let all = Algorithm::ALL.map(Algorithm::name).join(", ");
    let member = "/security/introspection_signed_response_alg";
    (!known).then(|| Problem::new(member, format!("must be one of {all}")))
}

/// What is encrypted for it must be so in a way that we know, with a key that it has.
fn encryptions(client: &Client) -> Vec<Problem> {
    let security = &client.security;
    let all = [
        ("/security/authorization", &security.authorization_encryption),
        ("/security/introspection", &security.introspection_encryption),
        ("/security/id_token", &security.id_token_encryption),
        ("/security/userinfo", &security.userinfo_encryption),
    ];
    let asked = all.into_iter().filter_map(|(member, encryption)| Some((member, encryption.as_ref()?)));
    asked.flat_map(|(member, encryption)| encryption::check(client, member, encryption)).collect()
}
