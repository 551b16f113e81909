//! One set of policies: read and checked when it is saved, asked for every request.

use std::str::FromStr;

use cedar_policy::{
    Authorizer, Decision, Effect, Entities, EvaluationError, PolicyId, PolicySet, Response, Schema, SchemaFragment,
    ValidationMode, Validator,
};
use portcullis_sdk::{Input, Json, Outcome, Problem};
use serde_json::Value;

use crate::request::{Requests, Typed};
use crate::shape::Shapes;
use crate::{Conf, nesting, place};

/// Policies that can be asked.
pub struct Policy {
    source: String,
    policies: PolicySet,
    requests: Requests,
    message: Option<String>,
}

impl Policy {
    /// Reads and checks everything, or says what is wrong and where.
    pub(crate) fn compile(conf: Conf) -> Result<Policy, Problem> {
        let Conf { source, schema, entities, namespace, message } = conf;
        let typed = schema.map(typed).transpose()?;
        let policies = policies(&source)?;
        if let Some(typed) = &typed {
            validate(&source, &policies, &typed.schema)?;
        }
        let entities = known(entities, typed.as_ref().map(|typed| &typed.schema))?;
        let namespace = namespace.map(|name| match cedar_policy::EntityNamespace::from_str(&name) {
            Ok(_) => Ok(name),
            Err(_) => Err(Problem::new("/namespace", "not the name of a namespace")),
        });
        let requests = Requests { namespace: namespace.transpose()?, entities, typed };
        Ok(Policy { source, policies, requests, message })
    }

    /// The answer to one input. Whatever goes wrong is a deny.
    pub(crate) fn ask(&self, input: &Input<'_>) -> Outcome {
        let (request, entities) = match self.requests.of(input) {
            Ok(made) => made,
            Err(refused) => return refused,
        };
        let response = Authorizer::new().is_authorized(&request, &self.policies, &entities);
        // Cedar leaves out a policy that it cannot evaluate. If that was a forbid, what it forbids would be allowed.
        if response.diagnostics().errors().next().is_some() {
            return self.failed(&response);
        }
        let determining = self.told(response.diagnostics().reason());
        match (response.decision(), response.diagnostics().reason().next()) {
            (Decision::Allow, _) => self.allowed(&response, &determining),
            (Decision::Deny, Some(_)) => self.denied("forbidden", "a policy forbids this", &determining),
            (Decision::Deny, None) => self.denied("not_permitted", "no policy permits this", &Json::Object(Vec::new())),
        }
    }

    /// The annotations of the policies that permit are what an allow hands over.
    fn allowed(&self, response: &Response, determining: &Json<'_>) -> Outcome {
        let annotated =
            |id: &PolicyId| self.policies.policy(id).is_some_and(|policy| policy.annotations().next().is_some());
        if response.diagnostics().reason().any(annotated) {
            Outcome::AllowWith { output: serde_json::to_string(determining).unwrap_or_default() }
        } else {
            Outcome::Allow
        }
    }

    fn denied(&self, code: &'static str, message: &str, details: &Json<'_>) -> Outcome {
        let denied = Outcome::deny(code, self.message.as_deref().unwrap_or(message));
        if matches!(details, Json::Object(members) if members.is_empty()) {
            denied
        } else {
            denied.with_details(details)
        }
    }

    fn failed(&self, response: &Response) -> Outcome {
        let mut ids = Vec::new();
        let mut message = String::new();
        for error in response.diagnostics().errors() {
            let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
            ids.push(error.policy_id());
            if message.is_empty() {
                message = self.why(error.inner());
            }
        }
        Outcome::deny("evaluation_error", message).with_details(&self.told(ids.into_iter()))
    }

    fn why(&self, error: &EvaluationError) -> String {
        match error {
            // Its words repeat the text it could not read.
            EvaluationError::FailedExtensionFunctionExecution(_) => "an extension function failed".to_owned(),
            other => place::said(&self.source, other),
        }
    }

    /// `{"policies": [{"id", "annotations"}]}`
    fn told<'p>(&'p self, ids: impl Iterator<Item = &'p PolicyId>) -> Json<'p> {
        let mut ids: Vec<&PolicyId> = ids.collect();
        ids.sort_unstable();
        let policies = ids.into_iter().map(|id| {
            let mut annotations: Vec<(&str, &str)> =
                self.policies.policy(id).into_iter().flat_map(|policy| policy.annotations()).collect();
            annotations.sort_unstable();
            let annotations = annotations.into_iter().map(|(name, value)| (name.into(), Json::String(value.into())));
            Json::Object(vec![
                ("id".into(), Json::String(AsRef::<str>::as_ref(id).into())),
                ("annotations".into(), Json::Object(annotations.collect())),
            ])
        });
        Json::Object(vec![("policies".into(), Json::Array(policies.collect()))])
    }
}

fn policies(source: &str) -> Result<PolicySet, Problem> {
    let problem = |message: String| Problem::new("/source", message);
    bounded("/source", source)?;
    let policies = PolicySet::from_str(source)
        .map_err(|errors| problem(errors.iter().next().map(|error| place::said(source, error)).unwrap_or_default()))?;
    if policies.num_of_templates() > 0 {
        let slot = source.find("?principal").or_else(|| source.find("?resource")).unwrap_or_default();
        return Err(problem(place::at(
            source,
            slot,
            "a template has to be linked, and there is nothing to link it with",
        )));
    }
    let permits = policies.policies().any(|policy| matches!(policy.effect(), Effect::Permit));
    if permits { Ok(policies) } else { Err(problem(place::at(source, 0, "without a permit nothing is ever allowed"))) }
}

fn bounded(path: &str, text: &str) -> Result<(), Problem> {
    match nesting::too_deep(text) {
        Some(offset) => Err(Problem::new(path, place::at(text, offset, "brackets are nested too deep"))),
        None => Ok(()),
    }
}

fn typed(schema: Value) -> Result<Typed, Problem> {
    let problem = |message: String| Problem::new("/schema", message);
    let fragment = match &schema {
        Value::String(text) => {
            bounded("/schema", text)?;
            let read = SchemaFragment::from_cedarschema_str(text);
            read.map_err(|error| problem(place::said(text, &error)))?.0
        }
        _ => SchemaFragment::from_json_value(schema.clone()).map_err(|error| problem(place::chain(&error)))?,
    };
    let checked = Schema::from_schema_fragments([fragment.clone()]).map_err(|error| match schema.as_str() {
        Some(text) => problem(place::said(text, &error)),
        None => problem(place::chain(&error)),
    })?;
    let shapes = fragment.to_json_value().map_err(|error| problem(place::chain(&error)))?;
    Ok(Typed { schema: checked, shapes: Shapes::new(shapes) })
}

fn validate(source: &str, policies: &PolicySet, schema: &Schema) -> Result<(), Problem> {
    let result = Validator::new(schema.clone()).validate(policies, ValidationMode::Strict);
    let first = result.validation_errors().min_by_key(|error| place::offset(*error));
    first.map_or(Ok(()), |error| Err(Problem::new("/source", place::said(source, error))))
}

fn known(entities: Option<Value>, schema: Option<&Schema>) -> Result<Entities, Problem> {
    let entities = entities.unwrap_or_else(|| Value::Array(Vec::new()));
    Entities::from_json_value(entities, schema).map_err(|error| Problem::new("/entities", place::chain(&error)))
}
