//! The ID token of a provider: whether it is about this login (OpenID Connect Core §3.1.3.7). The signature is `keys`' part.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};

use super::errand::Errand;
use crate::crypto::{Secret, digest};

/// How far two clocks may be apart, in seconds.
pub(super) const LEEWAY: i64 = 60;
/// The longest subject (OpenID Connect Core §2).
const LONGEST_SUBJECT: usize = 255;

/// Checks the claims of a token whose signature, made with `algorithm`, is right. Answers the subject.
pub(super) fn check<'c>(
    claims: &'c Map<String, Value>,
    algorithm: &str,
    errand: &Errand,
    access_token: &Secret,
    now: i64,
) -> Result<&'c str, &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(errand.provider.issuer.as_str()) {
        return Err("its ID token is another issuer's");
    }
    if !is_for(claims, &errand.client_id) {
        return Err("its ID token is for somebody else");
    }
    times(claims, errand.since, now)?;
    if !text("nonce").is_some_and(|nonce| Secret::new(errand.nonce.as_str()).same(nonce)) {
        return Err("its ID token is of another login");
    }
    if claims.contains_key("at_hash") && text("at_hash") != half(algorithm, access_token).as_deref() {
        return Err("its ID token came with another access token");
    }
    let subject = text("sub").filter(|sub| !sub.is_empty() && sub.len() <= LONGEST_SUBJECT);
    let subject = subject.filter(|sub| !sub.contains(char::is_control));
    subject.ok_or("its ID token is about nobody")
}

/// Among several audiences, `azp` says for whom it was made (points 3 to 5).
fn is_for(claims: &Map<String, Value>, client_id: &str) -> bool {
    let ours = |value: &Value| value == client_id;
    let party = claims.get("azp").map(ours);
    match claims.get("aud") {
        Some(Value::Array(several)) if several.len() > 1 => several.iter().any(ours) && party == Some(true),
        Some(Value::Array(one)) => one.iter().any(ours) && party != Some(false),
        Some(one) => ours(one) && party != Some(false),
        None => false,
    }
}

fn times(claims: &Map<String, Value>, since: i64, now: i64) -> Result<(), &'static str> {
    let time = |name: &str| claims.get(name).and_then(seconds);
    if time("exp").is_none_or(|exp| exp.saturating_add(LEEWAY) <= now) {
        return Err("its ID token has expired");
    }
    // Made for this login, so not before it.
    let made = since.saturating_sub(LEEWAY)..=now.saturating_add(LEEWAY);
    if !time("iat").is_some_and(|iat| made.contains(&iat)) {
        return Err("its ID token was made at another time");
    }
    if claims.contains_key("nbf") && time("nbf").is_none_or(|nbf| nbf > now.saturating_add(LEEWAY)) {
        return Err("its ID token is not yet good");
    }
    Ok(())
}

/// A NumericDate, which may have a fraction (RFC 7519 §2).
pub(super) fn seconds(value: &Value) -> Option<i64> {
    let fraction = || value.as_f64().filter(|number| number.abs() < 1e15).map(|number| number as i64);
    value.as_i64().or_else(fraction)
}

/// The left half of the digest that goes with the signature's algorithm (§3.1.3.6).
fn half(algorithm: &str, token: &Secret) -> Option<String> {
    let bytes = token.expose().as_bytes();
    let digest = match algorithm {
        "EdDSA" => digest::sha512(bytes).to_vec(),
        _ if algorithm.ends_with("256") => digest::sha256(bytes).to_vec(),
        _ if algorithm.ends_with("384") => digest::sha384(bytes).to_vec(),
        _ if algorithm.ends_with("512") => digest::sha512(bytes).to_vec(),
        _ => return None,
    };
    let (left, _) = digest.split_at(digest.len() / 2);
    Some(BASE64URL_NOPAD.encode(left))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::{discovery::Discovery, errand::Errand},
        *,
    };

    const NOW: i64 = 1_700_000_000;

    fn errand() -> Errand {
        let provider = Discovery {
            issuer: "https://op.example".to_owned(),
            authorization_endpoint: String::new(),
            token_endpoint: String::new(),
            jwks_uri: String::new(),
            userinfo_endpoint: None,
            basic: true,
            names_itself: false,
        };
        Errand {
            method: "op".to_owned(),
            provider,
            client_id: "us".to_owned(),
            redirect_uri: String::new(),
            state: String::new(),
            nonce: "the nonce".to_owned(),
            verifier: String::new(),
            fresh: false,
            since: NOW - 100,
        }
    }

    fn checked(change: Value) -> Result<String, &'static str> {
        let mut claims = json!({
            "iss": "https://op.example", "aud": "us", "sub": "ada", "nonce": "the nonce", "iat": NOW, "exp": NOW + 300,
        });
        let claims = claims.as_object_mut().unwrap();
        claims.extend(change.as_object().unwrap().clone());
        claims.retain(|_, value| !value.is_null());
        check(claims, "ES256", &errand(), &Secret::new("token"), NOW).map(str::to_owned)
    }

    #[test]
    fn a_token_about_this_login_is_taken() {
        let at_hash = half("ES256", &Secret::new("token"));
        for fine in [
            json!({}),
            json!({ "at_hash": at_hash }),
            json!({ "aud": ["us"] }),
            json!({ "aud": ["others", "us"], "azp": "us" }),
            json!({ "nbf": NOW + LEEWAY, "iat": NOW + LEEWAY, "exp": NOW - LEEWAY + 1 }),
            json!({ "iat": NOW - 100 - LEEWAY }),
            json!({ "exp": NOW as f64 + 0.5 }),
        ] {
            assert_eq!(checked(fine.clone()), Ok("ada".to_owned()), "{fine}");
        }
    }

    #[test]
    fn any_other_is_not() {
        for wrong in [
            json!({ "iss": "https://op.example/" }),
            json!({ "iss": null }),
            json!({ "aud": "others" }),
            json!({ "aud": null }),
            json!({ "aud": [] }),
            json!({ "aud": ["us", "others"] }),
            json!({ "aud": ["us", "others"], "azp": "others" }),
            json!({ "azp": "others" }),
            json!({ "nonce": "another" }),
            json!({ "nonce": null }),
            json!({ "exp": NOW - LEEWAY }),
            json!({ "exp": null }),
            json!({ "exp": "2050" }),
            json!({ "iat": NOW + LEEWAY + 1 }),
            json!({ "iat": NOW - 100 - LEEWAY - 1 }),
            json!({ "iat": null }),
            json!({ "nbf": NOW + LEEWAY + 1 }),
            json!({ "nbf": "now" }),
            json!({ "at_hash": "AAAA" }),
            json!({ "at_hash": 1 }),
            json!({ "sub": "" }),
            json!({ "sub": 7 }),
            json!({ "sub": "a".repeat(256) }),
            json!({ "sub": "a\n" }),
        ] {
            assert!(checked(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn hashes_go_with_the_algorithm() {
        let token = Secret::new("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"); // OpenID Connect Core, appendix A.3
        assert_eq!(half("RS256", &token).as_deref(), Some("77QmUPtjPfzWtF2AnpK9RQ"));
        assert_eq!(half("ES384", &token).map(|text| text.len()), Some(32));
        assert_eq!(half("none", &token), None);
    }
}
