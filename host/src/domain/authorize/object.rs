//! Request objects (RFC 9101, OpenID Connect Core §6): an authorization request as a token that the client has signed, sent as it
//! is or lying at an address that the client has registered.
//!
//! Called by `came`. What is inside are the parameters that count, and no others (RFC 9101 §6.3). Every rule is a line of
//! [`Rules::broken`]; the signature is checked before what it covers is believed.
//!
//! An object with a `jti` is good once, as an assertion is. One without may come again until it ends, such as one that lies at
//! an address and never changes; whoever cannot have that pushes its requests, or names its objects.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{
    Place,
    refusal::{Refusal, Wrong},
};
use crate::{
    crypto::{jwe, jws},
    domain::{
        Domain, Failure,
        client::{ASYMMETRIC, Client},
        encryption,
        fetch::Exchange,
        profile::{self, Switch},
        proof::once::{self, LEEWAY, LONGEST, LONGEST_NAME, seconds},
        remote_keys,
        server::Server,
    },
};

/// What objects may be signed with. Never with nothing, and never with a secret: whoever knows a public key must not be taken for
/// its owner.
pub const REQUEST_ALGORITHMS: [&str; 5] = ASYMMETRIC;
/// The types that an object may say to be (RFC 9101 §10.8): none, or one of these. A client's key signs other things as well.
const TYPES: [&str; 2] = ["jwt", "oauth-authz-req+jwt"];
/// What is said of the object, and not asked for by it (RFC 7519 §4.1).
const ABOUT: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];
/// What may be there more than once (RFC 8707 §2).
const LISTS: [&str; 1] = ["resource"];
/// What names of used objects begin with, so that they are not those of assertions.
const USED: &str = "request object ";

/// The object at an address of the client's (RFC 9101 §5.2.2, OpenID Connect Core §6.2). Nobody can make us ask elsewhere: the
/// address is the registered one, byte for byte, and a network can only make us ask so often.
pub(super) async fn fetch(place: Place<'_>, client: &Client, uri: &str, address: &str) -> Result<String, Wrong> {
    let Place { domain, tenant, id, .. } = place;
    let wrong = |reason: &str| Wrong::from(Refusal::new("invalid_request_uri", reason));
    if !client.request_uris.iter().any(|known| known == uri) {
        return Err(wrong("the request_uri is not one of the client's"));
    }
    if !domain.objects.allows(tenant, id, address, domain.world.now_seconds()) {
        return Err(wrong("the request_uri is asked for too often from this network, try again later"));
    }
    // The fragment is for whoever compares it with the content (OpenID Connect Core §6.2), which is signed here.
    let url = uri.split('#').next().unwrap_or(uri);
    let headers = [("accept".to_owned(), "application/oauth-authz-req+jwt".to_owned())];
    let exchange = Exchange { method: "GET", url, headers: &headers, body: &[], hosts: None, most: jwe::MOST_BYTES };
    match domain.outbound.look(exchange).await {
        Ok(answer) if answer.status == 200 => {
            let text = String::from_utf8(answer.body).map_err(|_| wrong("the request_uri holds no request object"))?;
            Ok(text.trim().to_owned())
        }
        Ok(answer) => Err(wrong(&format!("the request_uri answered with status {}", answer.status))),
        Err(failure) => Err(wrong(&format!("the request_uri {failure}"))),
    }
}

/// The parameters in an object of the client's.
pub(super) async fn read(
    place: Place<'_>,
    (id, client): (&str, &Client),
    token: &str,
) -> Result<Vec<(String, String)>, Wrong> {
    let Place { domain, tenant, .. } = place;
    let wrong = |reason: &str| Wrong::from(Refusal::new("invalid_request_object", format!("the object {reason}")));
    let token = opened(place, token)?.ok_or_else(|| wrong("is not encrypted for this server"))?;
    let claims = signed_by(domain, place.server, client, &client.request_object_signing_alg, &token).await;
    let claims = claims.ok_or_else(|| {
        wrong("is not signed by the client with an asymmetric algorithm, the one that it has registered if it has")
    })?;
    let (issuer, now) = (place.issuer(), domain.world.now_seconds());
    let dated = profile::requires(place.server, Switch::DatedRequests);
    if let Some(reason) = (Rules { id, issuer: &issuer, dated, now }).broken(&claims) {
        return Err(wrong(reason));
    }
    if let Some(jti) = claims.get("jti").and_then(Value::as_str) {
        let ends = seconds(&claims, "exp").ok().flatten().unwrap_or_default();
        if !once::spend(domain, tenant, id, &format!("{USED}{jti}"), ends).await? {
            return Err(wrong("was used before"));
        }
    }
    Ok(parameters(claims))
}

