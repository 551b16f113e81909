//! A shadow: a candidate version of a policy that is asked what the policy is asked, beside it, so that one sees what would
//! change before it does.
//!
//! ```text
//! mod      what is kept, and the operations of the admin group
//! sample   a live decision picked for the candidate: called by `decide` once the answer is known
//! queue    what waits for it, bounded; what has no place is counted
//! evaluate the candidate asked, one decision at a time, by the server's own task
//! tally    what has been seen, and the latest decisions that differ      cost   what they took
//! ```
//!
//! Nobody waits for a candidate, its answers reach nobody but the administrator, and what goes wrong with it is only counted.

mod cost;
mod evaluate;
mod queue;
mod sample;
mod tally;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

use super::{
    By, Domain, Failure,
    noun::Named,
    plugin,
    policy::{self, Policy},
    policy_use,
    stamp::{Author, Stamp},
};
use crate::{
    store::{Record, State, Table, Write, records},
    world::Micros,
};

pub use cost::Cost;
pub use evaluate::evaluate;
pub use queue::{Queue, Sampled};
pub use tally::{Counts, Difference};

pub(super) use sample::sample;
use tally::Tally;

/// A candidate beside a policy, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shadow {
    /// What the policy would become.
    pub candidate: Policy,
    /// How many of a hundred decisions it is asked about.
    pub percent: u8,
    /// Since when, in microseconds. No two shadows begin at the same instant, so this is also its name.
    pub since: Micros,
    /// Who put it there.
    pub author: String,
}

impl Record for Shadow {
    const TABLE: Table = Table::Shadow;
}

/// As in "there is no … `id`".
const NAME: &str = "shadow of policy";

/// A shadow and what it has shown so far.
#[derive(Debug)]
pub struct Shown {
    /// What is stored.
    pub shadow: Arc<Shadow>,
    /// How many decisions it was compared on since the server's start, and with what outcome.
    pub counts: Counts,
    /// What the policy took for the decisions that were compared.
    pub live: Cost,
    /// What the candidate took for them.
    pub candidate: Cost,
    /// The latest decisions that differ, newest first.
    pub differences: Vec<Difference>,
}

/// What is in memory: the queue, and the tallies by when their shadows began.
pub struct Shadows {
    queue: Arc<Queue>,
    tallies: Mutex<HashMap<Micros, Arc<Tally>>>,
}

impl Shadows {
    /// Nothing was seen yet.
    pub(super) fn new() -> Shadows {
        Shadows { queue: Arc::new(Queue::new()), tallies: Mutex::default() }
    }

    /// What waits for candidates, for the task that asks them.
    pub fn queue(&self) -> Arc<Queue> {
        Arc::clone(&self.queue)
    }

    /// The tally of a shadow. A new one takes the place of those whose shadows are gone.
    fn tally(&self, domain: &Domain, tenant: &str, policy: &str, since: Micros) -> Arc<Tally> {
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tally) = tallies.get(&since) {
            return Arc::clone(tally);
        }
        tallies.retain(|_, tally| tally.is_current(domain));
        Arc::clone(tallies.entry(since).or_insert_with(|| Arc::new(Tally::new(tenant, policy, since))))
    }

    /// Lets go of what was counted for a shadow that has ended. What still waits for it is not asked any more.
    fn forget(&self, since: Micros) {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner).remove(&since);
    }
}

/// The shadow of a policy and what it has shown (getPolicyShadow).
pub fn show(domain: &Domain, tenant: &str, id: &str) -> Result<Shown, Failure> {
    policy::current(domain, tenant, id)?;
    let shadow = find(domain, tenant, id)?.ok_or_else(|| Failure::not_found(NAME, id))?;
    let tally = domain.shadows.tally(domain, tenant, id, shadow.since);
    let (counts, live, candidate, differences) = tally.shown(domain.shadows.queue.waiting(shadow.since));
    Ok(Shown { shadow, counts, live, candidate, differences })
}

