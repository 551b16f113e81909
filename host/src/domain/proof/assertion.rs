//! Client assertions: a signed statement by which a client proves itself (RFC 7523 §2.2 and §3, OpenID Connect Core §9).
//!
//! Called by `proof`. Every rule is a line of [`Rules::broken`]; the signature is checked before what it covers is believed, and
//! an assertion is written down as used only when everything else about it is right.

use serde_json::{Map, Value};

use super::once::{self, LEEWAY, LONGEST, LONGEST_NAME, seconds};
use crate::{
    crypto::jws,
    domain::{
        Domain, Failure,
        client::{ASYMMETRIC, AuthMethod, Client},
        credential, key_ring,
        profile::{self, Switch},
        remote_keys,
        server::Server,
    },
};

/// The types an assertion may say to be (RFC 8725 §3.11): none, or one of these. A client's key signs other things as well.
const TYPES: [&str; 2] = ["jwt", "client-authentication+jwt"];

/// Where clients show assertions, below the issuer: one for any of these is for this server (RFC 7523 §3, RFC 9126 §2, CIBA §7.1).
const ENDPOINTS: &[&str] = &[
    TOKEN_ENDPOINT,
    "/oauth2/par",
    "/oauth2/device_authorization",
    "/oauth2/bc-authorize",
    "/oauth2/introspect",
    "/oauth2/revoke",
];
/// The token endpoint among them, where assertions about people are shown too.
pub(in crate::domain) const TOKEN_ENDPOINT: &str = "/oauth2/token";

/// The client that an assertion is said to be of. Not verified.
pub(super) fn claimed(token: &str) -> Option<String> {
    let claims = jws::peek_claims(token).ok()?;
    claims.get("sub").and_then(Value::as_str).map(str::to_owned)
}

/// Whether `token` proves the client `id` of a server, and was not shown before.
pub(super) async fn proves(
    domain: &Domain,
    tenant: &str,
    (server_id, server): (&str, &Server),
    id: &str,
    client: Option<&Client>,
    token: &str,
) -> Result<bool, Failure> {
    let claims = match client {
        Some(client) => signed(domain, tenant, server, (id, client), token).await?,
        None => {
            decoy(domain, tenant, server_id, token)?;
            return Ok(false);
        }
    };
    let Some(claims) = claims else { return Ok(refused(id, "its signature is not the client's")) };
    let (issuer, strict) = (domain.issuer(tenant, server_id), profile::requires(server, Switch::StrictAudience));
    let now = domain.world.now_seconds();
    let rules = Rules { by: id, about: Some(id), issuer: &issuer, endpoints: ENDPOINTS, alias: None, strict, now };
    if let Some(reason) = rules.broken(&claims) {
        return Ok(refused(id, reason));
    }
    match spend(domain, tenant, id, &claims).await? {
        true => Ok(true),
        false => Ok(refused(id, "it was used before")),
    }
}

/// The client is told the same whatever is wrong; its operator can ask ours.
fn refused(client: &str, reason: &str) -> bool {
    tracing::info!(client, reason, "a client assertion was refused");
    false
}

/// The claims, if the client's own key or secret has signed them, in the way that it has registered.
async fn signed(
    domain: &Domain,
    tenant: &str,
    server: &Server,
    (id, client): (&str, &Client),
    token: &str,
) -> Result<Option<Map<String, Value>>, Failure> {
    let Ok(header) = jws::decode_header(token) else { return Ok(None) };
    let registered = client.auth_signing_alg.is_empty() || client.auth_signing_alg == header.alg;
    if !registered || !profile::may_sign(server, &header.alg) || !is_type(header.typ.as_deref()) {
        return Ok(None);
    }
    match client.auth_method {
        AuthMethod::ClientSecretJwt if !client.secret_has_ended(domain.world.now_seconds()) => {
            let secret = credential::reveal(domain, tenant, id)?;
            Ok(secret.and_then(|secret| jws::verify_shared(token, secret.expose().as_bytes()).ok()))
        }
        AuthMethod::PrivateKeyJwt if ASYMMETRIC.contains(&header.alg.as_str()) => {
            let keys = remote_keys::of_client(domain, &client.keys, &header).await;
            Ok(keys.iter().find_map(|key| jws::verify(token, key).ok()))
        }
        _ => Ok(None),
    }
}

