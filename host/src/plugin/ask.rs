//! Asking: every rule of a policy, one fresh instance per component.
//!
//! Called by `decision::decide` through the trait, and by `domain` for claims and consents. Whatever goes wrong in a
//! guest is an answer here, and concerns only the rules of that guest.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use serde::de::IgnoredAny;

use super::{
    Claim, Kind, PluginError, Sandbox,
    bindings::types::Verdict,
    call::Called,
    guest::{Guest, Loaded},
    job::{Check, Cold, Map, Warm},
    plan::Group,
    sandbox::Inner,
};
use crate::decision::{Answer, Asked, BoxFuture, Code, ConfProblem, RuleSet, Usage, Validators};

impl Validators for Sandbox {
    fn check<'a>(&'a self, rules: &'a RuleSet) -> BoxFuture<'a, Result<(), Vec<ConfProblem>>> {
        Box::pin(self.inner.check(rules))
    }

    fn prepare<'a>(&'a self, rules: &'a RuleSet) -> BoxFuture<'a, ()> {
        Box::pin(self.inner.prepare_all(rules))
    }

    fn ask_once<'a>(&'a self, rules: &'a RuleSet, input: &'a str) -> BoxFuture<'a, Asked> {
        Box::pin(self.inner.ask(rules, input, false))
    }

    fn ask<'a>(&'a self, rules: &'a RuleSet, input: &'a str) -> BoxFuture<'a, Asked> {
        Box::pin(self.inner.ask(rules, input, true))
    }
}

impl Sandbox {
    /// The claims that `component`, configured with `confs`, makes from `input`: one answer for every configuration.
    pub async fn map_claims(
        &self,
        component: &str,
        confs: &[String],
        input: &str,
    ) -> Result<Vec<Result<Vec<Claim>, String>>, Code> {
        let (guest, loaded) = self.inner.find(component).await?;
        let Loaded::ClaimMapper(pre) = &*loaded else { return Err(Code::Unavailable) };
        let called = self.inner.cold(self.inner.call(&guest, Map { pre, confs, input }).await);
        let answers = called.outcome?;
        let sound = answers.iter().flatten().flatten().all(|claim| is_json(&claim.value));
        if answers.len() != confs.len() || !sound {
            self.inner.counters.bad_answer();
            return Err(Code::BadAnswer);
        }
        let claim = |claim: super::bindings::types::Claim| Claim { name: claim.name, value: claim.value };
        let claims = |claims: Vec<_>| claims.into_iter().map(claim).collect();
        Ok(answers.into_iter().map(|answer| answer.map(claims)).collect())
    }

    /// Whether the consents that `confs` ask for are given: one answer for every configuration.
    pub async fn check_consents(&self, component: &str, confs: &[String], input: &str) -> Result<Vec<Answer>, Code> {
        let (guest, loaded) = self.inner.find(component).await?;
        let Loaded::ConsentChecker(pre) = &*loaded else { return Err(Code::Unavailable) };
        let called = self.inner.cold(self.inner.call(&guest, Check { pre, confs, input }).await);
        let verdicts = called.outcome?;
        if verdicts.len() != confs.len() {
            self.inner.counters.bad_answer();
            return Err(Code::BadAnswer);
        }
        Ok(verdicts.into_iter().map(|verdict| self.inner.answer(verdict)).collect())
    }
}

impl Inner {
    /// Asks every group; `again` says whether to prepare for being asked again.
    async fn ask(self: &Arc<Inner>, rules: &RuleSet, input: &str, again: bool) -> Asked {
        let plan = self.plan(rules).await;
        let mut asked = Asked {
            answers: vec![Answer::Error(Code::Unavailable); rules.rules().len()],
            components: Vec::with_capacity(plan.groups.len()),
            usage: Usage::default(),
        };
        for (rule, code) in &plan.fixed {
            self.counters.called(Some(*code));
            set(&mut asked, *rule, Answer::Error(*code));
        }
        for group in &plan.groups {
            let called = self.ask_group(group, rules, input, again).await;
            add(&mut asked.usage, &called.usage);
            asked.components.push(group.id.clone());
            self.spread(group, called.outcome, &mut asked);
        }
        asked
    }

