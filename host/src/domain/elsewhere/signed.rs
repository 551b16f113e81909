//! Signed authentication requests (CIBA §7.1.1): everything that a client asks for, as a token that it has signed.
//!
//! Called by `backchannel`. What is inside counts and nothing beside it; the signature is checked before what it covers is
//! believed, and what was asked once is not asked again: its name is written down with the request itself.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::backchannel::{NotAsked, Sent};
use crate::domain::{
    Domain,
    authorize::signed_by,
    proof::{
        Proven,
        once::{LEEWAY, LONGEST, LONGEST_NAME, Used, seconds},
    },
    server::Server,
};

/// What names of used requests begin with, so that they are those of nothing else that a client signs.
const USED: &str = "backchannel request ";
/// What may be a number as well as a text (CIBA §7.1.1).
const NUMBER: &str = "requested_expiry";
/// What stands there as it would in JSON (RFC 9396 §2).
const DETAILS: &str = "authorization_details";
/// What may be there more than once (RFC 8707 §2).
const RESOURCE: &str = "resource";
/// What else a request may say, by the registered words (CIBA §7.1).
const PARAMETERS: [&str; 10] = [
    "scope",
    "client_notification_token",
    "acr_values",
    "login_hint_token",
    "id_token_hint",
    "login_hint",
    "binding_message",
    "user_code",
    NUMBER,
    DETAILS,
];

/// A request that its client has signed. It has no `Debug`: a code of a person may be in it.
pub(super) struct Signed {
    parameters: BTreeMap<String, String>,
    resources: Vec<String>,
    /// What is written down, so that it is good once.
    pub(super) used: Used,
}

impl Signed {
    /// The resources that it names.
    pub(super) fn resources(&self) -> Vec<&str> {
        self.resources.iter().map(String::as_str).collect()
    }

    /// What it asks for, with its resources.
    pub(super) fn sent<'a>(&'a self, resources: &'a [&'a str], address: &'a str) -> Sent<'a> {
        let said = |name: &str| self.parameters.get(name).map(String::as_str);
        Sent {
            scope: said("scope"),
            resources,
            authorization_details: said(DETAILS),
            client_notification_token: said("client_notification_token"),
            acr_values: said("acr_values"),
            login_hint_token: said("login_hint_token"),
            id_token_hint: said("id_token_hint"),
            login_hint: said("login_hint"),
            binding_message: said("binding_message"),
            user_code: said("user_code"),
            requested_expiry: said(NUMBER),
            request: None,
            address,
        }
    }
}

/// The signed request, where the client has registered that it signs; none where it has not.
pub(super) async fn read(
    domain: &Domain,
    tenant: &str,
    (server_id, server): (&str, &Server),
    proven: &Proven,
    sent: Sent<'_>,
) -> Result<Option<Signed>, NotAsked> {
    let (id, client) = (proven.id.as_str(), &proven.client.value);
    let asks = client.security.backchannel_authentication.as_ref();
    let algorithm = asks.map(|asks| asks.request_signing_alg.as_str()).unwrap_or_default();
    let token = match (algorithm.is_empty(), sent.request) {
        (true, None) => return Ok(None),
        (true, Some(_)) => return Err(NotAsked::Request("the client has registered no algorithm for signed requests")),
        (false, None) => return Err(NotAsked::Request("the client has registered that its requests are signed")),
        (false, Some(token)) => token,
    };
    if has_more(sent) {
        return Err(NotAsked::Request("everything that is asked for must stand in the signed request, and only there"));
    }
    let claims = signed_by(domain, server, client, algorithm, token).await;
    let claims = claims.ok_or(NotAsked::Request("the request is not signed by the client as it has registered"))?;
    let rules = Rules { id, issuer: &domain.issuer(tenant, server_id), now: domain.world.now_seconds() };
    if let Some(reason) = rules.broken(&claims) {
        return Err(NotAsked::Request(reason));
    }
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let ends = seconds(&claims, "exp").ok().flatten().unwrap_or_default();
    let used = Used::of(tenant, id, &format!("{USED}{}", text("jti")), ends);
    Ok(Some(Signed { resources: resources(&claims)?, parameters: parameters(claims)?, used }))
}