/// Puts a candidate beside a policy, in the place of one that is there (putPolicyShadow). It is checked like a policy that is
/// saved, and begins to count anew.
pub async fn put(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    candidate: Policy,
    percent: u8,
) -> Result<Shown, Failure> {
    policy::current(domain, tenant, id)?;
    if !(1..=100).contains(&percent) {
        return Err(Failure::invalid("/percent", "must be a number from 1 to 100"));
    }
    policy::check(domain, tenant, &candidate).await.map_err(|failure| failure.below("/candidate"))?;
    let linked = policy::link_unsaved(domain, tenant, id, &candidate).map_err(|failure| failure.below("/candidate"))?;
    domain.validators.prepare(&linked.rules).await;
    let (key, author) = ((tenant.to_owned(), id.to_owned()), Author::of(domain, by));
    let before = domain
        .write(move |write| {
            let (tenant, id) = (key.0.as_str(), key.1.as_str());
            let stamp = author.stamp(write)?;
            stamp.target::<Policy>(write, tenant, id)?;
            let before = records::get::<Shadow>(write, &[tenant, id])?;
            let (candidate, author) = (candidate.clone(), stamp.mark.author.clone());
            use_instead(write, tenant, id, before.as_ref().map(|before| &before.candidate), Some(&candidate), &stamp)?;
            records::put(write, &[tenant, id], &Shadow { candidate, percent, since: stamp.now, author })?;
            Ok(before)
        })
        .await?;
    before.iter().for_each(|shadow| domain.shadows.forget(shadow.since));
    show(domain, tenant, id)
}

/// Takes the candidate away (deletePolicyShadow).
pub async fn end(domain: &Domain, by: &By<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    let (key, author) = ((tenant.to_owned(), id.to_owned()), Author::of(domain, by));
    let missing = Failure::not_found(NAME, id);
    let ended = domain
        .write(move |write| {
            let found = records::get::<Shadow>(write, &[&key.0, &key.1])?.ok_or_else(|| missing.clone())?;
            let stamp = author.stamp(write)?;
            remove(write, &key.0, &key.1, &stamp)?;
            Ok(found)
        })
        .await?;
    domain.shadows.forget(ended.since);
    Ok(())
}

/// Makes the candidate the policy and ends the shadow, both at once (promotePolicyShadow).
pub async fn promote(domain: &Domain, by: &By<'_>, tenant: &str, id: &str) -> Result<State<Policy>, Failure> {
    policy::current(domain, tenant, id)?;
    let shadow = find(domain, tenant, id)?.ok_or_else(|| Failure::not_found(NAME, id))?;
    let saved = policy::update_with(domain, by, tenant, id, shadow.candidate.clone(), save_promoted).await?;
    domain.shadows.forget(shadow.since);
    Ok(saved)
}

/// Saves the candidate as the policy and ends its shadow, unless it is no longer the candidate.
fn save_promoted(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    _: Option<&Policy>,
    policy: &Policy,
    stamp: &Stamp,
) -> Result<State<Policy>, Failure> {
    let shadow = records::get::<Shadow>(write, &[tenant, id])?;
    if shadow.is_none_or(|shadow| shadow.candidate != *policy) {
        let reason = format!("the candidate of `{id}` was changed meanwhile");
        return Err(Failure::Conflict { noun: Policy::NAME, reason });
    }
    remove(write, tenant, id, stamp)?;
    policy::save(write, tenant, id, policy, stamp)
}

/// Takes the shadow of a policy away, if there is one, inside a transaction: it goes with its policy.
pub(super) fn remove(write: &mut Write<'_>, tenant: &str, id: &str, stamp: &Stamp) -> Result<(), Failure> {
    if let Some(Shadow { candidate, .. }) = records::get::<Shadow>(write, &[tenant, id])? {
        use_instead(write, tenant, id, Some(&candidate), None, stamp)?;
        records::delete::<Shadow>(write, &[tenant, id])?;
    }
    Ok(())
}

/// Writes down that the candidate beside the policy `id` uses what `now` does instead of what `before` did, so that it stays.
fn use_instead(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    before: Option<&Policy>,
    now: Option<&Policy>,
    stamp: &Stamp,
) -> Result<(), Failure> {
    let user = format!("shadows/{id}");
    let candidate = |failure: Failure| failure.below("/candidate");
    let (old, new) = (before.map(policy::embedded), now.map(policy::embedded));
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    policy_use::switch(write, tenant, &user, &old, &new, stamp).map_err(candidate)?;
    let before = before.into_iter().flat_map(policy::components);
    let now = now.into_iter().flat_map(policy::components);
    plugin::users::switch(write, tenant, &user, ("/validators", before), now, stamp).map_err(candidate)
}

/// The shadow of a policy, through the store's cache.
fn find(domain: &Domain, tenant: &str, id: &str) -> Result<Option<Arc<Shadow>>, Failure> {
    Ok(domain.store.record(&[tenant, id])?)
}
