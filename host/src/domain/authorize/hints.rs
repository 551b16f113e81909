//! Who the client thinks it is, and what it would like to know: `id_token_hint`, `claims`, `login_hint`, `acr_values`,
//! `ui_locales` (OpenID Connect Core §3.1.2.1, §5.5).
//!
//! Lines of `checks`. A hint that is wrong is refused; one that cannot be met is no mistake of the client's.

use serde_json::{Map, Value};

use super::{
    Place,
    checks::Draft,
    refusal::{Refusal, Wrong},
};
use crate::domain::{
    grant::Grant,
    in_force,
    issue::{
        self, Refused,
        id_token::{self, OPENID},
    },
};

/// More context classes or languages than anybody means.
const MOST_WORDS: usize = 16;
/// The longest language tag (RFC 5646 §4.4.1).
const LONGEST_TAG: usize = 35;
/// The longest subject, with room for those of providers, which are 255 bytes at most (OpenID Connect Core §2).
const LONGEST_SUBJECT: usize = 1024;

/// An ID token of ours for this client. It may have expired: it is a hint who the person is, not a proof.
pub(super) fn id_token_hint(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    let Some(token) = draft.sent.get("id_token_hint") else { return Ok(()) };
    let Place { domain, tenant, id, .. } = draft.place;
    match id_token::read_hint(domain, tenant, id, token)? {
        Some(hint) if hint.audience.iter().any(|client| client == draft.client.0) => expect(draft, &hint.subject),
        Some(_) => Err(Refusal::request("id_token_hint is not for this client").into()),
        None => Err(Refusal::request("id_token_hint is no ID token of this server").into()),
    }
}

/// The person must be this one, and no other as well.
fn expect(draft: &mut Draft<'_>, subject: &str) -> Result<(), Wrong> {
    if subject.len() > LONGEST_SUBJECT {
        return Err(Refusal::request("nobody has a name as long as the sub that is asked for").into());
    }
    match &draft.request.expected_subject {
        Some(other) if other != subject => Err(Refusal::request("two different people are asked for").into()),
        _ => {
            draft.request.expected_subject = Some(subject.to_owned());
            Ok(())
        }
    }
}

/// The claims asked for one by one (OpenID Connect Core §5.5), with the person and the context class that they insist on.
pub(super) fn claims(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    let Some(text) = draft.sent.get("claims") else { return Ok(()) };
    let wrong = || Refusal::request("claims must be an object of objects in JSON, as in OpenID Connect Core 5.5");
    let all: Map<String, Value> = serde_json::from_str(text).map_err(|_| wrong())?;
    let shaped = ["userinfo", "id_token"].into_iter().filter_map(|place| all.get(place)).all(is_list_of_claims);
    if !shaped {
        return Err(wrong().into());
    }
    let wanted = |name: &str| all.get("id_token").and_then(|claims| claims.get(name)).and_then(Value::as_object);
    if let Some(acr) = wanted("acr").filter(|acr| acr.get("essential") == Some(&Value::Bool(true))) {
        draft.request.required_acr = values(acr);
    }
    if let Some(subject) = wanted("sub").and_then(|sub| sub.get("value")).and_then(Value::as_str) {
        expect(draft, subject)?;
    }
    let named = ["userinfo", "id_token"].into_iter().filter_map(|place| all.get(place).and_then(Value::as_object));
    ask_for_scopes(draft, &named.flat_map(Map::keys).map(String::as_str).collect::<Vec<_>>())?;
    draft.request.claims = Some(text.to_owned());
    Ok(())
}

/// A claim that is named is told with one of its scopes, or not at all: its name alone would go round policies and consents.
fn ask_for_scopes(draft: &mut Draft<'_>, named: &[&str]) -> Result<(), Wrong> {
    let Place { domain, tenant, id, .. } = draft.place;
    if named.is_empty() || !draft.asks_for(OPENID) {
        return Ok(());
    }
    let mut may_have = match issue::of_client(domain, tenant, draft.client.1, None) {
        Err(Refused::Failure(failure)) => return Err(failure.into()),
        other => other.unwrap_or_default(),
    };
    // That one makes another kind of request of it.
    may_have.retain(|scope| scope != Grant::OFFLINE);
    let more = in_force::claims::scopes_of(domain, (tenant, id), named, (&draft.request.scopes, &may_have))?;
    draft.request.scopes.extend(more);
    Ok(())
}

fn is_list_of_claims(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(claims) => claims.values().all(|claim| claim.is_null() || claim.is_object()),
        _ => false,
    }
}

/// `value` or `values` of a claim, as far as they are texts.
fn values(claim: &Map<String, Value>) -> Vec<String> {
    let several = claim.get("values").and_then(Value::as_array).into_iter().flatten();
    several.chain(claim.get("value")).filter_map(Value::as_str).map(str::to_owned).take(MOST_WORDS).collect()
}

/// What the pages and the choice of a session look at, and nobody needs to refuse.
pub(super) fn others(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    let words = |name: &str| {
        let text = draft.sent.get(name).unwrap_or_default();
        text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).take(MOST_WORDS)
    };
    let is_tag =
        |tag: &String| tag.len() <= LONGEST_TAG && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let (acr_values, ui_locales) = (words("acr_values").collect(), words("ui_locales").filter(is_tag).collect());
    draft.request.acr_values = acr_values;
    draft.request.ui_locales = ui_locales;
    draft.request.login_hint = draft.sent.get("login_hint").map(str::to_owned);
    Ok(())
}
