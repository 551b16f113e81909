//! The policies of what clients do without a person: the server's, before a client gets a token on its own behalf, and each
//! scope's, which drops the scope.
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
    domain::{Domain, Failure, client::Client, decide::Question, scope::Scope, server::Server},
};

/// A client that wants a token on its own behalf.
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
    let guarded = |name: &String| rules.scopes.get(name).is_some_and(|(_, scope)| scope.client_policy.is_some());
    if !scopes.iter().any(guarded) {
        return Ok(scopes);
    }
    let mut allowed = Vec::with_capacity(scopes.len());
    for name in &scopes {
        let Some((id, scope)) = rules.scopes.get(name) else { continue };
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
        ..input::document(domain, rules, Whose::of_client(tenant, client, scopes, reach))?
    };
    policies::by(domain, client.0, Question { tenant, server, input, request_id }, policy).await
}