    async fn ask_group(
        self: &Arc<Inner>,
        group: &Group,
        rules: &RuleSet,
        input: &str,
        again: bool,
    ) -> Called<Vec<Verdict>> {
        if let Some(image) = self.image(group).await {
            return self.call(&group.guest, Warm { pre: &image.pre, input }).await;
        }
        match self.validator(&group.guest).await {
            Ok(loaded) => {
                let Loaded::Validator(pre) = &*loaded else { return self.unavailable() };
                if again {
                    self.prepare(group, rules);
                }
                let confs = group.confs(rules);
                self.cold(self.call(&group.guest, Cold { pre, confs: &confs, input }).await)
            }
            Err(_) => self.unavailable(),
        }
    }

    /// Gives every rule of `group` its answer.
    fn spread(&self, group: &Group, outcome: Result<Vec<Verdict>, Code>, asked: &mut Asked) {
        let verdicts = match outcome {
            Ok(verdicts) if verdicts.len() == group.rules.len() => verdicts,
            other => {
                // A list of another length cannot be matched to the rules, so none of it counts.
                let code = other.map_or_else(|code| code, |_| self.counted_bad_answer());
                return group.rules.iter().for_each(|rule| set(asked, *rule, Answer::Error(code)));
            }
        };
        for (rule, verdict) in group.rules.iter().zip(verdicts) {
            set(asked, *rule, self.answer(verdict));
        }
    }

    /// What a guest's verdict means. A refusal needs a word, and details that are JSON.
    fn answer(&self, verdict: Verdict) -> Answer {
        let Verdict { allow, code, message, details } = verdict;
        if allow {
            return Answer::Pass;
        }
        if code.is_empty() || !(details.is_empty() || is_json(&details)) {
            return Answer::Error(self.counted_bad_answer());
        }
        Answer::Fail { code, message, details }
    }

    fn unavailable<T>(&self) -> Called<T> {
        self.counters.called(Some(Code::Unavailable));
        Called { outcome: Err(Code::Unavailable), usage: Usage::default() }
    }

    fn counted_bad_answer(&self) -> Code {
        self.counters.bad_answer();
        Code::BadAnswer
    }

    /// The component behind `guest`, which has to be a validator.
    pub(super) async fn validator(self: &Arc<Inner>, guest: &Arc<Guest>) -> Result<Arc<Loaded>, PluginError> {
        let loaded = guest.loaded(&self.engines, &self.folder).await?;
        match loaded.kind() {
            Kind::Validator => Ok(loaded),
            other => Err(PluginError::OtherWorld(other)),
        }
    }

    async fn find(self: &Arc<Inner>, name: &str) -> Result<(Arc<Guest>, Arc<Loaded>), Code> {
        let guest = self.registry.get(name).ok_or(Code::UnknownValidator)?;
        let loaded = guest.loaded(&self.engines, &self.folder).await.map_err(|_| Code::Unavailable)?;
        Ok((guest, loaded))
    }

    /// Marks a call that configured its instance first.
    fn cold<T>(&self, mut called: Called<T>) -> Called<T> {
        self.counters.cold_calls.fetch_add(1, Relaxed);
        called.usage.cold = true;
        called
    }
}

fn set(asked: &mut Asked, rule: usize, answer: Answer) {
    if let Some(place) = asked.answers.get_mut(rule) {
        *place = answer;
    }
}

fn add(total: &mut Usage, part: &Usage) {
    let Usage { queue_us, instantiate_us, run_us, memory_bytes, instances, cold } = *part;
    total.queue_us += queue_us;
    total.instantiate_us += instantiate_us;
    total.run_us += run_us;
    total.memory_bytes = total.memory_bytes.max(memory_bytes);
    total.instances += instances;
    total.cold |= cold;
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}