fn is_type(typ: Option<&str>) -> bool {
    let Some(typ) = typ else { return true };
    let typ = typ.to_ascii_lowercase();
    TYPES.contains(&typ.strip_prefix("application/").unwrap_or(&typ))
}

/// A client that is unknown costs a signature as well. What cannot be imitated is where a known one's keys lie.
fn decoy(domain: &Domain, tenant: &str, server: &str, token: &str) -> Result<(), Failure> {
    // Whatever comes out is no proof of anybody.
    let _ = jws::verify_shared(token, &[0; 43]);
    let _ = jws::verify(token, &key_ring::signing(domain, tenant, server)?.verifier());
    Ok(())
}

/// What an assertion must say (RFC 7523 §3), of a client or of an issuer that the server trusts.
pub(in crate::domain) struct Rules<'a> {
    /// Who must have made it.
    pub(in crate::domain) by: &'a str,
    /// Whom it must be about. None where that is for whoever asks to look at.
    pub(in crate::domain) about: Option<&'a str>,
    /// The authorization server it is for.
    pub(in crate::domain) issuer: &'a str,
    /// Its endpoints by whose addresses it may be meant as well, below the issuer.
    pub(in crate::domain) endpoints: &'a [&'a str],
    /// Another name by which it may mean the server.
    pub(in crate::domain) alias: Option<&'a str>,
    /// Whether it must name the issuer, and nothing else.
    pub(in crate::domain) strict: bool,
    /// In seconds since 1970.
    pub(in crate::domain) now: i64,
}

impl Rules<'_> {
    /// The first rule that is broken, one line each.
    pub(in crate::domain) fn broken(&self, claims: &Map<String, Value>) -> Option<&'static str> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let ends = seconds(claims, "exp").ok().flatten();
        let latest = self.now.saturating_add(LEEWAY);
        let begun = |name: &str| seconds(claims, name).is_ok_and(|at| at.is_none_or(|at| at <= latest));
        let rules = [
            (text("iss") == Some(self.by), "the assertion's issuer is somebody else"),
            (self.about.is_none_or(|about| text("sub") == Some(about)), "the assertion's subject is somebody else"),
            (self.is_for_us(claims.get("aud")), "the assertion is not for this server alone"),
            (ends.is_some(), "the assertion has no end"),
            (ends.is_some_and(|ends| ends > self.now), "the assertion has ended"),
            (ends.is_some_and(|ends| ends <= latest.saturating_add(LONGEST)), "the assertion ends too late"),
            (begun("nbf"), "the assertion is not good yet"),
            (begun("iat"), "the assertion was issued in the future"),
            (text("jti").is_some_and(|jti| (1..=LONGEST_NAME).contains(&jti.len())), "the assertion has no name"),
        ];
        rules.into_iter().find(|(kept, _)| !kept).map(|(_, reason)| reason)
    }

    /// The issuer, one of its endpoints, or what else it is called, as a text or in a list, and nobody else: who else it is for
    /// could show it here.
    fn is_for_us(&self, audience: Option<&Value>) -> bool {
        let ours = |value: &Value| {
            let text = value.as_str();
            let below = |path: &str| path.is_empty() || self.endpoints.contains(&path);
            let own = |text: &str| text.strip_prefix(self.issuer).is_some_and(below);
            text.is_some_and(|text| own(text) || Some(text) == self.alias)
        };
        match audience {
            Some(only) if self.strict => only.as_str() == Some(self.issuer),
            Some(Value::Array(list)) => !list.is_empty() && list.iter().all(ours),
            Some(one) => ours(one),
            None => false,
        }
    }
}