/// Whether anything is asked for beside the signed request (which must not be, CIBA §7.1.1).
fn has_more(sent: Sent<'_>) -> bool {
    let Sent {
        scope,
        resources,
        authorization_details,
        client_notification_token,
        acr_values,
        login_hint_token,
        id_token_hint,
        login_hint,
        binding_message,
        user_code,
        requested_expiry,
        request: _,
        address: _,
    } = sent;
    let beside = [
        scope,
        authorization_details,
        client_notification_token,
        acr_values,
        login_hint_token,
        id_token_hint,
        login_hint,
        binding_message,
        user_code,
        requested_expiry,
    ];
    !resources.is_empty() || beside.iter().any(Option::is_some)
}

/// Why a claim is no parameter.
const NO_TEXT: NotAsked = NotAsked::Request("a parameter in the request is no text");

/// The resources, one or several.
fn resources(claims: &Map<String, Value>) -> Result<Vec<String>, NotAsked> {
    let text = |one: &Value| one.as_str().map(str::to_owned).ok_or(NO_TEXT);
    match claims.get(RESOURCE) {
        None => Ok(Vec::new()),
        Some(Value::Array(several)) => several.iter().map(text).collect(),
        Some(one) => Ok(vec![text(one)?]),
    }
}

/// The claims as parameters. What is none is passed over, as in a form.
fn parameters(claims: Map<String, Value>) -> Result<BTreeMap<String, String>, NotAsked> {
    let asked = claims.into_iter().filter(|(name, _)| PARAMETERS.contains(&name.as_str()));
    asked
        .map(|(name, value)| match value {
            Value::String(text) => Ok((name, text)),
            Value::Number(number) if name == NUMBER => Ok((name, number.to_string())),
            Value::Array(details) if name == DETAILS => Ok((name, Value::Array(details).to_string())),
            _ => Err(NO_TEXT),
        })
        .collect()
}

/// What a signed request must say (CIBA §7.1.1), for how long as FAPI-CIBA §5.2.2 has it.
struct Rules<'a> {
    /// The client.
    id: &'a str,
    /// The authorization server it is for.
    issuer: &'a str,
    /// In seconds since 1970.
    now: i64,
}

