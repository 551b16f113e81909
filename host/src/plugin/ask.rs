//! Asking: every rule of a policy, of claim mappers or of consent checkers, one fresh instance per component.
//!
//! Called through the traits of `decision`. Whatever goes wrong in a guest is an answer here, and concerns only the rules of
//! that guest.

use std::{
    marker::PhantomData,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use super::{
    Kind, PluginError, Sandbox,
    call::Called,
    guest::{Guest, Loaded},
    job::Ask,
    plan::Group,
    sandbox::Inner,
    world::{Checking, Mapping, Validating, World},
};
use crate::decision::{
    self, About, Asked, BoxFuture, Code, ComponentId, Components, ConfProblem, Inspected, Mapped, RuleSet, Usage,
    Validators,
};

/// Why an answer that could be read does not count.
const SENSELESS: &str = "an answer makes no sense: a refusal has no code, or what should be JSON is none";

impl Validators for Sandbox {
    fn check<'a>(&'a self, rules: &'a RuleSet) -> BoxFuture<'a, Result<(), Vec<ConfProblem>>> {
        Box::pin(self.inner.check(rules, Kind::Validator))
    }

    fn prepare<'a>(&'a self, rules: &'a RuleSet) -> BoxFuture<'a, ()> {
        Box::pin(self.inner.prepare_all(rules))
    }

    fn ask_once<'a>(&'a self, rules: &'a RuleSet, input: &'a str) -> BoxFuture<'a, Asked> {
        Box::pin(self.inner.ask::<Validating>(rules, input, false))
    }

    fn ask<'a>(&'a self, rules: &'a RuleSet, input: &'a str) -> BoxFuture<'a, Asked> {
        Box::pin(self.inner.ask::<Validating>(rules, input, true))
    }

    fn known(&self) -> BoxFuture<'_, Vec<About>> {
        Box::pin(self.known_validators())
    }
}

impl Components for Sandbox {
    fn map<'a>(&'a self, mappers: &'a RuleSet, input: &'a str) -> BoxFuture<'a, Asked<Mapped>> {
        Box::pin(self.inner.ask::<Mapping>(mappers, input, true))
    }

    fn accept_mappers<'a>(&'a self, mappers: &'a RuleSet) -> BoxFuture<'a, Result<(), Vec<ConfProblem>>> {
        Box::pin(self.inner.check(mappers, Kind::ClaimMapper))
    }

    fn check_consents<'a>(&'a self, checkers: &'a RuleSet, input: &'a str, again: bool) -> BoxFuture<'a, Asked> {
        Box::pin(self.inner.ask::<Checking>(checkers, input, again))
    }

    fn accept_checkers<'a>(&'a self, checkers: &'a RuleSet) -> BoxFuture<'a, Result<(), Vec<ConfProblem>>> {
        Box::pin(self.inner.check(checkers, Kind::ConsentChecker))
    }

    fn inspect<'a>(&'a self, wasm: Vec<u8>) -> BoxFuture<'a, Result<Inspected, String>> {
        Box::pin(async { self.inner.inspect(wasm).await.map_err(|error| error.to_string()) })
    }

    fn make_ready<'a>(&'a self, rules: &'a RuleSet) -> BoxFuture<'a, ()> {
        Box::pin(self.inner.make_ready(rules))
    }

    fn bundled<'a>(&'a self) -> BoxFuture<'a, Vec<ComponentId>> {
        let sandbox = self.clone();
        Box::pin(async { tokio::task::spawn_blocking(move || sandbox.installed()).await.unwrap_or_default() })
    }

    fn describe_bundled<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Option<Inspected>> {
        Box::pin(async { self.inner.describe_installed(name).await.ok() })
    }

    fn is_bundled(&self, name: &str) -> bool {
        self.inner.registry.installed(name).is_some()
    }
}

impl Inner {
    /// Asks every group; `again` says whether to prepare for being asked again.
    async fn ask<W: World>(self: &Arc<Inner>, rules: &RuleSet, input: &str, again: bool) -> Asked<W::Answer> {
        let plan = self.plan(rules).await;
        let mut asked = Asked {
            answers: vec![W::fault(Code::Unavailable); rules.rules().len()],
            components: Vec::with_capacity(plan.groups.len()),
            usage: Usage::default(),
            calls: Vec::with_capacity(plan.groups.len()),
        };
        for (rule, code) in &plan.fixed {
            self.counters.called(Some(*code));
            set(&mut asked, *rule, W::fault(*code));
        }
        for group in &plan.groups {
            let called = self.ask_group::<W>(group, rules, input, again).await;
            add(&mut asked.usage, &called.usage);
            asked.calls.push(decision::Called { rules: group.rules.clone(), usage: called.usage });
            // Rules with timeouts of their own are another call of the same component.
            if !asked.components.contains(&group.id) {
                asked.components.push(group.id.clone());
            }
            self.spread::<W>(group, called.outcome, &mut asked);
        }
        asked
    }