/// Writes down that an assertion was used. False when it was before.
async fn spend(domain: &Domain, tenant: &str, id: &str, claims: &Map<String, Value>) -> Result<bool, Failure> {
    let jti = claims.get("jti").and_then(Value::as_str).unwrap_or_default();
    let ends = seconds(claims, "exp").ok().flatten().unwrap_or_default();
    once::spend(domain, tenant, id, jti, ends).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://id.example/t/a";

    fn broken(change: impl FnOnce(&mut Value)) -> Option<&'static str> {
        broken_where(false, change)
    }

    fn broken_where(strict: bool, change: impl FnOnce(&mut Value)) -> Option<&'static str> {
        let mut claims =
            json!({ "iss": "till", "sub": "till", "aud": ISSUER, "exp": 1060, "nbf": 1000, "iat": 1000, "jti": "1" });
        change(&mut claims);
        let alias = Some("us");
        let rules =
            Rules { by: "till", about: Some("till"), issuer: ISSUER, endpoints: ENDPOINTS, alias, strict, now: 1000 };
        rules.broken(claims.as_object().unwrap())
    }

    #[test]
    fn an_assertion_says_who_for_whom_and_how_long() {
        assert_eq!(broken(|_| {}), None);
        for (member, value, word) in [
            ("iss", json!("other"), "issuer"),
            ("iss", Value::Null, "issuer"),
            ("sub", json!("other"), "subject"),
            ("exp", Value::Null, "end"),
            ("exp", json!("1060"), "end"),
            ("exp", json!(1000), "ended"),
            ("exp", json!(-1), "ended"),
            ("exp", json!(4661), "too late"),
            ("exp", json!(1e300), "too late"),
            ("nbf", json!(1061), "yet"),
            ("nbf", json!("soon"), "yet"),
            ("iat", json!(1061), "future"),
            ("jti", json!(""), "name"),
            ("jti", json!(7), "name"),
            ("jti", json!("j".repeat(1025)), "name"),
        ] {
            let reason = broken(|claims| claims[member] = value.clone());
            assert!(reason.is_some_and(|reason| reason.contains(word)), "{member} {value}: {reason:?}");
        }
        for (member, value) in
            [("exp", json!(4660)), ("exp", json!(1000.9e0 + 1.0)), ("nbf", json!(1060)), ("iat", json!(1060))]
        {
            assert_eq!(broken(|claims| claims[member] = value.clone()), None, "{member} {value}");
        }
        for member in ["nbf", "iat"] {
            assert_eq!(broken(|claims| drop(claims.as_object_mut().unwrap().remove(member))), None, "{member}");
        }
    }

    #[test]
    fn an_assertion_is_for_this_server_and_nobody_else() {
        let token = format!("{ISSUER}/oauth2/token");
        for aud in [json!(ISSUER), json!([ISSUER]), json!([ISSUER, token]), json!("us")] {
            assert_eq!(broken(|claims| claims["aud"] = aud.clone()), None, "{aud}");
        }
        for endpoint in ENDPOINTS {
            let aud = format!("{ISSUER}{endpoint}");
            assert_eq!(broken(|claims| claims["aud"] = json!(aud)), None, "{aud}");
        }
        for aud in [
            json!(null),
            json!([]),
            json!("till"),
            json!(format!("{ISSUER}/")),
            json!("https://id.example/t/b"),
            json!(format!("{ISSUER}/oauth2/tokens")),
            json!(format!("{ISSUER}/oauth2/authorize")),
            json!(format!("{ISSUER}/oauth2/par/")),
            json!("/oauth2/par"),
            json!(""),
            json!([ISSUER, "https://other.example"]),
            json!([[ISSUER]]),
        ] {
            assert!(broken(|claims| claims["aud"] = aud.clone()).is_some(), "{aud}");
        }
    }

    #[test]
    fn a_profile_lets_an_assertion_be_for_the_issuer_as_a_text_only() {
        let token = format!("{ISSUER}/oauth2/token");
        assert_eq!(broken_where(true, |_| {}), None);
        let par = format!("{ISSUER}/oauth2/par");
        for aud in [json!(token), json!(par), json!([ISSUER]), json!([ISSUER, token]), json!(null), json!("till")] {
            assert!(broken_where(true, |claims| claims["aud"] = aud.clone()).is_some(), "{aud}");
        }
    }

    #[test]
    fn an_assertion_says_to_be_one_or_nothing() {
        for typ in [None, Some("JWT"), Some("jwt"), Some("client-authentication+jwt"), Some("application/jwt")] {
            assert!(is_type(typ), "{typ:?}");
        }
        for typ in ["at+jwt", "dpop+jwt", "oauth-authz-req+jwt", "", "logout+jwt"] {
            assert!(!is_type(Some(typ)), "{typ}");
        }
    }
}
