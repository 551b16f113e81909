//! Checking a policy as a save does, and deciding by it; what both come to, in lines and as JSON.

use std::{fs, path::Path};

use serde::Serialize;

use super::{file::PolicyFile, place};
use crate::{
    api::acp::verdicts::{self, Failing, OutputBody, RecoveryBody},
    cli::{Error, output, workbench::Workbench},
    decision::{Usage, Validators, Verdict},
    domain::{Problem, policy},
};

/// What is wrong with a policy, and where its author wrote it.
#[derive(Serialize)]
pub(super) struct Complaint {
    /// The file.
    pub(super) file: String,
    /// Counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<u32>,
    /// Counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) column: Option<u32>,
    /// JSON Pointer of the member.
    pub(super) path: String,
    /// What is wrong.
    pub(super) message: String,
}

impl Complaint {
    /// About the member at `path` of the JSON file `file`, which is pointed at in its text.
    pub(super) fn in_json(file: &Path, path: String, message: String) -> Complaint {
        // The parser's own sentence ends with the place.
        let syntax = || message.rsplit_once(" at line ").and_then(|(_, place)| pair(place, " column "));
        let member = || place::of(&fs::read_to_string(file).ok()?, &path);
        let (line, column) = syntax().or_else(member).unzip();
        Complaint { file: file.display().to_string(), line, column, path, message }
    }

    /// About a script with a file of its own. Engines begin with the place in it: `line L, column C: …`.
    fn in_script(file: &Path, path: String, message: String) -> Complaint {
        let (place, message) = placed(&message);
        let (line, column) = place.unzip();
        Complaint { file: file.display().to_string(), line, column, path, message: message.to_owned() }
    }

    /// As editors understand it: `file:line:column: message`.
    pub(super) fn line(&self) -> String {
        let Complaint { file, line, column, path, message } = self;
        let place = match (line, column) {
            (Some(line), Some(column)) => format!(":{line}:{column}"),
            _ => String::new(),
        };
        let member = if path.is_empty() { String::new() } else { format!("{path}: ") };
        format!("{file}{place}: {member}{message}")
    }
}

/// The place at the beginning of a message, and the rest of it.
fn placed(message: &str) -> (Option<(u32, u32)>, &str) {
    let found = || {
        let (place, rest) = message.strip_prefix("line ")?.split_once(": ")?;
        Some((pair(place, ", column ")?, rest))
    };
    found().map_or((None, message), |(place, rest)| (Some(place), rest))
}

fn pair(text: &str, between: &str) -> Option<(u32, u32)> {
    let (one, other) = text.split_once(between)?;
    Some((one.parse().ok()?, other.parse().ok()?))
}

/// Everything that keeps a policy from being saved.
pub(super) async fn complaints(bench: &Workbench, file: &PolicyFile) -> Vec<Complaint> {
    let problems = bench.sandbox().check(&file.policy.rules).await.err().unwrap_or_default();
    let complaint = |problem: Problem| match &file.script {
        Some(script) if problem.member == "/definition" => Complaint::in_script(script, problem.member, problem.reason),
        _ => Complaint::in_json(&file.path, problem.member, problem.reason),
    };
    let problems = policy::problems(&file.policy, problems);
    problems.into_iter().map(complaint).collect()
}

/// The same, as an error for commands that need a policy that can be saved.
pub(super) async fn must_be_fine(bench: &Workbench, file: &PolicyFile) -> Result<(), Error> {
    match complaints(bench, file).await {
        complaints if complaints.is_empty() => Ok(()),
        complaints => {
            let lines: Vec<String> = complaints.iter().map(Complaint::line).collect();
            Err(Error::new(format!("the policy cannot be saved\n{}", lines.join("\n"))))
        }
    }
}

/// A verdict for programs.
#[derive(Serialize)]
pub(super) struct Told {
    result: &'static str,
    allow: bool,
    failures: Vec<Failing>,
    recovery: Vec<RecoveryBody>,
    outputs: Vec<OutputBody>,
    usage: Usage,
}

impl Told {
    /// Tells `verdict`.
    pub(super) fn of(verdict: Verdict) -> Told {
        Told {
            result: verdict.said().as_str(),
            allow: verdict.allow,
            failures: verdict.failures.into_iter().map(verdicts::failing).collect(),
            recovery: verdict.recovery.into_iter().map(verdicts::recovery).collect(),
            outputs: verdict.outputs.into_iter().map(verdicts::output).collect(),
            usage: verdict.usage,
        }
    }
}

/// A verdict for people.
pub(super) fn tell(verdict: &Verdict) {
    output::say(verdict.said().as_str());
    for failed in &verdict.failures {
        output::say(&format!(
            "  {} (rule {}): {}: {}",
            failed.validator,
            failed.index + 1,
            failed.code,
            failed.message
        ));
        if !failed.details.is_empty() {
            output::say(&format!("      {}", failed.details));
        }
    }
    for given in &verdict.outputs {
        output::say(&format!("  {} (rule {}) hands over {}", given.validator, given.index + 1, given.value));
    }
    for recovery in &verdict.recovery {
        output::say(&format!("  may pass with: {}", recovery.kind));
    }
    output::say(&format!("  {}", spent(&verdict.usage)));
}

/// What a call spent, in words.
pub(in crate::cli) fn spent(usage: &Usage) -> String {
    let Usage { instantiate_us, run_us, memory_bytes, instances, .. } = *usage;
    let s = if instances == 1 { "" } else { "s" };
    format!("{} us, {} KiB, {instances} instance{s}", instantiate_us + run_us, memory_bytes / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_scripts_are_found() {
        assert_eq!(placed("line 3, column 14: no such rule"), (Some((3, 14)), "no such rule"));
        for other in ["no place", "line 3: x", "line x, column 1: y", "line 3, column 1 y"] {
            assert_eq!(placed(other), (None, other));
        }
        let script =
            |message: &str| Complaint::in_script(Path::new("a.rego"), "/definition".to_owned(), message.to_owned());
        assert_eq!(script("line 3, column 14: no such rule").line(), "a.rego:3:14: /definition: no such rule");
        assert_eq!(script("too long").line(), "a.rego: /definition: too long");
        let syntax =
            Complaint::in_json(Path::new("a.json"), String::new(), "is not JSON: EOF at line 1 column 2".to_owned());
        assert_eq!((syntax.line, syntax.column), (Some(1), Some(2)));
    }
}
