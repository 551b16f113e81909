//! A decision: find the policy, ask it, write down what happened. The same for every dialect that asks, and the only place where
//! the mode of the policy that was asked counts.

use std::sync::Arc;

use data_encoding::HEXLOWER;

use super::{
    Caller, Domain, Failure,
    binding::policy_for,
    decision_log::DecisionRecord,
    policy::{self, Linked},
    server, shadow,
};
use crate::{
    decision::{self, Code, Input, Verdict},
    world::Stopwatch,
};

/// The resource type that names a policy by its id.
pub const POLICY_RESOURCE: &str = "policy";

/// What is asked of an authorization server.
pub struct Question<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The authorization server.
    pub server: &'a str,
    /// What the policy sees.
    pub input: Input,
    /// The caller's X-Request-ID, for finding the decision again.
    pub request_id: &'a str,
}

/// A decision with its name in the log.
#[derive(Debug)]
pub struct Decision {
    /// Names the decision in the log.
    pub id: String,
    /// The policy that decided; empty when none did.
    pub policy_id: String,
    /// The outcome.
    pub verdict: Verdict,
}

/// Decides by the policy that the server's bindings or the question itself name, and offers the decision to the log.
pub async fn decide(domain: &Domain, caller: &Caller, question: Question<'_>) -> Result<Decision, Failure> {
    let watch = Stopwatch::start();
    let found = find_policy(domain, question.tenant, question.server, &question.input).await?;
    domain.observer.store(watch.micros());
    ask(domain, caller, question, found).await
}

/// Decides by the policy `policy_id`, which a noun names, and offers the decision to the log. A policy that is not there
/// denies.
pub async fn by_policy(
    domain: &Domain,
    caller: &Caller,
    question: Question<'_>,
    policy_id: &str,
) -> Result<Decision, Failure> {
    let found = policy_or_none(domain, question.tenant, policy_id.to_owned()).await?;
    ask(domain, caller, question, found).await
}

async fn ask(
    domain: &Domain,
    caller: &Caller,
    question: Question<'_>,
    (policy_id, rules): FoundPolicy,
) -> Result<Decision, Failure> {
    let Question { tenant, server, mut input, request_id } = question;
    input.now = domain.world.now_seconds();
    let input = serde_json::to_string(&input).map_err(|error| Failure::Internal { log: error.to_string() })?;
    let verdict = match &rules {
        Some(found) => found.mode.applied(decision::decide(&found.rules, &input, domain.validators.as_ref()).await),
        None => Verdict::denied("", Code::NoPolicy),
    };
    domain.observer.decided(&verdict);
    let sampled = rules.as_ref().and_then(|_| shadow::sample(domain, tenant, &policy_id, &input, &verdict));

    let id = domain.log.offer(domain.world.now(), domain.world.bytes(), || DecisionRecord {
        tenant: tenant.to_owned(),
        server: server.to_owned(),
        caller: caller.name(),
        request_id: request_id.to_owned(),
        policy_id: policy_id.clone(),
        policy_digest: rules.as_ref().map(|found| found.rules.digest().to_owned()).unwrap_or_default(),
        input,
        verdict: verdict.clone(),
    });
    if let Some(sampled) = sampled {
        sampled.hand_over(domain, id);
    }
    Ok(Decision { id: HEXLOWER.encode(&id), policy_id, verdict })
}

/// The id of a policy, and the policy unless it is not there.
type FoundPolicy = (String, Option<Arc<Linked>>);

/// A resource of type `policy` names the policy; any other type is looked up in the server's bindings.
async fn find_policy(domain: &Domain, tenant: &str, server: &str, input: &Input) -> Result<FoundPolicy, Failure> {
    let text = |map: &serde_json::Map<String, serde_json::Value>, member: &str| {
        map.get(member).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let asked = server::current(domain, tenant, server)?;
    let resource_type = text(&input.resource, "type");
    let policy_id = if resource_type == POLICY_RESOURCE {
        text(&input.resource, "id")
    } else {
        match policy_for(&asked.value.bindings, &resource_type, &text(&input.action, "name")) {
            Some(policy_id) => policy_id.to_owned(),
            None => return Ok((String::new(), None)),
        }
    };
    policy_or_none(domain, tenant, policy_id).await
}

async fn policy_or_none(domain: &Domain, tenant: &str, policy_id: String) -> Result<FoundPolicy, Failure> {
    let found = policy::linked(domain, tenant, &policy_id).await?;
    Ok((policy_id, found))
}
