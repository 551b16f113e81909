//! Cases of a component: configurations and inputs, and what must come of them.
//!
//! Used by `test`. Knows nothing of the sandbox.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::component::Said;
use crate::{
    cli::{Error, policy::same_value},
    decision::{Answer, Unmapped},
};

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cases {
    /// The configuration of cases that have none.
    #[serde(default)]
    pub(super) conf: Map<String, Value>,
    /// The cases.
    #[serde(default)]
    pub(super) cases: Vec<Case>,
    /// Configurations that are not taken.
    #[serde(default)]
    pub(super) refused: Vec<Refused>,
}

/// A configuration, and where it is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refused {
    pub(super) name: String,
    pub(super) conf: Map<String, Value>,
    /// JSON Pointer into it, empty for the whole.
    pub(super) path: String,
}

/// One configuration and input and what must come of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) conf: Option<Map<String, Value>>,
    #[serde(default)]
    pub(super) input: Map<String, Value>,
    pub(super) expect: Expectation,
}

/// What must come of a case. What is left out is not looked at, but something must be said.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expectation {
    /// A validator or consent checker passes or not.
    allow: Option<bool>,
    /// The word of its refusal, or of the host's when it could not answer.
    code: Option<String>,
    /// What it says beside the refusal.
    details: Option<Value>,
    /// What it hands over when it passes.
    output: Option<Value>,
    /// The claims of a mapper, all of them.
    claims: Option<Map<String, Value>>,
    /// A part of the sentence with which a mapper refuses, or the host's word when it could not answer.
    error: Option<String>,
}

impl Expectation {
    fn is_empty(&self) -> bool {
        let Expectation { allow, code, details, output, claims, error } = self;
        let verdict = allow.is_none() && code.is_none() && details.is_none() && output.is_none();
        verdict && claims.is_none() && error.is_none()
    }

    /// What differs, in sentences.
    pub(super) fn compare(&self, said: &Said) -> Vec<String> {
        match said {
            Said::Answer(answer) => self.compare_answer(answer),
            Said::Mapped(Ok(claims)) => {
                let value = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
                let got = claims.iter().map(|claim| (claim.name.clone(), value(&claim.value))).collect();
                self.compare_claims(&Value::Object(got))
            }
            Said::Mapped(Err(why)) => self.compare_error(why),
        }
    }

    fn compare_answer(&self, answer: &Answer) -> Vec<String> {
        let (allow, code, details, output) = match answer {
            Answer::Pass { output } => (true, "", "", output.as_str()),
            Answer::Fail { code, message: _, details } => (false, code.as_str(), details.as_str(), ""),
            Answer::Error(code) => (false, code.as_str(), "", ""),
        };
        let mut problems =
            self.not_for("a verdict", [("claims", self.claims.is_some()), ("error", self.error.is_some())]);
        if let Some(expected) = self.allow.filter(|expected| *expected != allow) {
            problems.push(format!("expected allow: {expected}, got {allow}"));
        }
        if let Some(expected) = self.code.as_ref().filter(|expected| *expected != code) {
            problems.push(format!("expected code: {expected}, got {}", or_none(code)));
        }
        problems.extend(self.details.as_ref().and_then(|expected| json("details", expected, details)));
        problems.extend(self.output.as_ref().and_then(|expected| json("output", expected, output)));
        problems
    }

    fn compare_claims(&self, got: &Value) -> Vec<String> {
        let mut problems = self.not_for("claims", self.of_verdicts());
        if let Some(expected) = &self.error {
            problems.push(format!("expected error: {expected}, got the claims {got}"));
        }
        if let Some(expected) = self.claims.clone().map(Value::Object).filter(|expected| !same_value(expected, got)) {
            problems.push(format!("expected the claims {expected}, got {got}"));
        }
        problems
    }

    fn compare_error(&self, why: &Unmapped) -> Vec<String> {
        let got = match why {
            Unmapped::Refused(sentence) => sentence.as_str(),
            Unmapped::Fault(code) => code.as_str(),
        };
        let mut problems = self.not_for("an error", self.of_verdicts());
        match &self.error {
            Some(expected) if !got.contains(expected) => {
                problems.push(format!("expected error: {expected}, got {got}"))
            }
            None if self.claims.is_some() => problems.push(format!("expected claims, got the error {got}")),
            _ => {}
        }
        problems
    }

