//! The conjunction: every rule is asked, one refusal or error is enough to deny.

use super::{Answer, Asked, Code, Failed, Output, Rule, RuleSet, Validators, Verdict};

/// Decides `rules` on `input` (the policy input document as JSON text).
///
/// A policy without rules denies: nothing in it allows.
pub async fn decide(rules: &RuleSet, input: &str, validators: &dyn Validators) -> Verdict {
    conclude(rules, validators.ask(rules, input).await)
}

/// Decides rules that are not saved, without preparing anything for later decisions.
pub async fn try_out(rules: &RuleSet, input: &str, validators: &dyn Validators) -> Verdict {
    conclude(rules, validators.ask_once(rules, input).await)
}

fn conclude(rules: &RuleSet, asked: Asked) -> Verdict {
    if rules.rules().is_empty() {
        return Verdict::denied("", Code::EmptyPolicy);
    }
    let mut verdict = Verdict { components: asked.components, usage: asked.usage, ..Verdict::default() };
    let mut answers = asked.answers.into_iter();
    for (index, rule) in rules.rules().iter().enumerate() {
        // A missing answer is an error of the sandbox, never a pass.
        let answer = answers.next().unwrap_or(Answer::Error(Code::BadAnswer));
        verdict.errors += usize::from(matches!(answer, Answer::Error(_)));
        if let Answer::Pass { output } = &answer {
            verdict.hand_over(index, rule, output);
        }
        if let Some(failed) = failed(index, rule, answer) {
            verdict.failures.push(failed);
            verdict.recover(rule);
        }
    }
    verdict.allow = verdict.failures.is_empty();
    verdict
}

fn failed(index: usize, rule: &Rule, answer: Answer) -> Option<Failed> {
    let (code, message, details) = match answer {
        Answer::Pass { output: _ } => return None,
        Answer::Fail { code, message, details } => (code, message, details),
        Answer::Error(code) => (code.as_str().to_owned(), code.message().to_owned(), String::new()),
    };
    Some(Failed { validator: rule.validator.clone(), index, code, message, details })
}

impl Verdict {
    /// A deny of the host's own.
    pub fn denied(validator: &str, code: Code) -> Verdict {
        let failed = Failed {
            validator: validator.to_owned(),
            index: 0,
            code: code.as_str().to_owned(),
            message: code.message().to_owned(),
            details: String::new(),
        };
        Verdict { failures: vec![failed], errors: 1, ..Verdict::default() }
    }

    fn hand_over(&mut self, index: usize, rule: &Rule, output: &str) {
        if !output.is_empty() {
            self.outputs.push(Output { validator: rule.validator.clone(), index, value: output.to_owned() });
        }
    }

    fn recover(&mut self, rule: &Rule) {
        for recovery in &rule.recovery {
            if !self.recovery.contains(recovery) {
                self.recovery.push(recovery.clone());
            }
        }
    }
}
