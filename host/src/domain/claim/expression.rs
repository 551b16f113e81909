//! Claims whose mapping is an expression: `cel:` and CEL over the authentication context, evaluated by `cel-claims`.
//!
//! Checked here when a claim is saved; `in_force::mapping` asks the component when a token is made.

use serde_json::json;

use crate::{
    decision::{ConfProblem, RuleSet},
    domain::{Domain, Failure, Problem, claim::Claim},
};

/// The component that evaluates.
pub(in crate::domain) const MAPPER: &str = "cel-claims";
/// How a mapping begins that is an expression.
const PREFIX: &str = "cel:";
/// The longest expression, in bytes: what the component takes.
const LONGEST: usize = 8 * 1024;
/// The member of a claim that holds it.
const MEMBER: &str = "/mapping";

/// The expression of a mapping, if it is one.
pub(in crate::domain) fn source(mapping: &str) -> Option<&str> {
    mapping.strip_prefix(PREFIX)
}

/// The component's conf for one expression, whose value it answers under `name`.
pub(in crate::domain) fn conf(name: &str, source: &str) -> String {
    json!({ "claims": [{ "name": name, "source": source }] }).to_string()
}

/// What is wrong with an expression before anybody reads it.
pub(super) fn objection(source: &str) -> Option<String> {
    if source.trim().is_empty() {
        return Some(format!("needs an expression after `{PREFIX}`"));
    }
    (source.len() > LONGEST).then(|| format!("may have at most {LONGEST} bytes after `{PREFIX}`"))
}

/// Asks the component whether it can evaluate a claim's mapping. One that is a path is fine.
pub(super) async fn accept(domain: &Domain, claim: &Claim) -> Result<(), Failure> {
    let Some(source) = source(&claim.mapping) else { return Ok(()) };
    let refused = domain.components.accept_mappers(&RuleSet::of(MAPPER, [conf("0", source)])).await;
    // Whatever of the conf is wrong, the mapping is what its author wrote.
    let said = |problem: ConfProblem| Problem::new(MEMBER, problem.message);
    refused.map_err(|problems| Failure::Invalid(problems.into_iter().map(said).collect()))
}