    async fn ask_group<W: World>(
        self: &Arc<Inner>,
        group: &Group,
        rules: &RuleSet,
        input: &str,
        again: bool,
    ) -> Called<Vec<W::Said>> {
        let world = PhantomData::<W>;
        let outside = group.rules.first().and_then(|rule| rules.rules().get(*rule));
        let outside = outside.and_then(|rule| rules.reach().get(&rule.validator));
        self.registry.touch(&group.guest);
        if let Some(image) = self.image(group).await {
            let job = Ask { loaded: &image.loaded, confs: None, input, world };
            return self.call(&group.guest, group.timeout, job, outside).await;
        }
        match self.of_kind(&group.guest, W::KIND).await {
            Ok(loaded) => {
                if again {
                    self.prepare(group, rules);
                }
                let confs = group.confs(rules);
                let job = Ask { loaded: &loaded, confs: Some(&confs), input, world };
                self.cold(self.call(&group.guest, group.timeout, job, outside).await)
            }
            Err(_) => self.unavailable(),
        }
    }

    /// Gives every rule of `group` its answer.
    fn spread<W: World>(&self, group: &Group, outcome: Result<Vec<W::Said>, Code>, asked: &mut Asked<W::Answer>) {
        let said = match outcome {
            Ok(said) if said.len() == group.rules.len() => said,
            other => {
                // A list of another length cannot be matched to the rules, so none of it counts.
                let count = |said: Vec<W::Said>| format!("{} answers to {} rules", said.len(), group.rules.len());
                let code = other.map_or_else(|code| code, |said| self.bad_answer(&group.guest, &count(said)));
                return group.rules.iter().for_each(|rule| set(asked, *rule, W::fault(code)));
            }
        };
        for (rule, said) in group.rules.iter().zip(said) {
            let answer = W::meaning(said).unwrap_or_else(|| W::fault(self.bad_answer(&group.guest, SENSELESS)));
            set(asked, *rule, answer);
        }
    }

    fn unavailable<T>(&self) -> Called<T> {
        self.counters.called(Some(Code::Unavailable));
        Called { outcome: Err(Code::Unavailable), usage: Usage::default() }
    }

    /// Counts an answer that could be read and makes no sense, and tells authors why.
    fn bad_answer(&self, guest: &Guest, reason: &str) -> Code {
        let code = Code::BadAnswer;
        tracing::debug!(target: "portcullis::guest", component = &*guest.name, code = code.as_str(), reason, "the answer does not count");
        self.counters.bad_answer();
        code
    }

    /// The component behind `guest`, which has to be of this kind.
    pub(super) async fn of_kind(self: &Arc<Inner>, guest: &Arc<Guest>, kind: Kind) -> Result<Arc<Loaded>, PluginError> {
        let loaded = guest.loaded(&self.engines, &self.folder).await?;
        match loaded.kind() {
            found if found == kind => Ok(loaded),
            other => Err(PluginError::OtherWorld(other)),
        }
    }

    /// Marks a call that configured its instance first.
    fn cold<T>(&self, mut called: Called<T>) -> Called<T> {
        self.counters.cold_calls.fetch_add(1, Relaxed);
        called.usage.cold = true;
        called
    }
}

fn set<A>(asked: &mut Asked<A>, rule: usize, answer: A) {
    if let Some(place) = asked.answers.get_mut(rule) {
        *place = answer;
    }
}

fn add(total: &mut Usage, part: &Usage) {
    let Usage { queue_us, instantiate_us, run_us, memory_bytes, instances, cold, outside_calls, outside_us } = *part;
    total.queue_us += queue_us;
    total.instantiate_us += instantiate_us;
    total.run_us += run_us;
    total.memory_bytes = total.memory_bytes.max(memory_bytes);
    total.instances += instances;
    total.cold |= cold;
    total.outside_calls += outside_calls;
    total.outside_us += outside_us;
}