impl Rules<'_> {
    /// The first rule that is broken, one line each.
    fn broken(&self, claims: &Map<String, Value>) -> Option<&'static str> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let at = |name: &str| seconds(claims, name).ok().flatten();
        let (ends, begins, issued) = (at("exp"), at("nbf"), at("iat"));
        let latest = self.now.saturating_add(LEEWAY);
        let lasts = ends.zip(begins).map(|(ends, begins)| ends.saturating_sub(begins));
        let rules = [
            (text("iss") == Some(self.id), "the request has another issuer than the client"),
            (self.is_for_us(claims.get("aud")), "the request is not for this server"),
            (
                !claims.contains_key("client_id") || text("client_id") == Some(self.id),
                "the request has another client_id",
            ),
            (text("sub") != Some(self.id), "the request could be taken for a client assertion"),
            (!["request", "request_uri"].iter().any(|name| claims.contains_key(*name)), "the request has one inside"),
            (ends.is_some_and(|ends| ends > self.now), "the request has no exp, or has ended"),
            (begins.is_some_and(|begins| begins <= latest), "the request has no nbf, or is not good yet"),
            (begins.is_some_and(|begins| begins >= self.now.saturating_sub(LONGEST)), "the request is too old"),
            (lasts.is_some_and(|lasts| lasts <= LONGEST), "the request is good for more than an hour"),
            (issued.is_some_and(|issued| issued <= latest), "the request has no iat, or was issued in the future"),
            (text("jti").is_some_and(|jti| (1..=LONGEST_NAME).contains(&jti.len())), "the request has no good jti"),
        ];
        rules.into_iter().find(|(kept, _)| !kept).map(|(_, reason)| reason)
    }

    /// The issuer, alone or among others.
    fn is_for_us(&self, audience: Option<&Value>) -> bool {
        match audience {
            Some(Value::Array(list)) => list.iter().any(|one| one.as_str() == Some(self.issuer)),
            Some(one) => one.as_str() == Some(self.issuer),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://id.example/t/a";

    fn broken(change: impl FnOnce(&mut Value)) -> Option<&'static str> {
        let mut claims = json!({
            "iss": "bank", "aud": ISSUER, "exp": 1060, "nbf": 1000, "iat": 1000, "jti": "1", "scope": "openid",
        });
        change(&mut claims);
        Rules { id: "bank", issuer: ISSUER, now: 1000 }.broken(claims.as_object().unwrap())
    }

    #[test]
    fn a_request_says_whose_it_is_for_whom_and_how_long() {
        assert_eq!(broken(|_| {}), None);
        for (member, value, word) in [
            ("iss", json!("other"), "issuer"),
            ("iss", Value::Null, "issuer"),
            ("aud", json!("https://id.example/t/b"), "server"),
            ("aud", json!(["https://id.example/t/b"]), "server"),
            ("aud", json!(format!("{ISSUER}/oauth2/token")), "server"),
            ("aud", Value::Null, "server"),
            ("client_id", json!("other"), "client_id"),
            ("sub", json!("bank"), "assertion"),
            ("request", json!("x"), "inside"),
            ("exp", json!(1000), "ended"),
            ("exp", json!("1060"), "ended"),
            ("exp", json!(4601), "hour"),
            ("nbf", json!(1061), "yet"),
            ("nbf", json!(-2601), "old"),
            ("iat", json!(1061), "future"),
            ("jti", json!(""), "jti"),
            ("jti", json!(7), "jti"),
            ("jti", json!("j".repeat(1025)), "jti"),
        ] {
            let reason = broken(|claims| claims[member] = value.clone());
            assert!(reason.is_some_and(|reason| reason.contains(word)), "{member} {value}: {reason:?}");
        }
        for member in ["iss", "aud", "exp", "nbf", "iat", "jti"] {
            assert!(broken(|claims| drop(claims.as_object_mut().unwrap().remove(member))).is_some(), "{member}");
        }
        for (member, value) in
            [("aud", json!(["https://b.example", ISSUER])), ("client_id", json!("bank")), ("exp", json!(4600))]
        {
            assert_eq!(broken(|claims| claims[member] = value.clone()), None, "{member} {value}");
        }
    }

    #[test]
    fn claims_are_parameters() {
        let read = |claims: Value| parameters(claims.as_object().unwrap().clone());
        for expiry in [json!(60), json!("60")] {
            let found =
                read(json!({ "scope": "openid", "requested_expiry": expiry, "jti": "1", "more": ["x"] })).unwrap();
            let found: Vec<(&str, &str)> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(found, [("requested_expiry", "60"), ("scope", "openid")]);
        }
        let found = read(json!({ "authorization_details": [{ "type": "payment" }] })).unwrap();
        assert_eq!(found["authorization_details"], r#"[{"type":"payment"}]"#);
        for (named, expected) in
            [(json!("https://a.example"), 1), (json!(["https://a.example", "https://b.example"]), 2)]
        {
            assert_eq!(resources(json!({ "resource": named }).as_object().unwrap()).unwrap().len(), expected);
        }
        assert!(resources(json!({ "resource": 7 }).as_object().unwrap()).is_err());
        for wrong in [json!({ "scope": 7 }), json!({ "login_hint": ["ann"] }), json!({ "binding_message": null })] {
            assert!(matches!(read(wrong.clone()), Err(NotAsked::Request(_))), "{wrong}");
        }
    }
}
