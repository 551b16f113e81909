//! What waits for candidates: bounded in records and in bytes, with room left for every shadow.
//!
//! Filled by `decide` through `sample`, emptied by the server's own task. Offering never waits: what has no place is counted
//! with its shadow and forgotten.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::{Shadow, tally::Tally};
use crate::{
    decision::Verdict,
    domain::{decision_log::DecisionId, load::Load},
    world::Micros,
};

/// Decisions that may wait, and the bytes they may have together.
const MOST: Load = Load { records: 1024, bytes: 8 << 20 };

/// A live decision that a candidate is to be asked about.
pub struct Sampled {
    pub(super) tenant: String,
    pub(super) policy: String,
    pub(super) shadow: Arc<Shadow>,
    pub(super) tally: Arc<Tally>,
    pub(super) input: String,
    pub(super) live: Verdict,
    pub(super) decision: DecisionId,
}

/// See the head of this file.
pub struct Queue {
    state: Mutex<State>,
    filled: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Sampled>,
    load: Load,
    /// What waits for each shadow, by when it began.
    shadows: HashMap<Micros, Load>,
}

impl Queue {
    pub(super) fn new() -> Queue {
        Queue { state: Mutex::default(), filled: Notify::new() }
    }

    /// Answers whether there was a place. A shadow may have as much as is left free, so a busy one leaves room for others.
    pub(super) fn push(&self, sampled: Sampled) -> bool {
        let mut state = self.state();
        let since = sampled.shadow.since;
        let held = state.shadows.get(&since).copied().unwrap_or_default();
        let fits = held.may_add(sampled.weight(), state.load.left_of(MOST));
        if fits {
            state.load.add(sampled.weight());
            state.shadows.entry(since).or_default().add(sampled.weight());
            state.waiting.push_back(sampled);
        }
        drop(state);
        if fits {
            self.filled.notify_one();
        }
        fits
    }

    /// The decision that has waited longest, as soon as there is one.
    pub async fn take(&self) -> Sampled {
        loop {
            if let Some(sampled) = self.state().pop() {
                return sampled;
            }
            self.filled.notified().await;
        }
    }

    /// How many decisions wait for a shadow.
    pub(super) fn waiting(&self, since: Micros) -> u64 {
        self.state().shadows.get(&since).map_or(0, |load| load.records as u64)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn pop(&mut self) -> Option<Sampled> {
        let sampled = self.waiting.pop_front()?;
        let (weight, since) = (sampled.weight(), sampled.shadow.since);
        self.load.remove(weight);
        if let Some(held) = self.shadows.get_mut(&since) {
            held.remove(weight);
            if held.records == 0 {
                self.shadows.remove(&since);
            }
        }
        Some(sampled)
    }
}

impl Sampled {
    /// What it takes in memory, roughly: the verdict's texts are bounded by the sandbox and come with an input.
    fn weight(&self) -> usize {
        let failures = self.live.failures.iter().map(|failed| failed.message.len() + failed.details.len());
        let outputs = self.live.outputs.iter().map(|output| output.value.len());
        size_of::<Sampled>() + self.input.len() + failures.chain(outputs).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decision::RuleSet, domain::policy::Policy};

    fn sampled(since: Micros, bytes: usize) -> Sampled {
        let candidate =
            Policy { name: String::new(), rules: RuleSet::new(Vec::new()), script: None, mode: Default::default() };
        Sampled {
            tenant: String::new(),
            policy: String::new(),
            shadow: Arc::new(Shadow { candidate, percent: 100, since, author: String::new() }),
            tally: Arc::new(Tally::new("", "", since)),
            input: "x".repeat(bytes),
            live: Verdict::default(),
            decision: [0; 16],
        }
    }

    #[tokio::test]
    async fn a_busy_shadow_leaves_room_for_others() {
        let queue = Queue::new();
        assert_eq!((0..2 * MOST.records).filter(|_| queue.push(sampled(1, 0))).count(), MOST.records / 2);
        assert_eq!((0..2 * MOST.records).filter(|_| queue.push(sampled(2, 0))).count(), MOST.records / 4);
        assert_eq!(queue.waiting(1), MOST.records as u64 / 2);
        assert_eq!(queue.take().await.shadow.since, 1, "the oldest comes out first");
        assert!(queue.push(sampled(3, 0)));
        while queue.waiting(3) > 0 {
            queue.take().await;
        }
        assert_eq!(queue.waiting(1) + queue.waiting(2), 0);
        assert!(queue.push(sampled(1, 0)), "there is room again");
    }

    #[test]
    fn what_waits_is_bounded_in_bytes() {
        let queue = Queue::new();
        assert!(!queue.push(sampled(1, MOST.bytes)));
        let accepted = (0..100).filter(|_| queue.push(sampled(1, MOST.bytes / 10))).count();
        assert!((3..=5).contains(&accepted), "{accepted}");
    }
}
