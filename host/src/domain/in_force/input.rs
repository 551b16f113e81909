//! The input document of everything that is asked when a token is issued: policies, claim mappers, consent checkers.
//!
//! Made by the files of this folder. It has the members that a policy sees everywhere; what is not known here is empty.

use serde_json::{Map, Value, json};

use super::{
    known::Rules,
    policies::{About, Reach},
};
use crate::{
    decision::Input,
    domain::{
        Domain, Failure,
        client::Client,
        consent_grant::{self, Subject},
        identity::Identity,
        token::Order,
    },
};

/// Whom a token is about, who wants it, and for what.
#[derive(Clone, Copy)]
pub(super) struct Whose<'a> {
    tenant: &'a str,
    client: (&'a str, &'a Client),
    /// None when the client acts for itself.
    identity: Option<&'a Identity>,
    scopes: &'a [String],
    reach: Reach<'a>,
}

impl<'a> Whose<'a> {
    /// A token that is being made.
    pub(super) fn of_order(order: &Order<'a>) -> Whose<'a> {
        let Order { tenant, client, grant, scopes, audience: resources, details, .. } = *order;
        let identity = grant.and_then(|(_, grant)| grant.person());
        Whose { tenant, client, identity, scopes, reach: Reach { resources, details } }
    }

    /// A token that a client asks for on its own behalf, or for somebody whose token it has.
    pub(super) fn of_client(
        tenant: &'a str,
        client: (&'a str, &'a Client),
        identity: Option<&'a Identity>,
        scopes: &'a [String],
        reach: Reach<'a>,
    ) -> Whose<'a> {
        Whose { tenant, client, identity, scopes, reach }
    }

    /// A token that somebody asks for.
    pub(super) fn of_about(about: About<'a>) -> Whose<'a> {
        let About { tenant, server: _, client, identity, scopes, reach, request_id: _ } = about;
        Whose { tenant, client, identity: Some(identity), scopes, reach }
    }
}

/// The document.
pub(super) fn document(domain: &Domain, rules: &Rules, whose: Whose<'_>) -> Result<Input, Failure> {
    let subject = match whose.identity {
        Some(identity) => json!({ "type": "user", "id": identity.subject }),
        None => json!({ "type": "client", "id": whose.client.0 }),
    };
    Ok(Input {
        authn_ctx: authn_ctx(whose),
        contexts: contexts(domain, rules, whose)?,
        subject: object(subject),
        now: domain.world.now_seconds(),
        ..Input::default()
    })
}

/// The document as text.
pub(super) fn text(domain: &Domain, rules: &Rules, whose: Whose<'_>) -> Result<String, Failure> {
    let document = document(domain, rules, whose)?;
    serde_json::to_string(&document).map_err(|error| Failure::Internal { log: error.to_string() })
}

/// The document of the claim mapper, as text: every place that one may name is in the authentication context (`mapping`), and
/// describing all the rest would take longer than the mapping.
pub(super) fn of_mapper(whose: Whose<'_>) -> String {
    json!({ "authn_ctx": authn_ctx(whose) }).to_string()
}

/// What is known about the person; about a client that acts for itself, only its name.
fn authn_ctx(whose: Whose<'_>) -> Map<String, Value> {
    match whose.identity {
        Some(identity) => identity.authn_ctx(),
        None => object(json!({ "sub": whose.client.0 })),
    }
}

/// The member `contexts`: the client without its secrets, its developer, what is asked for (the scopes by name, the resources, the
/// authorization details), and the consents that the person has given.
pub(super) fn contexts(domain: &Domain, rules: &Rules, whose: Whose<'_>) -> Result<Map<String, Value>, Failure> {
    let (id, client) = whose.client;
    let developer = client.developer.as_ref().map_or_else(|| json!({}), |developer| json!({ "id": developer }));
    let scope = |name: &String| {
        let (id, scope) = rules.scope(name)?;
        let described = json!({ "id": id, "name": scope.name, "display_name": scope.display_name });
        Some((name.clone(), described))
    };
    Ok(object(json!({
        "client": (domain.describe)(whose.tenant, id, client),
        "developer": developer,
        "scopes": whose.scopes.iter().filter_map(scope).collect::<Map<_, _>>(),
        "resources": whose.reach.resources,
        "authorization_details": whose.reach.details,
        "consents": consents(domain, whose)?,
    })))
}

/// The consents that the person has given, each with `true`.
fn consents(domain: &Domain, whose: Whose<'_>) -> Result<Map<String, Value>, Failure> {
    let subject = whose.identity.and_then(|identity| Subject::new("/sub", &identity.subject).ok());
    let Some(subject) = subject else { return Ok(Map::new()) };
    let given = consent_grant::given(domain, whose.tenant, &subject)?;
    Ok(given.into_iter().map(|id| (id, Value::Bool(true))).collect())
}

/// The members of an object.
pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
