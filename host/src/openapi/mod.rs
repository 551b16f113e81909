//! OpenAPI documents (3.0, 3.1 and Swagger 2.0): a value in, the operations, scopes and policies that it names out.
//!
//! Pure: called by the dialect that takes such documents, and by the fuzzer. Knows nothing of ours, neither what a policy
//! is nor where an operation ends up. References are resolved within the document; only what is read is checked, so that
//! schemas may refer to wherever they like.

mod operations;
mod parameters;
mod policies;
mod reference;
mod security;
mod template;

use std::collections::HashMap;

use serde_json::{Map, Value};

/// The extension that attaches a policy: at the document, a path item or an operation, the nearest wins.
pub const POLICY: &str = "x-portcullis-policy";

/// The most operations of a document.
pub const OPERATIONS: usize = 10_000;
/// The most scopes, and the most policies, of a document.
const NAMED: usize = 1000;
/// The most problems that are told: a document of another kind may be wrong in every line.
pub const TOLD: usize = 100;
/// The most steps of a reading. References let a short document say the same thing millions of times.
const STEPS: usize = 1_000_000;
/// The longest path, in bytes. What is wrong with its operations is told with the path.
const LONGEST_PATH: usize = 2048;
/// The longest name of a parameter, in bytes.
const LONGEST_NAME: usize = 1000;

/// What a document says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// Its operations, in order.
    pub operations: Vec<Operation>,
    /// Its policies, each once, however many operations it is attached to.
    pub policies: Vec<Policy>,
    /// Its scopes, each once.
    pub scopes: Vec<Scope>,
}

/// An operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Where it stands, as a JSON Pointer.
    pub place: String,
    /// In upper case.
    pub method: &'static str,
    /// The path template as it is written.
    pub path: String,
    /// The policy attached to it.
    pub policy: Option<Attached>,
}

/// A policy attached to an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attached {
    /// One that is known elsewhere.
    Known {
        /// Where its id stands.
        place: String,
        /// Its id.
        id: String,
    },
    /// One of [`Document::policies`], by its place in the list.
    Own(usize),
}

/// A policy that the document brings.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Where it stands.
    pub place: String,
    /// What to call it when it has no name of its own: the operationId, the path, or nothing for the whole document.
    pub name: String,
    /// As it is written.
    pub value: Map<String, Value>,
}

/// A scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Where it stands first.
    pub place: String,
    /// Its name.
    pub name: String,
    /// What it is for; empty when only a requirement names it.
    pub description: String,
}

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, as a JSON Pointer.
    pub place: String,
    /// What is wrong there.
    pub reason: String,
}

/// The kinds of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    /// Swagger 2.0.
    V2,
    /// OpenAPI 3.0.
    V30,
    /// OpenAPI 3.1.
    V31,
}

/// Reads a document.
///
/// # Errors
/// Everything that is wrong with it, up to a hundred problems.
pub fn read(document: &Value) -> Result<Document, Vec<Problem>> {
    let Some(root) = document.as_object() else { return Err(vec![problem("", "must be an OpenAPI document")]) };
    let version = version(root).map_err(|problem| vec![problem])?;
    let (found, scopes, problems) = Default::default();
    let mut reading = Reading { root: document, version, found, scopes, problems, steps: STEPS };
    let security = security::read(&mut reading, root);
    operations::read(&mut reading, root, &security);
    match reading.problems.is_empty() {
        true => Ok(reading.found),
        false => Err(reading.problems),
    }
}

/// A document that is being read.
struct Reading<'a> {
    root: &'a Value,
    version: Version,
    found: Document,
    /// The scopes of `found` by name.
    scopes: HashMap<String, usize>,
    problems: Vec<Problem>,
    /// How many more steps there may be.
    steps: usize,
}

impl Reading<'_> {
    /// Takes as many steps. Answers false when the reading has ended: whoever goes through a list then stops.
    fn step(&mut self, steps: usize) -> bool {
        if self.ended() {
            return false;
        }
        self.steps = self.steps.saturating_sub(steps);
        if self.steps == 0 {
            self.problems.push(problem("", "refers to its own parts more often than a document may"));
        }
        self.steps > 0
    }

    /// Whether there were too many steps or enough problems.
    fn ended(&self) -> bool {
        self.steps == 0 || self.problems.len() >= TOLD
    }

    fn wrong(&mut self, place: impl Into<String>, reason: impl Into<String>) {
        self.add(problem(place, reason));
    }

    fn add(&mut self, problem: Problem) {
        if !self.ended() {
            self.problems.push(problem);
        }
    }
}

fn problem(place: impl Into<String>, reason: impl Into<String>) -> Problem {
    Problem { place: place.into(), reason: reason.into() }
}

/// The place of a member, as a JSON Pointer (RFC 6901).
fn at(place: &str, member: impl std::fmt::Display) -> String {
    let member = member.to_string();
    match member.contains(['~', '/']) {
        true => format!("{place}/{}", member.replace('~', "~0").replace('/', "~1")),
        false => format!("{place}/{member}"),
    }
}

/// Which kind of document it is. YAML makes a number of a version without quotes.
fn version(root: &Map<String, Value>) -> Result<Version, Problem> {
    let text = |name: &str| match root.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let of_line = |text: &str, line: &str| {
        let rest = text.strip_prefix(line);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
    };
    match (text("openapi"), text("swagger")) {
        (Some(openapi), None) if of_line(&openapi, "3.0") => Ok(Version::V30),
        (Some(openapi), None) if of_line(&openapi, "3.1") => Ok(Version::V31),
        (None, Some(swagger)) if swagger == "2.0" => Ok(Version::V2),
        (Some(_), None) => Err(problem("/openapi", "must be 3.0.x or 3.1.x")),
        (None, Some(_)) => Err(problem("/swagger", "must be 2.0")),
        _ => Err(problem("", "must be an OpenAPI document: it has neither `openapi` nor `swagger`, or both")),
    }
}

#[cfg(test)]
mod tests;