/// What is signed: the object itself, or what is encrypted in it (RFC 9101 §6.1). None when that does not open.
fn opened<'a>(Place { domain, tenant, id, .. }: Place<'_>, token: &'a str) -> Result<Option<Cow<'a, str>>, Failure> {
    if !jwe::is_encrypted(token) {
        return Ok(Some(Cow::Borrowed(token)));
    }
    let plain = encryption::open(domain, tenant, id, token)?;
    Ok(plain.and_then(|plain| String::from_utf8(plain).ok()).map(Cow::Owned))
}

/// The claims of a request, if the client's own key has signed them with the algorithm that it has registered for such requests;
/// with any that is asymmetric where that is empty. Nothing in them is believed but the signature.
pub(in crate::domain) async fn signed_by(
    domain: &Domain,
    server: &Server,
    client: &Client,
    registered: &str,
    token: &str,
) -> Option<Map<String, Value>> {
    let header = jws::decode_header(token).ok()?;
    let as_registered = (registered.is_empty() || registered == header.alg) && profile::may_sign(server, &header.alg);
    if !as_registered || !REQUEST_ALGORITHMS.contains(&header.alg.as_str()) || !is_type(header.typ.as_deref()) {
        return None;
    }
    let keys = remote_keys::of_client(domain, &client.keys, &header).await;
    keys.iter().find_map(|key| jws::verify(token, key).ok())
}

fn is_type(typ: Option<&str>) -> bool {
    let Some(typ) = typ else { return true };
    let typ = typ.to_ascii_lowercase();
    TYPES.contains(&typ.strip_prefix("application/").unwrap_or(&typ))
}

/// What an object must say (RFC 9101 §4, §5, §10.8).
struct Rules<'a> {
    /// The client.
    id: &'a str,
    /// The authorization server it is for.
    issuer: &'a str,
    /// Whether it must say from when until when it is good.
    dated: bool,
    /// In seconds since 1970.
    now: i64,
}

impl Rules<'_> {
    /// The first rule that is broken, one line each.
    fn broken(&self, claims: &Map<String, Value>) -> Option<&'static str> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let (ends, latest) = (seconds(claims, "exp"), self.now.saturating_add(LEEWAY));
        let begun = |name: &str| seconds(claims, name).is_ok_and(|at| at.is_none_or(|at| at <= latest));
        let named = claims.contains_key("jti");
        let soon = |ends: &Option<i64>| ends.is_some_and(|ends| ends <= latest.saturating_add(LONGEST));
        let rules = [
            (text("client_id") == Some(self.id), "has another client_id"),
            (text("iss") == Some(self.id), "has another issuer than the client"),
            (self.is_for_us(claims.get("aud")), "is not for this server"),
            (text("sub") != Some(self.id), "could be taken for a client assertion"),
            (!["request", "request_uri"].iter().any(|name| claims.contains_key(*name)), "has another one inside"),
            (ends.is_ok_and(|ends| ends.is_none_or(|ends| ends > self.now)), "has ended"),
            (begun("nbf"), "is not good yet"),
            (begun("iat"), "was issued in the future"),
            (!self.dated || self.is_dated(claims), "needs nbf and exp within an hour of each other, and of now"),
            (!named || text("jti").is_some_and(|jti| (1..=LONGEST_NAME).contains(&jti.len())), "has no good jti"),
            (!named || ends.as_ref().is_ok_and(soon), "has a jti, and does not end within an hour"),
        ];
        rules.into_iter().find(|(kept, _)| !kept).map(|(_, reason)| reason)
    }

    /// It began an hour ago at most, and ends an hour after it began at most (FAPI 1.0 Part 2 §5.2.2-13 and -17, FAPI 2.0
    /// Message Signing §5.3.1-3 and -4).
    fn is_dated(&self, claims: &Map<String, Value>) -> bool {
        let (Ok(Some(begins)), Ok(Some(ends))) = (seconds(claims, "nbf"), seconds(claims, "exp")) else { return false };
        begins >= self.now.saturating_sub(LONGEST) && ends.saturating_sub(begins) <= LONGEST
    }

    /// The issuer, alone or among others (RFC 9101 §4).
    fn is_for_us(&self, audience: Option<&Value>) -> bool {
        match audience {
            Some(Value::Array(list)) => list.iter().any(|one| one.as_str() == Some(self.issuer)),
            Some(one) => one.as_str() == Some(self.issuer),
            None => false,
        }
    }
}

/// The claims as parameters: texts as they are, everything else as JSON (RFC 9101 §4).
fn parameters(claims: Map<String, Value>) -> Vec<(String, String)> {
    let asked = claims.into_iter().filter(|(name, _)| !ABOUT.contains(&name.as_str()));
    asked.flat_map(|(name, value)| texts(&name, value).into_iter().map(move |text| (name.clone(), text))).collect()
}

