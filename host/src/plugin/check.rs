//! Checking a policy or a consent checker before it is saved: names, sizes, schemas, and the component's own opinion.
//!
//! Called through the traits of `decision`. Answers every problem it can find.

use std::sync::Arc;

use super::{Kind, bindings::types, job::Configure, plan::Group, sandbox::Inner};
use crate::decision::{Code, ConfProblem, RuleSet};

impl Inner {
    /// Every reason why `rules`, which name components of `kind`, cannot be saved.
    pub(super) async fn check(self: &Arc<Inner>, rules: &RuleSet, kind: Kind) -> Result<(), Vec<ConfProblem>> {
        let plan = self.plan(rules).await;
        let mut problems: Vec<_> = plan.fixed.iter().map(|(rule, code)| name_problem(*rule, code.message())).collect();
        for group in &plan.groups {
            problems.extend(self.check_group(group, rules, kind).await);
        }
        if problems.is_empty() {
            return Ok(());
        }
        problems.sort_by_key(|problem| problem.rule);
        Err(problems)
    }

    /// Starts the builds of rules that were saved.
    pub(super) async fn prepare_all(self: &Arc<Inner>, rules: &RuleSet) {
        let plan = self.plan(rules).await;
        for group in &plan.groups {
            self.prepare(group, rules);
        }
    }

    async fn check_group(self: &Arc<Inner>, group: &Group, rules: &RuleSet, kind: Kind) -> Vec<ConfProblem> {
        let everywhere = |message: &str| group.rules.iter().map(|rule| name_problem(*rule, message)).collect();
        let loaded = match self.of_kind(&group.guest, kind).await {
            Ok(loaded) => loaded,
            Err(error) => return everywhere(&error.to_string()),
        };
        let described = match self.described(&group.guest).await {
            Ok(described) => described,
            Err(error) => return everywhere(&error.to_string()),
        };
        let confs = group.confs(rules);
        let mut problems = Vec::new();
        for (rule, conf) in group.rules.iter().zip(&confs) {
            match self.oversize(conf) {
                Some(message) => problems.push(conf_problem(*rule, "", message)),
                None => problems.extend(
                    described.problems(conf).into_iter().map(|(path, message)| conf_problem(*rule, &path, message)),
                ),
            }
        }
        // The component sees only what its own schema accepts.
        if problems.is_empty() {
            let answer = self.call_aside(&group.guest, Configure { loaded, confs }).await;
            problems = opinion(group, answer);
        }
        problems
    }

    fn oversize(&self, conf: &str) -> Option<String> {
        let limit = self.limits.conf_bytes;
        (conf.len() > limit).then(|| format!("{} bytes, {limit} are allowed", conf.len()))
    }
}

/// What the component's `configure` answered, said of the policy's rules.
fn opinion(group: &Group, answer: Result<Result<(), Vec<types::ConfProblem>>, Code>) -> Vec<ConfProblem> {
    let first = group.rules.first().copied().unwrap_or_default();
    match answer {
        Ok(Ok(())) => Vec::new(),
        // A refusal without a reason is a refusal all the same.
        Ok(Err(problems)) if problems.is_empty() => {
            vec![conf_problem(first, "", "refused by the component".to_owned())]
        }
        Ok(Err(problems)) => problems.into_iter().map(|problem| placed(group, first, problem)).collect(),
        Err(code) => {
            let say = |rule: &usize| conf_problem(*rule, "", code.message().to_owned());
            group.rules.iter().map(say).collect()
        }
    }
}

fn placed(group: &Group, first: usize, problem: types::ConfProblem) -> ConfProblem {
    let types::ConfProblem { index, path, message } = problem;
    let rule = usize::try_from(index).ok().and_then(|index| group.rules.get(index).copied());
    // A pointer begins with a slash; anything else from a guest would point outside of `conf`.
    let path = if path.starts_with('/') { path } else { String::new() };
    conf_problem(rule.unwrap_or(first), &path, message)
}

fn name_problem(rule: usize, message: &str) -> ConfProblem {
    ConfProblem { rule, path: "/name".to_owned(), message: message.to_owned() }
}

fn conf_problem(rule: usize, path: &str, message: String) -> ConfProblem {
    ConfProblem { rule, path: format!("/conf{path}"), message }
}
