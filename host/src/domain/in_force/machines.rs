//! The policies of what clients do without a person: the server's, before a client gets a token on its own behalf, and each
//! scope's, which drops the scope; and the server's about who may exchange which token.
//!
//! Called by the grants of the token endpoint. Where there is no policy nothing is asked and nothing is read but what is at hand
//! anyway: this is the way that machines take for every token.

use serde_json::{Value, json};

use super::{
    input::{self, Whose, object},
    known::{self, Rules},
    outputs::Outputs,
    policies::{self, ISSUE, Reach, allows},
};
use crate::{
    decision::{Input, Verdict},
    domain::{
        Domain, Failure, client::Client, decide::Question, identity::Identity, scope::Scope, server::Server,
        token::Actor,
    },
};

/// What policies are asked about who exchanges a token: the action's name.
const EXCHANGE: &str = "exchange_token";

/// A client that wants a token on its own behalf, or for somebody else's.
#[derive(Clone, Copy, Debug)]
pub struct Machine<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The authorization server and its id.
    pub server: (&'a str, &'a Server),
    /// The client and its id.
    pub client: (&'a str, &'a Client),
    /// What is asked for besides scopes.
    pub reach: Reach<'a>,
    /// Which request of ours this belongs to.
    pub request_id: &'a str,
}

/// What the server's client policy, if it has one, hands over when it lets a client have a token with these scopes. None when it
/// does not. A policy that is not there, or cannot answer, says no.
pub async fn client(domain: &Domain, about: Machine<'_>, scopes: &[String]) -> Result<Option<Outputs>, Failure> {
    let Some(policy) = &about.server.1.security.client_policy else { return Ok(Some(Outputs::default())) };
    let rules = known::rules(domain, about.tenant, about.server.0)?;
    let resource = json!({ "type": "client", "id": about.client.0 });
    let verdict = ask(domain, &rules, about, scopes, resource, policy).await?;
    let outputs = verdict.allow.then(|| Outputs::of(&verdict)).transpose();
    Ok(outputs.unwrap_or_else(|why| {
        tracing::error!(why, "no client gets a token by this policy");
        None
    }))
}

/// Those of the scopes whose client policy, if they have one, lets the client have them. One whose policy cannot be asked is left
/// out.
pub async fn scopes(domain: &Domain, about: Machine<'_>, scopes: Vec<String>) -> Result<Vec<String>, Failure> {
    let rules = known::rules(domain, about.tenant, about.server.0)?;
    let guarded = |name: &String| rules.scope(name).is_some_and(|(_, scope)| scope.client_policy.is_some());
    if !rules.have_client_policies || !scopes.iter().any(guarded) {
        return Ok(scopes);
    }
    let mut allowed = Vec::with_capacity(scopes.len());
    for name in &scopes {
        let Some((id, scope)) = rules.scope(name) else { continue };
        let may_have = match &scope.client_policy {
            None => true,
            Some(policy) => allows(name, ask(domain, &rules, about, &scopes, of_scope(id, scope), policy).await),
        };
        if may_have {
            allowed.push(name.clone());
        }
    }
    Ok(allowed)
}

/// A token that is to be exchanged for another one (RFC 8693).
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// The person it is about, if it is about one.
    pub identity: Option<&'a Identity>,
    /// The person or the client that it is about.
    pub subject: &'a str,
    /// The client it was issued to.
    pub issued_to: &'a str,
    /// Whom it is for.
    pub for_whom: &'a [String],
    /// Its scopes.
    pub had: &'a [String],
    /// Who acts with it.
    pub acted: Option<&'a Actor>,
    /// Who is to act with the new one, where that is named.
    pub actor: Option<&'a Actor>,
    /// The scopes asked for.
    pub scopes: &'a [String],
    /// Whom the new one is to be for.
    pub audience: &'a [String],
}

/// What the server's exchange policy says about it; none where there is no policy. One that cannot answer says no.
pub async fn exchange(domain: &Domain, about: Machine<'_>, exchange: Exchange<'_>) -> Result<Option<bool>, Failure> {
    let Machine { tenant, server: (id, server), client, reach, request_id } = about;
    let Some(policy) = &server.security.exchange_policy else { return Ok(None) };
    let rules = known::rules(domain, tenant, id)?;
    let whose = Whose::of_client(tenant, client, exchange.identity, exchange.scopes, reach);
    let input = of_exchange(input::document(domain, &rules, whose)?, client.0, exchange);
    let question = Question { tenant, server: id, input, request_id };
    Ok(Some(policies::by(domain, client.0, question, policy).await?.allow))
}

/// The document about an exchange: the subject is whom the tokens are about, the resource the client that wants the new one. The
/// context says what both tokens are.
fn of_exchange(base: Input, client: &str, exchange: Exchange<'_>) -> Input {
    let Exchange { identity, subject, issued_to, for_whom, had, acted, actor, scopes, audience } = exchange;
    let authn_ctx = if identity.is_some() { base.authn_ctx } else { object(json!({ "sub": subject })) };
    let kind = if identity.is_some() { "user" } else { "client" };
    let token = json!({ "client_id": issued_to, "audience": for_whom, "scopes": had, "act": acted });
    let wanted = json!({ "client_id": client, "audience": audience, "scopes": scopes, "act": actor });
    Input {
        authn_ctx,
        subject: object(json!({ "type": kind, "id": subject })),
        action: object(json!({ "name": EXCHANGE })),
        resource: object(json!({ "type": "client", "id": client })),
        context: object(json!({ "subject_token": token, "requested_token": wanted })),
        ..base
    }
}

/// How a policy sees a scope.
fn of_scope(id: &str, scope: &Scope) -> Value {
    let properties = json!({ "id": id, "name": scope.name, "display_name": scope.display_name });
    json!({ "type": "scope", "id": id, "properties": properties })
}

/// What the policy says, also for the log of decisions.
async fn ask(
    domain: &Domain,
    rules: &Rules,
    about: Machine<'_>,
    scopes: &[String],
    resource: Value,
    policy: &str,
) -> Result<Verdict, Failure> {
    let Machine { tenant, server: (server, _), client, reach, request_id } = about;
    let input = Input {
        action: object(json!({ "name": ISSUE })),
        resource: object(resource),
        ..input::document(domain, rules, Whose::of_client(tenant, client, None, scopes, reach))?
    };
    policies::by(domain, client.0, Question { tenant, server, input, request_id }, policy).await
}
