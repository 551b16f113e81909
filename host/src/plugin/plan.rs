//! How a policy is asked: its rules grouped by component and timeout, in order of first use, each group with the key of its
//! image.
//!
//! Made once per rule set and kept, since `ask` is the hot path. Knows nothing of running anything.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use quick_cache::sync::Cache;

use super::{
    guest::Guest,
    key::{self, Key},
    registry::Registry,
};
use crate::decision::{Code, ComponentId, RuleSet};

/// Rule sets whose plans are kept.
const PLANS: usize = 4096;

/// How one rule set is asked.
pub(super) struct Plan {
    /// The rules of each component.
    pub(super) groups: Vec<Group>,
    /// Rules that are answered without asking anybody.
    pub(super) fixed: Vec<(usize, Code)>,
    generation: u64,
}

/// The rules of one component that may take equally long, answered by one instance.
pub(super) struct Group {
    /// The component.
    pub(super) guest: Arc<Guest>,
    /// Its name and digest.
    pub(super) id: ComponentId,
    /// The places of the rules in the policy.
    pub(super) rules: Vec<usize>,
    /// How long their call may take at most, when they say so.
    pub(super) timeout: Option<Duration>,
    /// Names the image of the component configured for these rules.
    pub(super) key: Key,
}

impl Group {
    /// The configurations of the rules, in their order.
    pub(super) fn confs(&self, rules: &RuleSet) -> Vec<String> {
        self.rules.iter().filter_map(|rule| rules.rules().get(*rule)).map(|rule| rule.conf.clone()).collect()
    }
}

/// The plans of recently asked rule sets.
pub(super) struct Plans(Cache<String, Arc<Plan>>);

impl Plans {
    /// No plans yet.
    pub(super) fn new() -> Plans {
        Plans(Cache::new(PLANS))
    }

    /// The plan for `rules`, when it was made since the registry last changed.
    pub(super) fn get(&self, rules: &RuleSet, registry: &Registry) -> Option<Arc<Plan>> {
        self.0.get(rules.digest()).filter(|plan| plan.generation == registry.generation() && !plan.is_stale())
    }

    /// Lets go of plans whose components were let go of, so that these leave memory.
    pub(super) fn tidy(&self) {
        self.0.retain(|_, plan| !plan.is_stale());
    }

    /// Keeps the plan for `rules`.
    pub(super) fn put(&self, rules: &RuleSet, plan: Arc<Plan>) {
        self.0.insert(rules.digest().to_owned(), plan);
    }
}

impl Plan {
    /// Makes the plan. May unpack and digest components, so the first time it belongs on a blocking thread.
    pub(super) fn make(rules: &RuleSet, registry: &Registry) -> Plan {
        // Read before the names are looked up: a change in between makes the plan old, never wrongly new.
        let mut plan = Plan { groups: Vec::new(), fixed: Vec::new(), generation: registry.generation() };
        for (index, rule) in rules.rules().iter().enumerate() {
            let timeout = rule.timeout_ms.map(|millis| Duration::from_millis(millis.into()));
            let same = |group: &&mut Group| *group.guest.name == rule.validator && group.timeout == timeout;
            match plan.groups.iter_mut().find(same) {
                Some(group) => group.rules.push(index),
                None => plan.begin(index, timeout, registry.get(&rule.validator)),
            }
        }
        for group in &mut plan.groups {
            let confs = group.rules.iter().filter_map(|rule| rules.rules().get(*rule)).map(|rule| rule.conf.as_str());
            group.key = key::image(&group.key, confs);
        }
        plan
    }

    /// Whether the registry has let go of one of its components.
    fn is_stale(&self) -> bool {
        self.groups.iter().any(|group| group.guest.retired.load(Relaxed))
    }

    fn begin(&mut self, rule: usize, timeout: Option<Duration>, guest: Option<Arc<Guest>>) {
        let Some(guest) = guest else { return self.fixed.push((rule, Code::UnknownValidator)) };
        match guest.identity().cloned() {
            Ok(identity) => {
                self.groups.push(Group { guest, id: identity.id, rules: vec![rule], timeout, key: identity.key });
            }
            Err(_) => self.fixed.push((rule, Code::Unavailable)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{NoLibrary, Rule};

    fn registry() -> Registry {
        Registry::new(Arc::new(NoLibrary), 2)
    }

    fn rules(rules: &[(&str, &str)]) -> RuleSet {
        RuleSet::new(rules.iter().map(|(validator, conf)| Rule::plain(validator, *conf)).collect())
    }

    #[test]
    fn rules_are_grouped_in_order_of_first_use() {
        let registry = registry();
        registry.put(Guest::plain("a", b"one".to_vec())).unwrap();
        registry.put(Guest::plain("b", b"two".to_vec())).unwrap();
        let plan = Plan::make(&rules(&[("b", "1"), ("x", "2"), ("a", "3"), ("b", "4")]), &registry);
        let groups: Vec<_> = plan.groups.iter().map(|group| (&*group.guest.name, group.rules.clone())).collect();
        assert_eq!(groups, [("b", vec![0, 3]), ("a", vec![2])]);
        assert_eq!(plan.fixed, [(1, Code::UnknownValidator)]);
    }

    #[test]
    fn a_plan_is_old_once_a_name_means_something_else() {
        let (registry, plans) = (registry(), Plans::new());
        let rules = rules(&[("a", "1")]);
        plans.put(&rules, Arc::new(Plan::make(&rules, &registry)));
        assert!(plans.get(&rules, &registry).is_some());
        registry.put(Guest::plain("a", b"one".to_vec())).unwrap();
        assert!(plans.get(&rules, &registry).is_none());
    }
}
