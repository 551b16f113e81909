//! A policy: rules whose answers a condition puts together. The five policy operations of the admin group.
//!
//! What a policy may look like is in `form`, what it embeds in `embedding` and `linked`, what its author asks in `trial`.

mod embedding;
mod form;
mod linked;
mod pinned;
mod trial;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    By, Domain, Failure, import,
    noun::{self, Named},
    plugin, policy_use, shadow,
    stamp::Stamp,
    tenant,
};
use crate::{
    decision::{RuleSet, Verdict},
    store::{Index, Kind, Noun, Record, State, Table, Write, records},
};

pub(super) use embedding::{embedded, layers};
pub use form::{check, problems};
pub(super) use linked::{Linked, LinkedPolicies, link_unsaved, linked, linked_with, prepare};
pub(super) use pinned::{Plugins, pin};
pub use trial::{explain, explain_alone, known, test, try_draft};

/// A stored policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// For people.
    pub name: String,
    /// What is asked. The condition, when there is one, is an [`All`](crate::decision::Condition::All) of what the author listed.
    pub rules: RuleSet,
    /// The scripted form, when the policy was written as one: its single rule is made from it.
    pub script: Option<Script>,
    /// Whether its answer counts.
    #[serde(default)]
    pub mode: Mode,
}

/// Whether a policy's answer counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It does.
    #[default]
    Enforce,
    /// It is only written down: whoever asks is allowed.
    Monitor,
}

impl Mode {
    /// What becomes of the verdict of a policy in this mode.
    #[must_use]
    pub fn applied(self, verdict: Verdict) -> Verdict {
        match self {
            Mode::Enforce => verdict,
            Mode::Monitor => verdict.monitored(),
        }
    }
}

/// A policy written in a language, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// The language, which is also the validator's name: `cel`, `cedar`, `rego`.
    pub language: String,
    /// The text.
    pub definition: String,
}

impl Noun for Policy {
    const KIND: Kind = Kind::Policy;
}

impl Named for Policy {
    const NAME: &'static str = "policy";
}

/// The rules of every policy that ever decided, by digest, so that an old decision can be replayed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PolicyRules(pub RuleSet);

impl Record for PolicyRules {
    const TABLE: Table = Table::PolicyRules;
}

/// The policy `id` as it is now.
pub fn current(domain: &Domain, tenant: &str, id: &str) -> Result<Arc<State<Policy>>, Failure> {
    noun::current(domain, tenant, id)
}

/// All policies of a tenant, by id.
pub fn list(domain: &Domain, tenant: &str) -> Result<Vec<(String, State<Policy>)>, Failure> {
    tenant::current(domain, tenant)?;
    noun::list(domain, tenant)
}

/// Saves a new policy (createPolicy).
pub async fn create(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    policy: Policy,
) -> Result<State<Policy>, Failure> {
    check(domain, tenant, &policy).await?;
    let (_, saved) = noun::create(domain, by, tenant, Some(id), policy, save_over).await?;
    prepare(domain, tenant, id).await;
    Ok(saved)
}

/// Replaces a policy (updatePolicy). Decisions that run now end with the rules they began with.
pub async fn update(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    policy: Policy,
) -> Result<State<Policy>, Failure> {
    update_with(domain, by, tenant, id, policy, save_over).await
}

/// Like [`update`], with what else goes into the same transaction.
pub(super) async fn update_with(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    policy: Policy,
    save: noun::Save<Policy>,
) -> Result<State<Policy>, Failure> {
    current(domain, tenant, id)?;
    check(domain, tenant, &policy).await?;
    let saved = noun::update(domain, by, tenant, id, move |_| Ok(policy.clone()), save).await?;
    prepare(domain, tenant, id).await;
    Ok(saved)
}

/// Removes a policy that nothing uses (deletePolicy).
pub async fn delete(domain: &Domain, by: &By<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    noun::delete::<Policy>(domain, by, tenant, id, |_| Ok(()), remove_by_hand).await
}

