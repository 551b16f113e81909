//! Granting and taking back: one call, one act, one ledger event for each consent that changes.
//!
//! What is to be signed is read and signed before the write transaction, which then checks that the consents and the end of
//! the chain are still the ones that were signed. When they are not, all of it is done again. Whoever was shown another version
//! of a consent has not agreed to the one that there is now: then nothing happens.

use std::{collections::BTreeSet, sync::Arc};

use super::{Circumstances, ConsentGrant, GrantType, Subject, problems, standing};
use crate::{
    domain::{
        Domain, Failure, Problem,
        consent::Consent,
        id,
        ledger::{self, Said},
        tenant,
    },
    store::{State, Write, records, timeline},
    world::Micros,
};

/// What a person says about a consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The consent.
    pub consent: String,
    /// Yes, or no longer.
    pub granted: bool,
    /// How, when it is a yes.
    pub grant_type: GrantType,
    /// To which version, when it is a yes and that is known.
    pub version: Option<u64>,
}

/// What else is written in the same transaction.
pub type Also = Box<dyn Fn(&mut Write<'_>) -> Result<(), Failure> + Send + Sync>;

/// What a call has done.
#[derive(Clone, Debug, PartialEq)]
pub struct Acted {
    /// The act: a UUID.
    pub act: String,
    /// What the person has said last about each of the consents, in the order of the changes.
    pub grants: Vec<Option<ConsentGrant>>,
}

/// The most consents of one call. Each is signed for.
const MOST_CHANGES: usize = 100;
/// How often a call is signed again because the consents change meanwhile.
const ATTEMPTS: usize = 8;

/// Grants one consent, in the version that the person was shown if that is known. What is granted already stays as it is.
pub async fn grant(
    domain: &Domain,
    tenant: &str,
    subject: &Subject,
    (consent, version): (&str, Option<u64>),
    grant_type: GrantType,
    circumstances: Circumstances,
) -> Result<Acted, Failure> {
    let change = Change { consent: consent.to_owned(), granted: true, grant_type, version };
    patch(domain, tenant, subject, circumstances, vec![change]).await
}

/// Takes one consent back, if it can be withdrawn.
pub async fn revoke(
    domain: &Domain,
    tenant: &str,
    subject: &Subject,
    consent: &str,
    circumstances: Circumstances,
) -> Result<Acted, Failure> {
    let change = Change { consent: consent.to_owned(), granted: false, grant_type: GrantType::Explicit, version: None };
    patch(domain, tenant, subject, circumstances, vec![change]).await
}

/// Grants and takes back several consents at once, all or none.
///
/// Granting what is granted changes nothing, except that an implicit grant becomes explicit; no explicit one becomes
/// implicit. Taking back what is not granted changes nothing either. A yes to a version that is no longer the present one is
/// [`Failure::Outdated`].
pub async fn patch(
    domain: &Domain,
    tenant: &str,
    subject: &Subject,
    circumstances: Circumstances,
    changes: Vec<Change>,
) -> Result<Acted, Failure> {
    patch_and(domain, tenant, subject, circumstances, changes, None).await
}

/// The same, with something else that is written when all of it is, and not without.
pub async fn patch_and(
    domain: &Domain,
    tenant: &str,
    subject: &Subject,
    circumstances: Circumstances,
    changes: Vec<Change>,
    also: Option<Also>,
) -> Result<Acted, Failure> {
    tenant::current(domain, tenant)?;
    check(&circumstances, &changes, domain.now())?;
    let act = id::uuid(&domain.world);
    let call = Act { tenant: tenant.to_owned(), subject: subject.clone(), act, circumstances, changes, also };
    let call = Arc::new(call);
    let _turn = domain.ledger.wait(tenant).await;
    for _ in 0..ATTEMPTS {
        if let Some(acted) = attempt(domain, &call).await? {
            return Ok(acted);
        }
    }
    Err(Failure::Unavailable { log: format!("the consents of {tenant} change faster than grants can be signed") })
}

/// A call that is worked on.
struct Act {
    tenant: String,
    subject: Subject,
    act: String,
    circumstances: Circumstances,
    changes: Vec<Change>,
    also: Option<Also>,
}

/// What becomes of one change.
#[derive(Clone)]
struct Step {
    consent: State<Consent>,
    /// What the person has said last.
    before: Option<ConsentGrant>,
    /// What the person says now; none when that changes nothing.
    after: Option<ConsentGrant>,
}

/// None when what was signed is no longer what there is.
async fn attempt(domain: &Domain, call: &Arc<Act>) -> Result<Option<Acted>, Failure> {
    tenant::current(domain, &call.tenant)?;
    let now = domain.now();
    let steps = call.plan(domain, now)?;
    let grants = steps.iter().map(|step| step.after.clone().or_else(|| step.before.clone())).collect();
    let acted = Acted { act: call.act.clone(), grants };
    let payloads = call.payloads(&steps)?;
    let links = match payloads.is_empty() {
        true if call.also.is_none() => return Ok(Some(acted)),
        true => None,
        false => Some(ledger::sign(domain, &call.tenant, call.subject.as_str(), now, payloads).await?),
    };
    let (world, call) = (domain.world.clone(), Arc::clone(call));
    let write = move |write: &mut Write<'_>| {
        let now = write.instant(world.now())?;
        links.as_ref().map_or(Ok(()), |links| ledger::append(write, links))?;
        call.write(write, &steps, now)
    };
    match domain.write(write).await {
        Ok(()) => Ok(Some(acted)),
        Err(Failure::Outdated { .. }) => Ok(None),
        Err(failure) => Err(failure),
    }
}