fn texts(name: &str, value: Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text],
        Value::Array(list) if LISTS.contains(&name) => list.into_iter().flat_map(|one| texts("", one)).collect(),
        other => vec![other.to_string()],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://id.example/t/a";

    fn broken(change: impl FnOnce(&mut Value)) -> Option<&'static str> {
        broken_where(false, change)
    }

    fn broken_where(dated: bool, change: impl FnOnce(&mut Value)) -> Option<&'static str> {
        let mut claims = json!({ "iss": "till", "client_id": "till", "aud": ISSUER, "exp": 1060, "jti": "1" });
        change(&mut claims);
        Rules { id: "till", issuer: ISSUER, dated, now: 1000 }.broken(claims.as_object().unwrap())
    }

    #[test]
    fn a_profile_wants_to_know_from_when_until_when_an_object_is_good() {
        let of = |nbf: Value, exp: Value| {
            broken_where(true, |claims| {
                claims["nbf"] = nbf;
                claims["exp"] = exp;
            })
        };
        for (nbf, exp) in [(json!(1000), json!(4600)), (json!(-2599), json!(1001)), (json!(1000), json!(1001))] {
            assert_eq!(of(nbf.clone(), exp.clone()), None, "{nbf} {exp}");
        }
        for (nbf, exp) in [
            (Value::Null, json!(1060)),
            (json!(1000), Value::Null),
            (json!(1000), json!(4601)),
            (json!(-2601), json!(1001)),
            (json!("1000"), json!(1060)),
        ] {
            assert!(of(nbf.clone(), exp.clone()).is_some(), "{nbf} {exp}");
        }
    }

    #[test]
    fn an_object_says_whose_it_is_for_whom_and_how_long() {
        assert_eq!(broken(|_| {}), None);
        for (member, value, word) in [
            ("client_id", json!("other"), "client_id"),
            ("client_id", Value::Null, "client_id"),
            ("iss", json!("other"), "issuer"),
            ("iss", Value::Null, "issuer"),
            ("aud", json!("https://id.example/t/b"), "server"),
            ("aud", json!(["https://id.example/t/b"]), "server"),
            ("aud", Value::Null, "server"),
            ("sub", json!("till"), "assertion"),
            ("request", json!("x"), "inside"),
            ("request_uri", json!("x"), "inside"),
            ("exp", json!(1000), "ended"),
            ("exp", json!("1060"), "ended"),
            ("exp", json!(4661), "hour"),
            ("nbf", json!(1061), "yet"),
            ("nbf", json!("soon"), "yet"),
            ("iat", json!(1061), "future"),
            ("jti", json!(""), "jti"),
            ("jti", json!(7), "jti"),
            ("jti", json!("j".repeat(1025)), "jti"),
        ] {
            let reason = broken(|claims| claims[member] = value.clone());
            assert!(reason.is_some_and(|reason| reason.contains(word)), "{member} {value}: {reason:?}");
        }
        assert!(broken(|claims| drop(claims.as_object_mut().unwrap().remove("exp"))).is_some(), "a jti needs an end");
        for (member, value) in
            [("aud", json!([ISSUER, "https://b.example"])), ("sub", json!("alice")), ("exp", json!(4660))]
        {
            assert_eq!(broken(|claims| claims[member] = value.clone()), None, "{member} {value}");
        }
        let standing = |claims: &mut Value| {
            claims.as_object_mut().unwrap().retain(|name, _| !["exp", "jti"].contains(&name.as_str()))
        };
        assert_eq!(broken(standing), None);
    }

    #[test]
    fn an_object_says_to_be_one_or_nothing() {
        for typ in [None, Some("JWT"), Some("oauth-authz-req+jwt"), Some("application/oauth-authz-req+jwt")] {
            assert!(is_type(typ), "{typ:?}");
        }
        for typ in ["at+jwt", "dpop+jwt", "client-authentication+jwt", "", "logout+jwt"] {
            assert!(!is_type(Some(typ)), "{typ}");
        }
    }

    #[test]
    fn claims_are_parameters() {
        let claims = json!({
            "iss": "till", "jti": "1", "scope": "openid", "max_age": 60, "claims": { "id_token": { "acr": null } },
            "nonce": null, "resource": ["https://a.example", "https://b.example"], "prompt": ["none"],
        });
        let mut all = parameters(claims.as_object().unwrap().clone());
        all.sort();
        let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected = [
            ("claims", r#"{"id_token":{"acr":null}}"#),
            ("max_age", "60"),
            ("prompt", r#"["none"]"#),
            ("resource", "https://a.example"),
            ("resource", "https://b.example"),
            ("scope", "openid"),
        ];
        assert_eq!(all, expected);
    }
}
