//! From a provider's tokens to an identity of ours.
//!
//! The subject is `{id of the method}:{sub}`. A provider is the master of its own subjects only: whatever it calls somebody,
//! it cannot mean a person of another method, since ids of methods have no colon.

use serde_json::{Map, Value};

use super::{
    Trouble, azure,
    errand::Errand,
    exchange::Tokens,
    id_token::{self, LEEWAY, seconds},
    keys, userinfo,
};
use crate::{
    crypto::Secret,
    domain::{
        Domain,
        authentication::{Authentication, Provider, mapping},
        identity::Identity,
    },
};

/// The largest authentication context, in bytes of JSON: it is kept with every session and grant.
const MOST_BYTES: usize = 64 * 1024;
/// The most methods that a provider may name (`amr`), and the longest of them.
const MOST_WORDS: usize = 16;
/// The longest word of `amr`, and the longest `acr`.
const LONGEST_WORD: usize = 128;
/// What says how a token was made rather than who somebody is. It is not copied unless a mapping asks for it.
pub(in crate::domain) const MECHANICS: [&str; 14] = [
    "iss",
    "aud",
    "azp",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "at_hash",
    "c_hash",
    "token_use",
    "typ",
    "auth_time",
    "sid",
];

/// Who a person is that comes back with these tokens.
pub(super) async fn of(
    domain: &Domain,
    method: &Authentication,
    provider: &Provider,
    errand: &Errand,
    tokens: &Tokens,
) -> Result<Identity, Trouble> {
    let now = domain.world.now_seconds();
    let verified = keys::verify(domain, &errand.provider.jwks_uri, tokens.id.expose()).await?;
    let subject = id_token::check(&verified.claims, verified.algorithm, errand, &tokens.access, now)?.to_owned();
    let auth_time = auth_time(&verified.claims, errand, now)?;
    let known = attributes(domain, provider, errand, tokens, &subject, &verified.claims).await?;
    Ok(Identity {
        subject: format!("{}:{subject}", method.id),
        method: method.id.clone(),
        auth_time,
        acr: word(verified.claims.get("acr")),
        amr: amr(verified.claims.get("amr")),
        context: context(method, known)?,
        proof: None,
    })
}

/// When the person has logged in there. Whoever was to do so anew must have: the login may depend on it.
fn auth_time(claims: &Map<String, Value>, errand: &Errand, now: i64) -> Result<i64, &'static str> {
    let Some(claimed) = claims.get("auth_time") else { return Ok(now) };
    let at = seconds(claimed).filter(|at| (0..=now.saturating_add(LEEWAY)).contains(at));
    let at = at.ok_or("its ID token tells no time of the login")?;
    match errand.fresh && at < errand.since.saturating_sub(LEEWAY) {
        true => Err("it did not let the person log in anew"),
        false => Ok(at.min(now)),
    }
}

/// Everything that is known of the person. Where two say something, the ID token counts: it is signed.
async fn attributes(
    domain: &Domain,
    provider: &Provider,
    errand: &Errand,
    tokens: &Tokens,
    subject: &str,
    claims: &Map<String, Value>,
) -> Result<Map<String, Value>, Trouble> {
    let mut known = of_access_token(domain, errand, &tokens.access, subject).await?;
    let mut groups = None;
    match provider {
        Provider::Oidc { get_user_info: true, .. } | Provider::Cognito { get_user_info: true, .. } => {
            known.extend(userinfo::claims(domain, errand, &tokens.access, subject).await?);
        }
        Provider::Oidc { .. } | Provider::Cognito { .. } => {}
        Provider::Azure { get_user, fetch_groups, group_name_format, only_security_groups, tenant: _ } => {
            if *get_user {
                known.extend(azure::user(domain, &tokens.access, claims.get("oid")).await?);
            }
            if *fetch_groups {
                let found = azure::groups(domain, &tokens.access, group_name_format, *only_security_groups).await?;
                groups = Some(Value::Array(found));
            }
        }
    }
    known.extend(claims.clone());
    known.extend(groups.map(|groups| ("groups".to_owned(), groups)));
    Ok(known)
}

/// What an access token says that is a signed token of the same issuer about the same person. Most are for others to read.
async fn of_access_token(
    domain: &Domain,
    errand: &Errand,
    token: &Secret,
    subject: &str,
) -> Result<Map<String, Value>, Trouble> {
    match keys::verify(domain, &errand.provider.jwks_uri, token.expose()).await {
        Ok(verified) => {
            let is = |name: &str, text: &str| verified.claims.get(name).is_some_and(|value| value == text);
            let same = is("iss", &errand.provider.issuer) && is("sub", subject);
            Ok(if same { verified.claims } else { Map::new() })
        }
        Err(Trouble::Untrusted(_)) => Ok(Map::new()),
        Err(failure) => Err(failure),
    }
}

/// The authentication context, as JSON text.
fn context(method: &Authentication, mut known: Map<String, Value>) -> Result<String, &'static str> {
    if method.mappings.is_empty() {
        known.retain(|name, _| !MECHANICS.contains(&name.as_str()));
    }
    let text = Value::Object(mapping::apply(&method.mappings, known)).to_string();
    if text.len() > MOST_BYTES { Err("it tells more about the person than is kept") } else { Ok(text) }
}

/// How the person has logged in there, and that it was there (`fed`).
pub(in crate::domain) fn amr(claimed: Option<&Value>) -> Vec<String> {
    let words = claimed.and_then(Value::as_array).into_iter().flatten().take(MOST_WORDS);
    let mut amr: Vec<String> = words.filter_map(|value| word(Some(value))).filter(|word| word != "fed").collect();
    amr.push("fed".to_owned());
    amr
}

/// A short text.
pub(in crate::domain) fn word(value: Option<&Value>) -> Option<String> {
    let text = value.and_then(Value::as_str).filter(|text| !text.is_empty() && text.len() <= LONGEST_WORD);
    text.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_way_of_logging_in_is_kept_and_was_elsewhere() {
        assert_eq!(amr(None), ["fed"]);
        assert_eq!(amr(Some(&json!("pwd"))), ["fed"]);
        assert_eq!(amr(Some(&json!(["pwd", 7, "fed", "", "mfa"]))), ["pwd", "mfa", "fed"]);
    }

    #[test]
    fn acr_is_a_short_text() {
        assert_eq!(word(Some(&json!("urn:mace:silver"))), Some("urn:mace:silver".to_owned()));
        for value in [json!(1), json!(""), json!("a".repeat(129))] {
            assert_eq!(word(Some(&value)), None);
        }
    }
}
