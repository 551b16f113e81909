//! Who acts for somebody (RFC 8693 §1.1, §4.1, §4.4): the bearer of an actor token, or else the client itself, which then takes
//! their place without a trace but its name as client.

use serde_json::Value;

use super::{
    super::{Asked, Refused, required},
    ACCESS_TOKEN, JWT,
    subject::{self, Subject},
};
use crate::domain::{
    Confirmation, Failure,
    token::{Actor, Known},
};

/// The parameter.
const MEMBER: &str = "form.actor_token";
/// The most who act one after another: whoever looks at a token later must be able to read all of them.
const MOST: usize = 4;

/// Who acts from now on, with those who did before. None when no actor is named. Where the token says who may act, nobody else
/// does: neither whoever is named, nor a client that the token was not issued to.
pub(super) fn shown(asked: &Asked<'_>, subject: &Subject) -> Result<Option<Actor>, Refused> {
    let issuer = asked.domain.issuer(asked.tenant, asked.server.0);
    let id = &asked.proven.id;
    let acting = named(asked)?.map(|known| Actor { sub: known.claims.sub.clone(), client_id: id.clone(), act: None });
    let itself = Actor { sub: id.clone(), client_id: id.clone(), act: None };
    let takes_part = acting.as_ref().or_else(|| (subject.client_id != *id).then_some(&itself));
    if let (Some(may_act), Some(actor)) = (&subject.may_act, takes_part)
        && !names(may_act, actor, &issuer)
    {
        return Err(Failure::malformed("form.subject_token", "says who may act, and it is somebody else").into());
    }
    let Some(acting) = acting else { return Ok(None) };
    let chain = Actor { act: subject.act.clone().map(Box::new), ..acting };
    match chain.count() > MOST {
        true => Err(Failure::malformed(MEMBER, format!("more than {MOST} would act one after another")).into()),
        false => Ok(Some(chain)),
    }
}

/// The actor token: an access token that was issued to the client that shows it. Who acts is one party, so it says nothing of others
/// acting; one that is bound to a key is shown with that key.
fn named(asked: &Asked<'_>) -> Result<Option<std::sync::Arc<Known>>, Failure> {
    const TYPE: &str = "form.actor_token_type";
    let Some(token) = asked.sent.actor_token else {
        return match asked.sent.actor_token_type {
            None => Ok(None),
            Some(_) => Err(Failure::malformed(TYPE, "goes with `actor_token` only")),
        };
    };
    let kind = required("actor_token_type", asked.sent.actor_token_type)?;
    if ![ACCESS_TOKEN, JWT].contains(&kind) {
        return Err(Failure::malformed(TYPE, format!("must be `{ACCESS_TOKEN}` or `{JWT}`")));
    }
    let known = subject::access_token(asked, kind, token)?;
    let known = known.ok_or_else(|| Failure::malformed(MEMBER, "is no such token of this server, or good no more"))?;
    let proven = |bound: &Confirmation| asked.confirmation.is_some_and(|proven| holds(bound, proven));
    let rules = [
        (known.bearer.client_id == asked.proven.id, "was not issued to this client"),
        (known.claims.act.is_none() && known.claims.sub_since.is_none(), "was exchanged for somebody else's"),
        (known.bearer.confirmation.as_ref().is_none_or(proven), "is bound to a key that was not proven"),
    ];
    match rules.into_iter().find(|(kept, _)| !kept) {
        Some((_, reason)) => Err(Failure::malformed(MEMBER, reason)),
        None => Ok(Some(known)),
    }
}

/// Whether whoever has proven these keys holds all that something is bound to.
pub(super) fn holds(bound: &Confirmation, proven: &Confirmation) -> bool {
    let held = |bound: &Option<String>, proven: &Option<String>| bound.is_none() || bound == proven;
    held(&bound.jkt, &proven.jkt) && held(&bound.x5t_s256, &proven.x5t_s256)
}

/// Whether a claim `may_act` names an actor. Everything it says must be true of them; what we cannot tell is not.
fn names(may_act: &Value, actor: &Actor, issuer: &str) -> bool {
    let Value::Object(members) = may_act else { return false };
    let is_true = |(name, value): (&String, &Value)| match name.as_str() {
        "sub" => value.as_str() == Some(&actor.sub),
        "client_id" => value.as_str() == Some(&actor.client_id),
        "iss" => value.as_str() == Some(issuer),
        _ => false,
    };
    (members.contains_key("sub") || members.contains_key("client_id")) && members.iter().all(is_true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_may_act_is_named_completely() {
        let actor = Actor { sub: "anna".to_owned(), client_id: "till".to_owned(), act: None };
        let named = |may_act: Value| names(&may_act, &actor, "https://id.example/t/a");
        assert!(named(json!({ "sub": "anna" })) && named(json!({ "client_id": "till" })));
        assert!(named(json!({ "sub": "anna", "client_id": "till", "iss": "https://id.example/t/a" })));
        for may_act in [
            json!({}),
            json!({ "iss": "https://id.example/t/a" }),
            json!({ "sub": "bob" }),
            json!({ "sub": "anna", "client_id": "scale" }),
            json!({ "sub": "anna", "iss": "https://id.example/t/b" }),
            json!({ "sub": "anna", "email": "anna@example.com" }),
            json!({ "sub": ["anna"] }),
            json!("anna"),
            json!([{ "sub": "anna" }]),
            json!(null),
        ] {
            assert!(!named(may_act.clone()), "{may_act}");
        }
    }

    #[test]
    fn what_is_bound_is_held_by_all_its_keys() {
        let of = |jkt: Option<&str>, x5t: Option<&str>| Confirmation {
            jkt: jkt.map(str::to_owned),
            x5t_s256: x5t.map(str::to_owned),
        };
        assert!(holds(&of(Some("a"), None), &of(Some("a"), Some("b"))));
        assert!(!holds(&of(Some("a"), Some("b")), &of(Some("a"), None)));
        assert!(!holds(&of(Some("a"), None), &of(Some("c"), None)));
    }
}
