//! Policies as the admin group takes and shows them. Also read from files by the command line and the first start.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::verdicts::{self, Failing, RecoveryBody};
use crate::{
    api::{Answer, Call, read},
    decision::{Input, Recovery, Rule, RuleSet},
    domain::{
        Failure, Problem,
        policy::{self, Mode, Policy, Script},
    },
};

/// The last segment of the test operation's path, which no policy can have.
const TEST: &str = "test";
/// Validators written as fields, as opposed to a script.
const FIELDS: &str = "cloudentity";

/// A policy on the wire (contract, schema Policy; `language` and `definition` as later versions have them).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Policy")]
pub struct PolicyBody {
    /// Its identifier, unique in the tenant. Required to create one.
    #[serde(default)]
    pub id: Option<String>,
    /// For people. Required.
    #[serde(default)]
    pub policy_name: Option<String>,
    /// Must be the path's when given.
    #[serde(default)]
    pub tenant_id: Option<String>,
    /// Asked in order; all must pass.
    #[serde(default)]
    pub validators: Option<Vec<ValidatorBody>>,
    /// The script language: `cel`, `cedar` or `rego`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
}

/// One validator of a policy.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Validator")]
pub struct ValidatorBody {
    /// The component's name.
    pub name: String,
    /// Its configuration, as its own schema says.
    #[serde(default)]
    pub conf: Option<Map<String, Value>>,
    /// How to pass after a failure. The type `mfa` asks people who log in for a second factor; any other type is for callers of
    /// one's own, who find it in decisions.
    #[serde(default)]
    pub recovery: Option<Vec<RecoveryBody>>,
}

/// All policies.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Policies")]
pub struct PoliciesBody {
    /// By id.
    pub policies: Vec<PolicyBody>,
}

/// A policy to test and what to test it on (reference/acp.md §1.6).
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestBody {
    /// Must exist when given.
    #[serde(default)]
    pub server_id: Option<String>,
    /// The policy. `id` and `policy_name` may be left out.
    pub policy: PolicyBody,
    /// The policy input document.
    #[serde(default)]
    #[schemars(with = "Map<String, Value>")]
    pub input: Input,
}

/// What a test answers (reference/acp.md §1.3).
#[derive(Serialize, JsonSchema)]
pub struct TestAnswer {
    /// True when the policy allows.
    pub status: bool,
    /// `allow` or `deny`.
    pub result: &'static str,
    /// Every validator that did not pass.
    pub failures: Vec<Failing>,
    /// How to pass.
    pub recovery: Vec<RecoveryBody>,
}

/// listPolicies
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let policies = policy::list(&call.app.domain, call.tenant())?;
    let policies = policies.into_iter().map(|(id, state)| show(call.tenant(), &id, state.value)).collect();
    Ok(call.json(StatusCode::OK, &PoliciesBody { policies }))
}

/// createPolicy
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let body: PolicyBody = read::json(&call.request)?;
    read::agrees("/tenant_id", body.tenant_id.clone(), call.tenant())?;
    let (id, policy) = parse(body)?;
    unless_reserved(&id)?;
    let state = policy::create(&call.app.domain, &call.by(), call.tenant(), &id, policy).await?;
    Ok(call.one(StatusCode::CREATED, &show(call.tenant(), &id, state.value), state.version))
}

/// getPolicy
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let id = call.param("pid");
    let state = policy::current(&call.app.domain, call.tenant(), id)?;
    Ok(call.one(StatusCode::OK, &show(call.tenant(), id, state.value.clone()), state.version))
}

/// updatePolicy
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let mut body: PolicyBody = read::json(&call.request)?;
    let id = call.param("pid").to_owned();
    read::agrees("/tenant_id", body.tenant_id.clone(), call.tenant())?;
    read::agrees("/id", body.id.replace(id.clone()), &id)?;
    let (_, policy) = parse(body)?;
    let state = policy::update(&call.app.domain, &call.by(), call.tenant(), &id, policy).await?;
    Ok(call.one(StatusCode::CREATED, &show(call.tenant(), &id, state.value), state.version))
}