/// Writes a policy inside a transaction. Also the way the first start makes the built-in ones. Nothing is written unless all of it is.
pub(super) fn save(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    policy: &Policy,
    stamp: &Stamp,
) -> Result<State<Policy>, Failure> {
    embedding::check(write, (tenant, id), policy, stamp.now, stamp.rules)?;
    let old = stamp.live::<Policy>(write, tenant, id)?;
    let before = old.as_ref().map(|old| embedded(&old.value)).unwrap_or_default();
    policy_use::switch(write, tenant, &embedding::user(id), &before, &embedded(policy), stamp)?;
    records::put(write, &[policy.rules.digest()], &PolicyRules(policy.rules.clone()))?;
    let before = old.iter().flat_map(|old| components(&old.value));
    plugin::users::switch(write, tenant, &embedding::user(id), ("/validators", before), components(policy), stamp)?;
    Ok(stamp.replace(write, tenant, id, policy.clone())?)
}

/// Like [`save`], which finds out itself what was there before.
fn save_over(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    _: Option<&Policy>,
    policy: &Policy,
    stamp: &Stamp,
) -> Result<State<Policy>, Failure> {
    save(write, tenant, id, policy, stamp)
}

/// Removes a policy unless somebody uses it, inside a transaction. Its rules stay for the decisions they have made.
pub(super) fn remove(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: &Policy,
    stamp: &Stamp,
) -> Result<(), Failure> {
    noun::unused::<Policy>(write, Index::PolicyUsers, tenant, id)?;
    policy_use::switch(write, tenant, &embedding::user(id), &embedded(old), &[], stamp)?;
    shadow::remove(write, tenant, id, stamp)?;
    plugin::users::switch(write, tenant, &embedding::user(id), ("/validators", components(old)), [], stamp)?;
    stamp.soft_delete::<Policy>(write, tenant, id)?;
    Ok(())
}

/// Like [`remove`], of a policy that an import may have made and would look for.
fn remove_by_hand(write: &mut Write<'_>, tenant: &str, id: &str, old: &Policy, stamp: &Stamp) -> Result<(), Failure> {
    remove(write, tenant, id, old, stamp)?;
    import::disown(write, tenant, id)
}

/// The components that a policy names.
pub(super) fn components(policy: &Policy) -> impl Iterator<Item = &str> {
    policy.rules.rules().iter().map(|rule| rule.validator.as_str())
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;
    use crate::decision::{Recovery, Rule};

    /// A policy as releases before conditions have stored it.
    #[derive(Serialize)]
    struct Earlier {
        name: &'static str,
        rules: EarlierRules,
        script: Option<Script>,
    }

    #[derive(Serialize)]
    struct EarlierRules {
        rules: Vec<EarlierRule>,
        digest: String,
    }

    #[derive(Serialize)]
    struct EarlierRule {
        validator: &'static str,
        conf: &'static str,
        recovery: Vec<Recovery>,
    }

    #[test]
    fn what_earlier_releases_have_stored_is_read_as_it_was_meant() {
        let recovery = vec![Recovery { id: String::new(), kind: "mfa".to_owned() }];
        let rule =
            Rule { validator: "true".to_owned(), conf: "{}".to_owned(), recovery: recovery.clone(), timeout_ms: None };
        let rules = RuleSet::new(vec![rule]);
        let earlier = EarlierRules {
            rules: vec![EarlierRule { validator: "true", conf: "{}", recovery }],
            digest: rules.digest().to_owned(),
        };
        let stored = rmp_serde::to_vec_named(&Earlier { name: "Door", rules: earlier, script: None }).unwrap();
        let read: Policy = rmp_serde::from_slice(&stored).unwrap();
        assert_eq!(read, Policy { name: "Door".to_owned(), rules, script: None, mode: Mode::Enforce });
    }
}
