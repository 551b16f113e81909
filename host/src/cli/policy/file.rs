//! A policy in files: the JSON that createPolicy takes, whose script may stand in a file of its own.
//!
//! Used by all commands of `policy`. Knows nothing of the sandbox.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

use crate::{
    api::{
        acp::policies::{self, PolicyBody},
        read,
    },
    cli::Error,
    domain::{Failure, Problem, policy::Policy},
};

/// The member that names the script's file.
const DEFINITION_FILE: &str = "definition_file";
/// The languages whose scripts may stand in files of their own, by the ending of these.
pub(super) const LANGUAGES: [&str; 3] = ["cel", "cedar", "rego"];

/// A policy as its files say it.
pub(super) struct PolicyFile {
    /// The file that was asked for.
    pub(super) path: PathBuf,
    /// Where its script is, when that is a file of its own.
    pub(super) script: Option<PathBuf>,
    /// The policy.
    pub(super) policy: Policy,
}

/// Why a policy's file cannot be read as one.
pub(super) enum Unreadable {
    /// A file is not there, or not readable.
    Io(PathBuf, std::io::Error),
    /// It is no policy.
    Wrong(Box<PolicyFileProblems>),
}

/// What is wrong with a file.
pub(super) struct PolicyFileProblems {
    /// The file.
    pub(super) path: PathBuf,
    /// Everything that is wrong with it.
    pub(super) problems: Vec<Problem>,
}

impl From<Unreadable> for Error {
    fn from(unreadable: Unreadable) -> Error {
        match unreadable {
            Unreadable::Io(path, error) => Error::new(format!("{}: {error}", path.display())),
            Unreadable::Wrong(wrong) => {
                let PolicyFileProblems { path, problems } = *wrong;
                let said = problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("; ");
                Error::new(format!("{}: {said}", path.display()))
            }
        }
    }
}

impl PolicyFile {
    /// Reads the policy at `path`.
    pub(super) fn read(path: &Path) -> Result<PolicyFile, Unreadable> {
        let (body, script) = PolicyFile::body(path)?;
        let (_, policy) = policies::parse(body).map_err(|failure| wrong(path, problems(failure)))?;
        Ok(PolicyFile { path: path.to_owned(), script, policy })
    }

    /// Reads the policy at `path` as createPolicy takes it, and answers where its script is, when that is a file of its own.
    pub(super) fn body(path: &Path) -> Result<(PolicyBody, Option<PathBuf>), Unreadable> {
        let bytes = bytes(path)?;
        let wrong = |problems: Vec<Problem>| wrong(path, problems);
        let (body, script) = match language(path) {
            Some(language) => (alone(path, language, text(bytes).map_err(wrong)?), Some(path.to_owned())),
            None => {
                let mut body: Value = read::from_json(&bytes).map_err(|problem| wrong(vec![problem]))?;
                let script = match &mut body {
                    Value::Object(members) => bring_script(path, members, wrong)?,
                    _ => None,
                };
                (body, script)
            }
        };
        Ok((read::from_value(body).map_err(|problem| wrong(vec![problem]))?, script))
    }
}

fn wrong(path: &Path, problems: Vec<Problem>) -> Unreadable {
    Unreadable::Wrong(Box::new(PolicyFileProblems { path: path.to_owned(), problems }))
}

/// Puts the text of the file that `definition_file` names in its place, and answers which it was.
fn bring_script(
    path: &Path,
    members: &mut Map<String, Value>,
    wrong: impl Fn(Vec<Problem>) -> Unreadable,
) -> Result<Option<PathBuf>, Unreadable> {
    let pointer = format!("/{DEFINITION_FILE}");
    let problem = |reason: &str| wrong(vec![Problem::new(&*pointer, reason)]);
    let Some(named) = members.shift_remove(DEFINITION_FILE) else { return Ok(None) };
    let Value::String(named) = named else { return Err(problem("is the name of a file")) };
    if members.contains_key("definition") {
        return Err(problem("stands in the place of the definition: have one of them"));
    }
    let script = path.parent().unwrap_or(Path::new("")).join(named);
    if let (Some(language), false) = (language(&script), members.contains_key("language")) {
        members.insert("language".to_owned(), json!(language));
    }
    let text = text(bytes(&script)?).map_err(|problems| self::wrong(&script, problems))?;
    members.insert("definition".to_owned(), Value::String(text));
    Ok(Some(script))
}

/// A script without a policy's file around it.
fn alone(path: &Path, language: &str, definition: String) -> Value {
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("policy");
    json!({ "id": name, "policy_name": name, "language": language, "definition": definition })
}

/// The language of a script's file.
fn language(path: &Path) -> Option<&'static str> {
    let ending = path.extension()?.to_str()?;
    LANGUAGES.into_iter().find(|language| *language == ending)
}

fn bytes(path: &Path) -> Result<Vec<u8>, Unreadable> {
    fs::read(path).map_err(|error| Unreadable::Io(path.to_owned(), error))
}

fn text(bytes: Vec<u8>) -> Result<String, Vec<Problem>> {
    String::from_utf8(bytes).map_err(|_| vec![Problem::new("", "is not UTF-8 text")])
}

fn problems(failure: Failure) -> Vec<Problem> {
    match failure {
        Failure::Invalid(problems) => problems,
        Failure::Malformed(problem) => vec![problem],
        other => vec![Problem::new("", other.to_client())],
    }
}
