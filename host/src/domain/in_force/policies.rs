//! The policies of a person's token: the server's, before anything is issued, and each scope's, which drops the scope.
//!
//! Called by `authorize` and by the grants that issue people's tokens. Developers' policies are `developer`'s.

use serde_json::{Map, Value, json};

use super::{
    input::{self, Whose, object},
    known::{self, Rules},
    outputs::Outputs,
};
use crate::{
    decision::{Input, Verdict},
    domain::{
        Caller, Domain, Failure,
        client::Client,
        decide::{self, Question},
        details::Detail,
        identity::Identity,
        server::Server,
    },
};

/// What policies are asked about: the action's name.
pub(super) const ISSUE: &str = "issue_token";
/// The recovery that is a second factor, and the method that a person who has shown one has used (RFC 8176).
const MFA: &str = "mfa";

/// What a token is asked for besides its scopes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reach<'a> {
    /// The resources it is to be good for (RFC 8707); none in particular when empty.
    pub resources: &'a [String],
    /// The authorization details (RFC 9396).
    pub details: &'a [Detail],
}

/// What a policy is asked about.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The authorization server and its id.
    pub server: (&'a str, &'a Server),
    /// The client and its id.
    pub client: (&'a str, &'a Client),
    /// The person.
    pub identity: &'a Identity,
    /// The scopes asked for.
    pub scopes: &'a [String],
    /// What is asked for besides.
    pub reach: Reach<'a>,
    /// Which request of ours this belongs to.
    pub request_id: &'a str,
}

/// What the server's policy says about a person.
#[derive(Clone, Debug, PartialEq)]
pub enum Judged {
    /// A token may be issued, with what the policy hands over.
    Allowed(Outputs),
    /// Not yet: a second factor would help (recovery of type `mfa`).
    StepUp,
    /// No, with the sentences of what failed.
    Denied(Vec<String>),
}

/// Asks the server's user policy, if it has one. A policy that is not there, or cannot answer, says no.
pub async fn person(domain: &Domain, about: About<'_>) -> Result<Judged, Failure> {
    let Some(policy) = &about.server.1.user_policy else {
        return Ok(Judged::Allowed(Outputs::default()));
    };
    let rules = known::rules(domain, about.tenant, about.server.0)?;
    let resource = json!({ "type": "client", "id": about.client.0 });
    let verdict = ask(domain, &rules, about, policy, resource).await?;
    Ok(judged(verdict, about.identity))
}

/// Those of the scopes whose user policy, if they have one, lets this person have them. A scope that is gone is left out, and
/// so is one whose policy cannot be asked.
pub async fn scopes(domain: &Domain, about: About<'_>) -> Result<Vec<String>, Failure> {
    let rules = known::rules(domain, about.tenant, about.server.0)?;
    let mut allowed = Vec::with_capacity(about.scopes.len());
    for name in about.scopes {
        let Some((id, scope)) = rules.scope(name) else { continue };
        let may_have = match &scope.user_policy {
            None => true,
            Some(policy) => {
                let properties = json!({ "id": id, "name": name, "display_name": scope.display_name });
                let resource = json!({ "type": "scope", "id": id, "properties": properties });
                allows(name, ask(domain, &rules, about, policy, resource).await)
            }
        };
        if may_have {
            allowed.push(name.clone());
        }
    }
    Ok(allowed)
}

/// The `contexts` of an input document for a person's token.
pub fn contexts(domain: &Domain, about: About<'_>) -> Result<Map<String, Value>, Failure> {
    let rules = known::rules(domain, about.tenant, about.server.0)?;
    input::contexts(domain, &rules, Whose::of_about(about))
}

/// What the policy says, also for the log of decisions. There the client is who asks.
async fn ask(
    domain: &Domain,
    rules: &Rules,
    about: About<'_>,
    policy: &str,
    resource: Value,
) -> Result<Verdict, Failure> {
    let About { tenant, server: (server, _), client: (client, _), request_id, .. } = about;
    let input = Input {
        action: object(json!({ "name": ISSUE })),
        resource: object(resource),
        ..input::document(domain, rules, Whose::of_about(about))?
    };
    by(domain, client, Question { tenant, server, input, request_id }, policy).await
}

/// What a policy says to a question that a client of the server has raised.
pub(super) async fn by(
    domain: &Domain,
    client: &str,
    question: Question<'_>,
    policy: &str,
) -> Result<Verdict, Failure> {
    let [tenant, server, client_id] = [question.tenant, question.server, client].map(str::to_owned);
    let caller = Caller::Client { tenant, server, client_id };
    Ok(decide::by_policy(domain, &caller, question, policy).await?.verdict)
}

/// What a verdict means for a person. A second factor does not help a rule that could not be asked.
fn judged(verdict: Verdict, identity: &Identity) -> Judged {
    let helps = verdict.recovery.iter().any(|recovery| recovery.kind == MFA);
    let has = identity.amr.iter().any(|method| method == MFA);
    match verdict.allow {
        true => Outputs::of(&verdict).map_or_else(nonsense, Judged::Allowed),
        false if helps && !has && verdict.errors == 0 => Judged::StepUp,
        false => Judged::Denied(verdict.failures.into_iter().map(|failed| failed.message).collect()),
    }
}

/// Whether a scope stays. One whose policy cannot be asked does not.
/// A policy that hands over what cannot be understood.
fn nonsense(why: String) -> Judged {
    tracing::error!(why, "nobody is let in by this policy");
    Judged::Denied(vec![why])
}

pub(super) fn allows(scope: &str, answer: Result<Verdict, Failure>) -> bool {
    match answer {
        Ok(verdict) => verdict.allow,
        Err(failure) => {
            let reason = failure.to_log().map_or_else(|| failure.to_client(), str::to_owned);
            tracing::error!(scope, reason, "the scope is left out, its policy could not be asked");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Code, Recovery};

    fn denied(kind: &str, code: Code) -> Verdict {
        let recovery = vec![Recovery { id: String::new(), kind: kind.to_owned() }];
        let errors = usize::from(code != Code::NoPolicy);
        Verdict { recovery, errors, ..Verdict::denied("x", code) }
    }

    fn with(amr: &[&str]) -> Identity {
        Identity { amr: amr.iter().map(|method| (*method).to_owned()).collect(), ..Identity::default() }
    }

    #[test]
    fn a_second_factor_is_asked_for_where_it_helps() {
        let no = || Judged::Denied(vec![Code::NoPolicy.message().to_owned()]);
        assert_eq!(judged(denied("mfa", Code::NoPolicy), &with(&["pwd"])), Judged::StepUp);
        assert_eq!(judged(denied("mfa", Code::NoPolicy), &with(&["pwd", "mfa"])), no());
        assert_eq!(judged(denied("phone", Code::NoPolicy), &with(&["pwd"])), no());
        let error = Judged::Denied(vec![Code::Trap.message().to_owned()]);
        assert_eq!(
            judged(denied("mfa", Code::Trap), &with(&["pwd"])),
            error,
            "an error is not cured by a second factor"
        );
        assert_eq!(
            judged(Verdict { allow: true, ..Verdict::default() }, &with(&[])),
            Judged::Allowed(Outputs::default())
        );
    }

    #[test]
    fn a_scope_whose_policy_cannot_be_asked_is_left_out() {
        assert!(!allows("email", Err(Failure::Unavailable { log: String::new() })));
        assert!(!allows("email", Ok(denied("mfa", Code::NoPolicy))));
        assert!(allows("email", Ok(Verdict { allow: true, ..Verdict::default() })));
    }
}