impl Act {
    /// Reads the consents and what the person has said, and decides what changes.
    fn plan(&self, domain: &Domain, now: Micros) -> Result<Vec<Step>, Failure> {
        let read = domain.store.read()?;
        let (mut steps, mut problems) = (Vec::new(), Vec::new());
        for (place, change) in self.changes.iter().enumerate() {
            let consent = timeline::current::<Consent>(&read, &self.tenant, &change.consent, now)?;
            let Some(consent) = consent.filter(|state| !state.deleted) else {
                let reason = format!("there is no consent `{}`", change.consent);
                problems.push(Problem::new(format!("/consents/{place}/consent_id"), reason));
                continue;
            };
            if change.granted && change.version.is_some_and(|shown| shown != consent.value.version) {
                return Err(Failure::Outdated { noun: "consent" });
            }
            let before = records::get::<ConsentGrant>(&read, &self.key(change))?;
            match self.after(change, &consent.value, before.as_ref(), now) {
                Ok(after) => steps.push(Step { consent, before, after }),
                Err(reason) => problems.push(Problem::new(format!("/consents/{place}/granted"), reason)),
            }
        }
        if problems.is_empty() { Ok(steps) } else { Err(Failure::Invalid(problems)) }
    }

    /// What the person says now, if that is something new.
    fn after(
        &self,
        change: &Change,
        consent: &Consent,
        before: Option<&ConsentGrant>,
        now: Micros,
    ) -> Result<Option<ConsentGrant>, &'static str> {
        let standing = standing(consent, before);
        let (grant_type, given_at) = match (change.granted, standing, before) {
            (true, Some(GrantType::Explicit), _) => return Ok(None),
            (true, Some(GrantType::Implicit), _) if change.grant_type == GrantType::Implicit => return Ok(None),
            (true, ..) => (change.grant_type, now),
            (false, Some(grant_type), Some(before)) => (grant_type, before.given_at),
            (false, ..) => return Ok(None),
        };
        if !change.granted && !consent.terms.can_be_withdrawn {
            return Err("this consent cannot be withdrawn");
        }
        Ok(Some(ConsentGrant {
            version: consent.version,
            grant_type,
            given_at,
            act: self.act.clone(),
            circumstances: self.circumstances.clone(),
            revoked: !change.granted,
        }))
    }

    /// What is to be signed, in the order of the changes.
    fn payloads(&self, steps: &[Step]) -> Result<Vec<String>, Failure> {
        let changed =
            self.changes.iter().zip(steps).filter_map(|(change, step)| Some((change, step, step.after.as_ref()?)));
        let said = changed.map(|(change, step, after)| Said {
            granted: !after.revoked,
            tenant: &self.tenant,
            subject: self.subject.as_str(),
            consent_id: &change.consent,
            consent: &step.consent.value,
            grant_type: after.grant_type,
            given_at: after.given_at,
            act: &self.act,
            circumstances: &self.circumstances,
        });
        said.map(|said| ledger::text(&said)).collect()
    }

    /// Writes what changes, unless a consent is no longer the one that was read. Nobody else writes grants meanwhile
    /// without moving the end of the chain.
    fn write(&self, write: &mut Write<'_>, steps: &[Step], now: Micros) -> Result<(), Failure> {
        for (change, step) in self.changes.iter().zip(steps) {
            let state = timeline::current::<Consent>(write, &self.tenant, &change.consent, now)?;
            if state.is_none_or(|state| state.deleted || state.version != step.consent.version) {
                return Err(Failure::Outdated { noun: "consent" });
            }
            if let Some(after) = &step.after {
                records::put(write, &self.key(change), after)?;
            }
        }
        self.also.as_ref().map_or(Ok(()), |also| also(write))
    }

    fn key<'a>(&'a self, change: &'a Change) -> [&'a str; 3] {
        [&self.tenant, self.subject.as_str(), &change.consent]
    }
}

fn check(circumstances: &Circumstances, changes: &[Change], now: Micros) -> Result<(), Failure> {
    let mut problems = problems(circumstances, now);
    if changes.is_empty() {
        problems.push(Problem::new("/consents", "must not be empty"));
    }
    if changes.len() > MOST_CHANGES {
        problems.push(Problem::new("/consents", "must have at most 100 items"));
    }
    let mut seen = BTreeSet::new();
    for (place, change) in changes.iter().enumerate() {
        let member = format!("/consents/{place}/consent_id");
        problems.extend(id::check(&member, &change.consent).err());
        if !seen.insert(&change.consent) {
            problems.push(Problem::new(member, "is given twice"));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure::Invalid(problems)) }
}