/// deletePolicy
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    policy::delete(&call.app.domain, &call.by(), call.tenant(), call.param("pid")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// testPolicy
pub async fn test(call: Call) -> Result<Answer, Failure> {
    let TestBody { server_id, policy: mut body, mut input } = read::json(&call.request)?;
    let domain = &call.app.domain;
    if let Some(server) = server_id {
        crate::domain::server::current(domain, call.tenant(), &server)
            .map_err(|_| Failure::invalid("/server_id", format!("there is no server `{server}`")))?;
    }
    body.id.get_or_insert_with(|| "test".to_owned());
    body.policy_name.get_or_insert_with(|| "test".to_owned());
    let (_, policy) = parse(body).map_err(|failure| failure.below("/policy"))?;
    if input.now == 0 {
        input.now = domain.world.now_seconds();
    }
    let text = serde_json::to_string(&input).map_err(|error| Failure::Internal { log: error.to_string() })?;
    let verdict =
        policy::test(domain, call.tenant(), &policy, &text).await.map_err(|failure| failure.below("/policy"))?;
    let answer = TestAnswer {
        status: verdict.allow,
        result: verdicts::result(verdict.allow),
        failures: verdict.failures.into_iter().map(verdicts::failing).collect(),
        recovery: verdict.recovery.into_iter().map(verdicts::recovery).collect(),
    };
    Ok(call.json(StatusCode::OK, &answer))
}

/// Refuses an id whose path has another operation.
pub(super) fn unless_reserved(id: &str) -> Result<(), Failure> {
    match id == TEST {
        true => Err(Failure::invalid("/id", "is reserved: its path is the policy test's")),
        false => Ok(()),
    }
}

/// The policy of a body, with its id.
pub fn parse(body: PolicyBody) -> Result<(String, Policy), Failure> {
    let PolicyBody { id, policy_name, tenant_id: _, validators, language, definition } = body;
    let mut problems = Vec::new();
    let mut required = |member: &str, value: Option<String>| {
        value.unwrap_or_else(|| {
            problems.push(Problem::new(member, "is required"));
            String::new()
        })
    };
    let (id, name) = (required("/id", id), required("/policy_name", policy_name));
    let (rules, script) = match language.filter(|language| language != FIELDS) {
        Some(language) => scripted(language, definition, validators, &mut problems),
        None => {
            if definition.is_some() {
                problems.push(Problem::new("/definition", "needs a language"));
            }
            (validators.unwrap_or_default().into_iter().map(rule).collect(), None)
        }
    };
    if !problems.is_empty() {
        return Err(Failure::Invalid(problems));
    }
    Ok((id, Policy { name, rules: RuleSet::new(rules), script, mode: Mode::Enforce }))
}

/// A script is one rule: the language's component, configured with the text.
fn scripted(
    language: String,
    definition: Option<String>,
    validators: Option<Vec<ValidatorBody>>,
    problems: &mut Vec<Problem>,
) -> (Vec<Rule>, Option<Script>) {
    if validators.is_some_and(|validators| !validators.is_empty()) {
        problems.push(Problem::new("/validators", "a policy has validators or a definition, not both"));
    }
    let Some(definition) = definition else {
        problems.push(Problem::new("/definition", "is required with a language"));
        return (Vec::new(), None);
    };
    let conf = serde_json::json!({ "source": definition }).to_string();
    let rule = Rule { validator: language.clone(), conf, recovery: Vec::new(), timeout_ms: None };
    (vec![rule], Some(Script { language, definition }))
}

fn rule(body: ValidatorBody) -> Rule {
    let ValidatorBody { name, conf, recovery } = body;
    let recovery = recovery.unwrap_or_default().into_iter();
    Rule {
        validator: name,
        conf: Value::Object(conf.unwrap_or_default()).to_string(),
        recovery: recovery.map(|RecoveryBody { id, kind }| Recovery { id, kind }).collect(),
        timeout_ms: None,
    }
}

/// A policy.
pub(super) fn show(tenant: &str, id: &str, policy: Policy) -> PolicyBody {
    let Policy { name, rules, script, mode: _ } = policy;
    let validators = match &script {
        Some(_) => Vec::new(),
        None => rules.rules().iter().map(show_rule).collect(),
    };
    let (language, definition) = match script {
        Some(Script { language, definition }) => (Some(language), Some(definition)),
        None => (None, None),
    };
    PolicyBody {
        id: Some(id.to_owned()),
        policy_name: Some(name),
        tenant_id: Some(tenant.to_owned()),
        validators: Some(validators),
        language,
        definition,
    }
}

fn show_rule(rule: &Rule) -> ValidatorBody {
    let Rule { validator, conf, recovery, timeout_ms: _ } = rule;
    ValidatorBody {
        name: validator.clone(),
        // Stored confs were written from a map, so they are read back as one.
        conf: Some(serde_json::from_str(conf).unwrap_or_default()),
        recovery: Some(recovery.iter().cloned().map(verdicts::recovery).collect()),
    }
}
