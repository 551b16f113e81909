//! Checking a policy or a consent checker before it is saved: names, sizes, schemas, and the component's own opinion.
//!
//! Called through the traits of `decision`. Answers every problem it can find.

use std::sync::Arc;

use super::{Kind, PluginError, bindings::types, describe::Described, job::Configure, plan::Group, sandbox::Inner};
use crate::decision::{Code, ConfProblem, RuleSet};

/// The place of a configuration, where in it something is wrong, and what.
type Misfit = (usize, String, String);

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
        let found = match self.misfits(described, confs.clone()).await {
            Ok(found) => found,
            Err(error) => return everywhere(&error.to_string()),
        };
        let rule = |place: usize| group.rules.get(place).copied().unwrap_or_default();
        let placed = |(place, path, message): Misfit| conf_problem(rule(place), &path, message);
        let mut problems: Vec<_> = found.into_iter().map(placed).collect();
        // The component sees only what its own schema accepts.
        if problems.is_empty() {
            let answer = self.call_aside(&group.guest, Configure { loaded, confs }).await;
            problems = opinion(group, answer);
        }
        problems
    }

    /// What does not fit the component's schema: the place of the configuration, where in it, and why. Beside the workers, like the
    /// component's own opinion.
    async fn misfits(&self, described: Arc<Described>, confs: Vec<String>) -> Result<Vec<Misfit>, PluginError> {
        let desk = self.workshop.desks.clone().acquire_owned().await.map_err(|_| PluginError::Stopped)?;
        let limit = self.limits.conf_bytes;
        let work = move || {
            let _desk = desk;
            let found = confs.iter().map(|conf| match conf.len() > limit {
                true => vec![(String::new(), format!("{} bytes, {limit} are allowed", conf.len()))],
                false => described.problems(conf),
            });
            let placed = |(place, found): (usize, Vec<(String, String)>)| {
                found.into_iter().map(move |(path, message)| (place, path, message))
            };
            found.enumerate().flat_map(placed).collect()
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| PluginError::Stopped)
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