    fn of_verdicts(&self) -> [(&'static str, bool); 4] {
        let Expectation { allow, code, details, output, .. } = self;
        [
            ("allow", allow.is_some()),
            ("code", code.is_some()),
            ("details", details.is_some()),
            ("output", output.is_some()),
        ]
    }

    /// Expectations that make no sense of what the component's world answers.
    fn not_for<const N: usize>(&self, what: &str, members: [(&str, bool); N]) -> Vec<String> {
        let said = members.into_iter().filter(|(_, said)| *said);
        said.map(|(name, _)| format!("expected {name}, but the component answers {what}")).collect()
    }
}

fn json(name: &str, expected: &Value, got: &str) -> Option<String> {
    let value = serde_json::from_str::<Value>(got).unwrap_or(Value::Null);
    (!same_value(expected, &value)).then(|| format!("expected {name}: {expected}, got {}", or_none(got)))
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

impl Cases {
    /// Reads them.
    pub(super) fn read(path: &Path) -> Result<Cases, Error> {
        let wrong = |error: &dyn std::fmt::Display| Error::new(format!("{}: {error}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| wrong(&error))?;
        let cases: Cases = serde_saphyr::from_str(&text).map_err(|error| wrong(&error))?;
        match cases.cases.iter().find(|case| case.expect.is_empty()) {
            Some(case) => Err(wrong(&format!("the case `{}` expects nothing", case.name))),
            None => Ok(cases),
        }
    }

    /// Where the cases of the component in `file` are unless it is said: beside it, under its name or as `cases.yaml`.
    pub(super) fn beside(file: &Path) -> PathBuf {
        let (own, any) = (file.with_extension("cases.yaml"), file.with_file_name("cases.yaml"));
        if !own.exists() && any.exists() { any } else { own }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Claim, Code};

    fn compared(expectation: &str, said: &Said) -> Vec<String> {
        serde_saphyr::from_str::<Expectation>(expectation).unwrap().compare(said)
    }

    #[test]
    fn verdicts_are_compared_member_by_member() {
        let fail =
            Answer::Fail { code: "young".to_owned(), message: String::new(), details: r#"{"age":7}"#.to_owned() };
        let fail = Said::Answer(fail);
        assert_eq!(compared("{ allow: false, code: young, details: { age: 7 } }", &fail), [""; 0]);
        assert_eq!(
            compared("{ allow: true, code: old, details: { age: 8 } }", &fail),
            [
                "expected allow: true, got false",
                "expected code: old, got young",
                r#"expected details: {"age":8}, got {"age":7}"#
            ]
        );
        let pass = Said::Answer(Answer::Pass { output: "[1]".to_owned() });
        assert_eq!(compared("{ output: [1] }", &pass), [""; 0]);
        assert_eq!(compared("{ claims: {} }", &pass), ["expected claims, but the component answers a verdict"]);
        assert_eq!(compared("{ code: trap }", &Said::Answer(Answer::Error(Code::Trap))), [""; 0]);
    }

    #[test]
    fn claims_and_refusals_are_compared() {
        let claim = Claim { name: "dept".to_owned(), value: r#""sales""#.to_owned() };
        let made = Said::Mapped(Ok(vec![claim]));
        assert_eq!(compared("{ claims: { dept: sales } }", &made), [""; 0]);
        assert_eq!(compared("{ claims: {} }", &made), [r#"expected the claims {}, got {"dept":"sales"}"#]);
        assert_eq!(compared("{ allow: true }", &made), ["expected allow, but the component answers claims"]);
        let refused = Said::Mapped(Err(Unmapped::Refused("no department is known".to_owned())));
        assert_eq!(compared("{ error: no department }", &refused), [""; 0]);
        assert_eq!(compared("{ error: other }", &refused), ["expected error: other, got no department is known"]);
        assert_eq!(compared("{ claims: {} }", &refused), ["expected claims, got the error no department is known"]);
    }
}
