//! The token that is exchanged (RFC 8693 §2.1): an access token or an ID token of this server that is good now.
//!
//! Tokens of other servers are none of ours, those of the same tenant included: what another server has granted was agreed to
//! there. Refresh tokens are refreshed by their own grant, where a second use is noticed.

use std::sync::Arc;

use serde_json::Value;

use super::{
    super::{Asked, Refused, id_token, required},
    ACCESS_TOKEN, ID_TOKEN, JWT,
};
use crate::{
    domain::{
        Confirmation, Failure,
        details::Detail,
        grant::{self, Grant},
        identity::Identity,
        token::{self, Actor, Known, MOST_BEFORE},
    },
    world::Micros,
};

/// The parameter.
const MEMBER: &str = "form.subject_token";
/// Why it is refused, whatever is wrong with it (RFC 8693 §2.2.2).
const UNKNOWN: &str = "is no such token of this server, has ended, or was revoked";
/// The claim that says who may act (RFC 8693 §4.4).
const MAY_ACT: &str = "may_act";

/// What a token says that is exchanged.
pub(super) struct Subject {
    /// What it was made from, with its id: a person's grant, or a client's own for longer than a token.
    pub(super) grant: Option<(String, Arc<Grant>)>,
    /// The client that it is about, and which client of that name. None when it is about a person.
    pub(super) machine: Option<(String, Micros)>,
    /// Whom it is about: the person or the client, by the name that we know them by.
    pub(super) sub: String,
    /// The client it was issued to.
    pub(super) client_id: String,
    /// Whom it is for.
    pub(super) audience: Vec<String>,
    /// What was granted.
    pub(super) scopes: Vec<String>,
    /// Its authorization details.
    pub(super) details: Vec<Detail>,
    /// When it ends, in seconds since 1970.
    pub(super) ends: i64,
    /// Whether it is an ID token, which is for clients.
    pub(super) is_id_token: bool,
    /// Who acts with it.
    pub(super) act: Option<Actor>,
    /// Who may.
    pub(super) may_act: Option<Value>,
    /// The keys it is bound to.
    pub(super) confirmation: Option<Confirmation>,
    /// The access tokens that the new one comes from, by their `jti`: this one, and those that it was exchanged for.
    pub(super) from: Vec<String>,
}

impl Subject {
    /// The person it is about. None when it is about a client.
    pub(super) fn person(&self) -> Option<&Identity> {
        self.grant.as_ref().and_then(|(_, grant)| grant.person())
    }
}

/// The token that is to be exchanged.
pub(super) fn shown(asked: &Asked<'_>) -> Result<Subject, Refused> {
    let token = required("subject_token", asked.sent.subject_token)?;
    let subject = match required("subject_token_type", asked.sent.subject_token_type)? {
        kind @ (ACCESS_TOKEN | JWT) => access_token(asked, kind, token)?.map(|known| of_access_token(asked, &known)),
        ID_TOKEN => Some(of_id_token(asked, token)),
        _ => {
            let known = format!("must be `{ACCESS_TOKEN}`, `{ID_TOKEN}` or `{JWT}`");
            return Err(Failure::malformed("form.subject_token_type", known).into());
        }
    };
    let subject = subject.transpose()?.flatten();
    subject.ok_or_else(|| Failure::malformed(MEMBER, UNKNOWN).into())
}

/// An access token of this server that is good now. Who says that it is a JWT must show a signed one.
pub(super) fn access_token(asked: &Asked<'_>, kind: &str, token: &str) -> Result<Option<Arc<Known>>, Failure> {
    match token::known(asked.domain, asked.tenant, token) {
        Ok(known) => {
            let right = known.bearer.server == asked.server.0 && (kind != JWT || known.is_signed());
            Ok(right.then_some(known))
        }
        Err(Failure::Unauthenticated(_)) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// What an access token says.
fn of_access_token(asked: &Asked<'_>, known: &Known) -> Result<Option<Subject>, Failure> {
    let (bearer, claims) = (&known.bearer, &known.claims);
    let grant = match bearer.grant.as_ref().or(bearer.own_grant.as_ref()) {
        None => None,
        // It may have gone meanwhile.
        Some(id) => match grant::current(asked.domain, asked.tenant, id)? {
            None => return Ok(None),
            Some(grant) => Some((id.clone(), grant)),
        },
    };
    let person = grant.as_ref().and_then(|(_, grant)| grant.person());
    let sub = person.map_or(&bearer.subject, |person| &person.subject).clone();
    let machine = match person {
        Some(_) => None,
        None => Some((sub.clone(), claims.sub_since.unwrap_or(claims.client_since))),
    };
    let from: Vec<String> = claims.exchanged_from.iter().chain([&claims.jti]).cloned().collect();
    if from.len() > MOST_BEFORE {
        return Err(Failure::malformed(MEMBER, format!("comes from {MOST_BEFORE} others already")));
    }
    Ok(Some(Subject {
        machine,
        sub,
        grant,
        client_id: bearer.client_id.clone(),
        audience: claims.aud.clone(),
        scopes: bearer.scopes.clone(),
        details: claims.authorization_details.clone(),
        ends: bearer.expires,
        is_id_token: false,
        act: claims.act.clone(),
        may_act: claims.more.get(MAY_ACT).cloned(),
        confirmation: bearer.confirmation.clone(),
        from,
    }))
}

/// What an ID token says: who has logged in, and by its grant, what they have let its client do.
fn of_id_token(asked: &Asked<'_>, token: &str) -> Result<Option<Subject>, Failure> {
    let Asked { domain, tenant, server: (server_id, server), .. } = *asked;
    let Some(claims) = id_token::read(domain, tenant, server_id, token)? else { return Ok(None) };
    let now = domain.world.now_seconds();
    let ends = claims.get("exp").and_then(Value::as_i64).filter(|ends| *ends > now);
    let id = claims.get(id_token::GRANT).and_then(Value::as_str);
    let Some((ends, id)) = ends.zip(id) else { return Ok(None) };
    let found = grant::current(domain, tenant, id)?;
    let Some(grant) = found.filter(|grant| grant.server == server_id && grant.server_since == server.since) else {
        return Ok(None);
    };
    let Some(person) = grant.person() else { return Ok(None) };
    Ok(Some(Subject {
        machine: None,
        sub: person.subject.clone(),
        client_id: grant.client_id.clone(),
        audience: id_token::audience(&claims),
        scopes: grant.scopes.clone(),
        details: grant.details.clone(),
        ends,
        is_id_token: true,
        act: None,
        may_act: claims.get(MAY_ACT).cloned(),
        confirmation: None,
        from: Vec::new(),
        grant: Some((id.to_owned(), grant)),
    }))
}
