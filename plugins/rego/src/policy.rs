//! One policy: its modules in an engine, and the one rule that is asked of it.
//!
//! Besides the author's module the engine has a second one, which collects the decision and the outputs. So both come
//! out of one evaluation, and a helper that both need runs once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};

use portcullis_sdk::{Input, Outcome, Problem};
use regorus::unstable::{Expr, Module};
use regorus::{Engine, PolicyLengthConfig, Value};

use crate::functions::Clock;
use crate::{Conf, functions, module, place, value};

/// The package of the module that collects the answer. No policy may use it.
const ANSWER: &str = "portcullis_answer";

/// The name of the decision among the collected values: no rule is called like this.
const DECISION: &str = "";

/// The longest line and source, in bytes. The host's limits are narrower; these only have to be wider than they are.
const LENGTHS: PolicyLengthConfig =
    PolicyLengthConfig { max_col: NonZeroU32::MAX, max_file_bytes: NonZeroUsize::MAX, max_lines: NonZeroUsize::MAX };

/// A policy that can be asked.
pub struct Policy {
    engine: RefCell<Engine>,
    clock: Clock,
}

impl Policy {
    /// Parses and prepares a policy, or says what is wrong with it and where.
    pub(crate) fn compile(conf: Conf) -> Result<Policy, Problem> {
        let Conf { source, query, data, outputs } = conf;
        let clock = Clock::default();
        let mut engine = engine(&clock);
        engine.add_policy("source".to_owned(), source).map_err(|error| in_source(&error))?;
        let collects = match engine.get_modules().first() {
            Some(module) => collecting(module, query, data.as_ref(), outputs)?,
            None => return Err(Problem::new("/source", "there is no module")),
        };
        if let Some(data) = data {
            engine
                .add_data(Value::from(data))
                .map_err(|error| Problem::new("/data", place::said(&error.to_string())))?;
        }
        engine.add_policy("answer".to_owned(), collects).map_err(|error| in_source(&error))?;
        // Prepares everything that does not depend on the input.
        engine.compile_with_entrypoint(&entry().into()).map_err(|error| in_source(&error))?;
        Ok(Policy { engine: RefCell::new(engine), clock })
    }

    /// The answer to one input. Whatever goes wrong is a deny.
    pub(crate) fn ask(&self, input: &Input<'_>) -> Outcome {
        let mut engine = self.engine.borrow_mut();
        self.clock.set(input.now().unwrap_or_default());
        engine.set_input(value::of(input.document()));
        match engine.eval_rule(entry()) {
            Ok(collected) => outcome(&collected),
            Err(error) => Outcome::deny("evaluation_error", place::said(&error.to_string())),
        }
    }
}

/// An engine that has no policy yet.
pub(crate) fn engine(clock: &Clock) -> Engine {
    let mut engine = Engine::new();
    engine.set_policy_length_config(LENGTHS);
    functions::register(&mut engine, clock);
    engine
}

fn entry() -> String {
    format!("data.{ANSWER}.collected")
}

fn in_source(error: &anyhow::Error) -> Problem {
    Problem::new("/source", place::said(&error.to_string()))
}

/// Checks the author's module, and writes the one that collects its answer.
fn collecting(
    module: &Module,
    query: Option<String>,
    data: Option<&serde_json::Value>,
    outputs: Option<Vec<String>>,
) -> Result<String, Problem> {
    let (package, rules) = (module::package(module), module::rules(module));
    let span = module.package.span.clone();
    if package.split(['.', '[']).next() == Some(ANSWER) {
        return Err(Problem::new("/source", place::at(span.line, span.col, "this package is reserved")));
    }
    if let Some(wrong) = module::unknown_call(module) {
        return Err(Problem::new("/source", wrong));
    }
    for pattern in module::patterns(module) {
        compile_pattern(pattern)?;
    }
    no_conflict(package, &rules, data)?;
    let decision = decision(package, &rules, query, (span.line, span.col))?;
    let outputs = handed_over(&rules, outputs, &decision, package)?;
    let mut collects =
        format!("package {ANSWER}\n\ncollected contains [\"{DECISION}\", value] if value := {decision}\n");
    for output in outputs {
        collects.push_str(&format!("\ncollected contains [\"{output}\", value] if value := data.{package}.{output}\n"));
    }
    Ok(collects)
}

