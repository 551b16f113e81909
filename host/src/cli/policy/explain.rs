//! `portcullis policy explain`: every rule of a policy asked by itself, what it answers and what that costs.

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::{
    file::PolicyFile,
    input::Question,
    run::{must_be_fine, spent},
};
use crate::{
    cli::{Error, Outcome, output, workbench::Workbench},
    decision::{self, Answer, Condition, Rule, RuleSet, Usage, Validators},
};

/// Tell what every rule of a policy says about one input, why, and what it costs
///
/// Rules are asked one by one, so their costs do not add up to a decision's, which asks the rules of one component together.
/// Exit codes are those of eval.
///
/// Example: portcullis policy explain policies/office-hours.json --input request.json
#[derive(Args)]
pub struct Explain {
    #[command(flatten)]
    question: Question,
}

/// The whole trace.
#[derive(Serialize)]
struct Trace {
    result: &'static str,
    allow: bool,
    rules: Vec<Step>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
    usage: Usage,
}

/// One rule.
#[derive(Serialize)]
struct Step {
    index: usize,
    validator: String,
    conf: Value,
    /// `pass`, `fail` or `error`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    code: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    /// What it hands over, or says beside its refusal.
    #[serde(skip_serializing_if = "Value::is_null")]
    details: Value,
    /// Kinds of ways to pass, when it did not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    recovery: Vec<String>,
    usage: Usage,
}

impl Explain {
    /// Runs the command.
    pub(super) fn run(self) -> Result<Outcome, Error> {
        let Explain { question } = self;
        let file = PolicyFile::read(&question.policy).map_err(Error::from)?;
        let input = question.document()?;
        let bench = Workbench::cold()?;
        bench.bring(&question.plugins)?;
        let trace = bench.wait(async {
            must_be_fine(&bench, &file).await?;
            Ok::<_, Error>(trace(&bench, &file.policy.rules, &input).await)
        })?;
        match question.json {
            true => output::say_json(&trace)?,
            false => tell(&trace, &file.policy.name),
        }
        Ok(if trace.allow { Outcome::Yes } else { Outcome::No })
    }
}

async fn trace(bench: &Workbench, rules: &RuleSet, input: &str) -> Trace {
    let verdict = decision::try_out(rules, input, bench.sandbox()).await;
    let mut steps = Vec::new();
    for (index, rule) in rules.rules().iter().enumerate() {
        let asked = bench.sandbox().ask_once(&RuleSet::new(vec![rule.clone()]), input).await;
        steps.extend(asked.answers.into_iter().next().map(|answer| step(index, rule, answer, asked.usage)));
    }
    Trace {
        result: verdict.said().as_str(),
        allow: verdict.allow,
        rules: steps,
        condition: rules.condition().cloned(),
        usage: verdict.usage,
    }
}

fn step(index: usize, rule: &Rule, answer: Answer, usage: Usage) -> Step {
    let (outcome, code, message, details) = match answer {
        Answer::Pass { output } => ("pass", String::new(), String::new(), output),
        Answer::Fail { code, message, details } => ("fail", code, message, details),
        Answer::Error(code) => ("error", code.as_str().to_owned(), code.message().to_owned(), String::new()),
    };
    let recovery = rule.recovery.iter().map(|recovery| recovery.kind.clone());
    Step {
        index,
        validator: rule.validator.clone(),
        conf: serde_json::from_str(&rule.conf).unwrap_or_default(),
        outcome,
        code,
        message,
        details: serde_json::from_str(&details).unwrap_or_default(),
        recovery: if outcome == "pass" { Vec::new() } else { recovery.collect() },
        usage,
    }
}

fn tell(trace: &Trace, name: &str) {
    output::say(&format!("{}: {name}", trace.result));
    let all = "all of these have to pass";
    let how = trace.condition.as_ref().map_or_else(|| all.to_owned(), words);
    output::say(&format!("  {how}"));
    for step in &trace.rules {
        tell_step(step);
    }
    output::say(&format!("  the decision: {}", spent(&trace.usage)));
}

fn tell_step(step: &Step) {
    let Step { index, validator, conf, outcome, code, message, details, recovery, usage } = step;
    let why = if code.is_empty() { String::new() } else { format!("  {code}: {message}") };
    output::say(&format!("  {}. {outcome:<5} {validator}  ({}){why}", index + 1, spent(usage)));
    match conf.get("source") {
        // A script is shown as its author wrote it.
        Some(Value::String(source)) => {
            source.lines().for_each(|line| output::say(&format!("         | {line}")));
        }
        _ => output::say(&format!("         {conf}")),
    }
    if !details.is_null() {
        let what = if *outcome == "pass" { "hands over" } else { "details" };
        output::say(&format!("         {what}: {details}"));
    }
    for kind in recovery {
        output::say(&format!("         may pass with: {kind}"));
    }
}

/// A condition in words, its rules by their numbers.
fn words(condition: &Condition) -> String {
    let list = |conditions: &[Condition], word: &str| {
        let parts: Vec<String> = conditions.iter().map(words).collect();
        format!("({})", parts.join(word))
    };
    match condition {
        Condition::Rule(index) => format!("{}", index + 1),
        Condition::All { of, recovery: _ } => list(of, " and "),
        Condition::Any { of, recovery: _ } => list(of, " or "),
        Condition::Not { of, recovery: _ } => format!("not {}", words(of)),
        Condition::Policy { id, recovery: _, linked: _ } => format!("the policy `{id}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_told_in_words() {
        let rule = Condition::Rule;
        let not = Condition::Not { of: Box::new(rule(1)), recovery: Vec::new() };
        let any = Condition::Any { of: vec![rule(0), not], recovery: Vec::new() };
        assert_eq!(words(&Condition::all(vec![any, rule(2)])), "((1 or not 2) and 3)");
    }
}
