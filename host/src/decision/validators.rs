//! What the decision asks of whoever runs validators. `plugin::Sandbox` is the real one.

use std::{future::Future, pin::Pin};

use serde::{Deserialize, Serialize};

use super::{Code, RuleSet};

/// A future on the heap, so that [`Validators`] can be a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Runs the validators of a policy, each call in a fresh sandbox.
pub trait Validators: Send + Sync {
    /// Checks that every rule names an installed validator whose `conf` is acceptable. Answers every problem, not only
    /// the first.
    fn check<'a>(&'a self, rules: &'a RuleSet) -> BoxFuture<'a, Result<(), Vec<ConfProblem>>>;

    /// Starts preparing what later calls need, and answers at once. For rules that were saved.
    fn prepare<'a>(&'a self, rules: &'a RuleSet) -> BoxFuture<'a, ()>;

    /// Like [`Validators::ask`], for rules that are asked this once: nothing is prepared for later.
    fn ask_once<'a>(&'a self, rules: &'a RuleSet, input: &'a str) -> BoxFuture<'a, Asked>;

    /// Asks all rules about one input. Answers one [`Answer`] for every rule, in their order, whatever happens.
    fn ask<'a>(&'a self, rules: &'a RuleSet, input: &'a str) -> BoxFuture<'a, Asked>;

    /// The validators that every policy may name, by name. The first call loads them, which takes its time.
    fn known(&self) -> BoxFuture<'_, Vec<About>>;
}

/// What a validator says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The name that policies use, and its bytes.
    pub component: ComponentId,
    /// Its own version.
    pub version: String,
    /// One or two sentences for the author of a policy.
    pub help: String,
    /// JSON Schema (2020-12) of its configuration, as text.
    pub conf_schema: String,
}

/// All answers to one question, such as a decision.
#[derive(Clone, Debug, Default)]
pub struct Asked<A = Answer> {
    /// One for every rule, in order.
    pub answers: Vec<A>,
    /// The components that answered, in order of first use.
    pub components: Vec<ComponentId>,
    /// What the calls spent together.
    pub usage: Usage,
    /// Each call by itself, in the order they were made.
    pub calls: Vec<Called>,
}

/// One call: the rules of one component that it answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Called {
    /// Their places.
    pub rules: Vec<usize>,
    /// What it spent.
    pub usage: Usage,
}

/// What one rule answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The rule passed.
    Pass {
        /// What the validator hands over, as JSON text; empty when it is nothing.
        output: String,
    },
    /// The validator said no.
    Fail {
        /// Its stable word.
        code: String,
        /// Its sentence.
        message: String,
        /// JSON text or empty.
        details: String,
    },
    /// The validator could not answer.
    Error(Code),
}

/// Why a rule cannot be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfProblem {
    /// The rule's place in the policy, counted from 0.
    pub rule: usize,
    /// JSON Pointer inside the rule: `/name`, or `/conf…`.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

/// A component, exactly.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ComponentId {
    /// Its name.
    pub name: String,
    /// SHA-256 of the component's bytes, in hex.
    pub digest: String,
}

/// What the sandbox spent on a decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Waiting for a free sandbox, in microseconds.
    pub queue_us: u64,
    /// Making the instances, in microseconds.
    pub instantiate_us: u64,
    /// Running guest code, in microseconds.
    pub run_us: u64,
    /// The largest linear memory of any instance, in bytes.
    pub memory_bytes: u64,
    /// How many fresh instances were made.
    pub instances: u32,
    /// True when at least one call configured its instance first, for want of a snapshot.
    pub cold: bool,
    /// Granted questions to what is outside of the sandbox: requests, and values that were read. What such a decision was
    /// based on may be different next time.
    #[serde(default, skip_serializing_if = "nothing")]
    pub outside_calls: u32,
    /// Waiting for other servers, in microseconds. No part of `run_us`.
    #[serde(default, skip_serializing_if = "nothing")]
    pub outside_us: u64,
}

/// Most decisions are made without asking anybody, and there are many of them in the log.
fn nothing<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}