/// The rule that decides, as a reference.
fn decision(package: &str, rules: &[&str], query: Option<String>, head: (u32, u32)) -> Result<String, Problem> {
    let Some(query) = query else {
        return match rules.contains(&"allow") {
            true => Ok(format!("data.{package}.allow")),
            false => Err(Problem::new("/source", place::at(head.0, head.1, "the package has no rule allow"))),
        };
    };
    let path = query
        .strip_prefix("data.")
        .and_then(|query| query.strip_prefix(package))
        .and_then(|rest| rest.strip_prefix('.'));
    let is_path = |path: &str| path.split('.').all(is_name);
    match path {
        Some(path) if is_path(path) && rules.contains(&path.split('.').next().unwrap_or_default()) => Ok(query),
        _ => {
            let known = rules.join(", ");
            let sentence = format!("a query is data.{package}. and the name of one of its rules: {known}");
            Err(Problem::new("/query", place::at(1, 1, &sentence)))
        }
    }
}

/// The rules whose values are handed over.
fn handed_over(
    rules: &[&str],
    outputs: Option<Vec<String>>,
    decision: &str,
    package: &str,
) -> Result<Vec<String>, Problem> {
    let Some(outputs) = outputs else {
        let others = rules.iter().filter(|rule| format!("data.{package}.{rule}") != decision);
        return Ok(others.map(|rule| (*rule).to_owned()).collect());
    };
    match outputs.iter().position(|output| !rules.contains(&output.as_str())) {
        Some(place) => Err(Problem::new(format!("/outputs/{place}"), "the package has no such rule")),
        None => Ok(outputs),
    }
}

fn is_name(part: &str) -> bool {
    let mut letters = part.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// A value of the base document where a rule stands would hide the rule, or the rule the value.
fn no_conflict(package: &str, rules: &[&str], data: Option<&serde_json::Value>) -> Result<(), Problem> {
    let Some(mut place) = data else { return Ok(()) };
    if place.get(ANSWER).is_some() {
        return Err(Problem::new(format!("/data/{ANSWER}"), "this name is reserved"));
    }
    let mut pointer = "/data".to_owned();
    for part in package.split(['.', '[', ']', '"']).filter(|part| !part.is_empty()) {
        let Some(below) = place.get(part) else {
            return Ok(());
        };
        pointer.push_str(&format!("/{}", part.replace('~', "~0").replace('/', "~1")));
        place = below;
    }
    match rules.iter().find(|rule| place.get(**rule).is_some() || !place.is_object()) {
        Some(rule) => Err(Problem::new(pointer, format!("the module has the rule {rule} at this place"))),
        None => Ok(()),
    }
}

/// Compiles a pattern that stands in the source: a wrong one is told when the policy is saved, and a good one is kept.
fn compile_pattern(pattern: &Expr) -> Result<(), Problem> {
    let (Expr::String { value, span, .. } | Expr::RawString { value, span, .. }) = pattern else {
        return Ok(());
    };
    let literal = value.to_json_str().unwrap_or_default();
    let valid = Engine::new().eval_query(format!("regex.match({literal}, \"\")"), false);
    match valid {
        Ok(_) => Ok(()),
        Err(_) => Err(Problem::new("/source", place::at(span.line, span.col, "not a valid regular expression"))),
    }
}

/// What the collected values mean. Only `true` allows.
fn outcome(collected: &Value) -> Outcome {
    let mut outputs = BTreeMap::new();
    let mut decision = None;
    for pair in collected.as_set().into_iter().flat_map(|pairs| pairs.iter()) {
        let Value::Array(pair) = pair else { continue };
        match (pair.get(0), pair.get(1)) {
            (Some(Value::String(name)), Some(value)) if name.as_ref() == DECISION => decision = Some(value),
            (Some(name), Some(value)) => _ = outputs.insert(name.clone(), value.clone()),
            _ => {}
        }
    }
    let outputs = match outputs.is_empty() {
        true => String::new(),
        false => serde_json::to_string(&Value::from(outputs)).unwrap_or_default(),
    };
    match decision {
        Some(Value::Bool(true)) if outputs.is_empty() => Outcome::Allow,
        Some(Value::Bool(true)) => Outcome::AllowWith { output: outputs },
        None | Some(Value::Bool(false)) => denied("not_allowed", "the policy does not allow this", outputs),
        Some(_) => denied("not_boolean", "the policy's decision is neither true nor false", outputs),
    }
}

fn denied(code: &'static str, message: &str, details: String) -> Outcome {
    Outcome::Deny { code: code.into(), message: message.to_owned(), details }
}
