//! A consent: what a person may agree to, in versions. The five consent operations of the admin group, and what a grant of
//! an older version is worth.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    By, Domain, Failure, Problem, consent_action,
    consent_grant::GrantType,
    id, name,
    noun::{self, Named},
    stamp::{Author, Stamp},
    tenant, text,
};
use crate::{
    store::{Index, Kind, Noun, State, Write, index, timeline},
    world::Micros,
};

/// A consent's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// What is agreed to.
    pub terms: Terms,
    /// From when on this version holds, in microseconds since 1970. Never in the future.
    pub valid_from: Micros,
    /// 1, 2, … for each id; goes on where it was when a consent is deleted and made again.
    pub version: u64,
    /// What the versions did with the grants before them: from this version on, until the next entry's, that strategy. The
    /// first entry is the version below which every grant is void: where the consent was made, or the last
    /// `explicitAll`. So this says what every grant is worth, and an update touches none.
    pub strategies: Vec<(u64, Strategy)>,
}

/// What a person agrees to, and what becomes of that when it changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Unique within the tenant.
    pub name: String,
    /// For people: what they agree to.
    pub description: String,
    /// Whether a person may take it back.
    pub can_be_withdrawn: bool,
    /// Services of one's own that use the data.
    pub internal_services: Vec<DataUser>,
    /// Services of others that use the data.
    pub third_party_services: Vec<DataUser>,
    /// The kinds of personal data.
    pub pii_categories: Vec<String>,
    /// What becomes of the grants of the version before.
    pub update_existing_grants: Strategy,
}

/// A service that uses personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataUser {
    /// The service.
    pub name: String,
    /// What for. When there are several, exactly one is primary.
    pub purposes: Vec<Purpose>,
}

/// What personal data is used for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purpose {
    /// For people.
    pub name: String,
    /// Whether it is the main one.
    pub primary: bool,
}

/// What becomes of existing grants when a consent changes (seed, createConsent).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Strategy {
    /// Every person must agree again.
    ExplicitAll,
    /// Every grant goes on as an implicit one.
    ImplicitAll,
    /// Implicit grants go on; who agreed explicitly must agree again.
    KeepCurrent,
}

/// A consent as somebody wants it to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What is agreed to.
    pub terms: Terms,
    /// From when on; now when left out.
    pub valid_from: Option<Micros>,
    /// The version of an imported consent, 0 without one. It counts only where the tenant has no such consent.
    pub version: u64,
}

impl Noun for Consent {
    const KIND: Kind = Kind::Consent;
}

impl Named for Consent {
    const NAME: &'static str = "consent";
}

/// Every event of the ledger holds the whole consent, so it must not be large.
const MOST_TEXT: usize = 64 * 1024;
/// Numbers above it are not exact in JSON.
const HIGHEST_VERSION: u64 = 1 << 53;
/// The most entries of [`Consent::strategies`]. Only changes of the strategy make one.
const MOST_STRATEGIES: usize = 100;

/// The consent `id` as it is now.
pub fn current(domain: &Domain, tenant: &str, id: &str) -> Result<Arc<State<Consent>>, Failure> {
    noun::current(domain, tenant, id)
}

/// All consents of a tenant, by id.
pub fn list(domain: &Domain, tenant: &str) -> Result<Vec<(String, State<Consent>)>, Failure> {
    tenant::current(domain, tenant)?;
    noun::list(domain, tenant)
}

/// Makes a consent (createConsent). Its version is the server's own.
pub async fn create(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: Option<String>,
    draft: Draft,
) -> Result<(String, State<Consent>), Failure> {
    tenant::current(domain, tenant)?;
    let (id, draft) = (id.unwrap_or_default(), Draft { version: 0, ..draft });
    // domain.now and not the wall clock: what was answered a moment ago must not lie in the future.
    let problems = id::check("/id", &id).err().into_iter().chain(problems(&draft, domain.now()));
    Failure::unless_fine(problems.collect())?;
    let (tenant, author) = (tenant.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            stamp.absent::<Consent>(write, &tenant, &id)?;
            Ok((id.clone(), save(write, &tenant, &id, None, &draft, &stamp)?))
        })
        .await
}

/// Replaces what is agreed to (updateConsent). Whatever changes makes a new version.
pub async fn update(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    draft: Draft,
) -> Result<State<Consent>, Failure> {
    current(domain, tenant, id)?;
    let draft = Draft { version: 0, ..draft };
    check(&draft, domain.now())?;
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.target::<Consent>(write, &tenant, &id)?;
            save(write, &tenant, &id, Some(&old.value), &draft, &stamp)
        })
        .await
}

/// Removes a consent, also from the actions that ask for it (deleteConsent). What people granted is void from then on.
pub async fn delete(domain: &Domain, by: &By<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    noun::delete(domain, by, tenant, id, |_| Ok(()), remove).await
}

/// Writes a consent inside a transaction: the next version, unless nothing changes.
pub(super) fn save(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: Option<&Consent>,
    draft: &Draft,
    stamp: &Stamp,
) -> Result<State<Consent>, Failure> {
    let consent = match old {
        Some(old) => {
            name::take_back::<Consent>(write, tenant, "", &old.terms.name, id)?;
            next(old, draft, stamp.now)
        }
        None => {
            let deleted = timeline::current::<Consent>(write, tenant, id, stamp.now)?;
            first(deleted.map_or(0, |state| state.value.version), draft, stamp.now)
        }
    };
    name::give::<Consent>(write, tenant, "", &consent.terms.name, id, stamp)?;
    Ok(stamp.replace(write, tenant, id, consent)?)
}

/// Removes a consent inside a transaction.
pub(super) fn remove(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: &Consent,
    stamp: &Stamp,
) -> Result<(), Failure> {
    name::take_back::<Consent>(write, tenant, "", &old.terms.name, id)?;
    for action in index::ids(write, Index::ConsentActions, &[tenant, id])? {
        consent_action::forget(write, tenant, &action, id, stamp)?;
    }
    stamp.soft_delete::<Consent>(write, tenant, id)?;
    Ok(())
}

/// A consent that is made, perhaps again: grants of what had its id before are void.
fn first(last_version: u64, draft: &Draft, now: Micros) -> Consent {
    let Draft { terms, valid_from, version } = draft.clone();
    let version = version.max(last_version + 1);
    let strategies = vec![(version, Strategy::ExplicitAll)];
    Consent { terms, valid_from: valid_from.unwrap_or(now), version, strategies }
}

/// The version after `old`, or `old` itself when the draft changes nothing.
fn next(old: &Consent, draft: &Draft, now: Micros) -> Consent {
    let Draft { terms, valid_from, version: _ } = draft.clone();
    if terms == old.terms && valid_from.is_none_or(|from| from == old.valid_from) {
        return old.clone();
    }
    let version = old.version + 1;
    let strategies = follow(&old.strategies, version, terms.update_existing_grants);
    Consent { terms, valid_from: valid_from.unwrap_or(now), version, strategies }
}

fn follow(before: &[(u64, Strategy)], version: u64, strategy: Strategy) -> Vec<(u64, Strategy)> {
    if strategy == Strategy::ExplicitAll {
        return vec![(version, strategy)];
    }
    let mut strategies = before.to_vec();
    if strategies.last().is_none_or(|(_, last)| *last != strategy) {
        strategies.push((version, strategy));
    }
    if strategies.len() > MOST_STRATEGIES
        && let [_, _, (kept, _), ..] = strategies.as_slice()
    {
        // The oldest grants become void rather than the list endless: their owners are asked again.
        let void_below = (kept.saturating_sub(1), Strategy::ExplicitAll);
        strategies.splice(..2, [void_below]);
    }
    strategies
}

impl Consent {
    /// What a grant that was given for `version` is worth now; nothing when the person must agree again.
    pub fn worth(&self, version: u64, given: GrantType) -> Option<GrantType> {
        let oldest = self.strategies.first().map_or(self.version, |(from, _)| *from);
        if !(oldest..=self.version).contains(&version) {
            return None;
        }
        if version == self.version || given == GrantType::Implicit {
            return Some(given);
        }
        // After one update an explicit grant is implicit or void, so the later ones do not matter.
        let update = self.strategies.iter().rfind(|(from, _)| *from <= version + 1);
        matches!(update, Some((_, Strategy::ImplicitAll))).then_some(GrantType::Implicit)
    }
}

/// Checks what needs no store. `now` is [`Domain::now`].
pub(super) fn check(draft: &Draft, now: Micros) -> Result<(), Failure> {
    Failure::unless_fine(problems(draft, now))
}

fn problems(draft: &Draft, now: Micros) -> Vec<Problem> {
    let Draft { terms, valid_from, version } = draft;
    let Terms { name, description, internal_services, third_party_services, pii_categories, .. } = terms;
    let mut problems = Vec::new();
    problems.extend(text::name("/name", name));
    problems.extend(text::description("/description", description));
    for (member, services) in
        [("/internal_services", internal_services), ("/third_party_services", third_party_services)]
    {
        problems.extend(text::items(member, services));
        services
            .iter()
            .enumerate()
            .for_each(|(place, user)| check_user(&format!("{member}/{place}"), user, &mut problems));
    }
    problems.extend(text::items("/pii_categories", pii_categories));
    let categories = pii_categories.iter().enumerate();
    problems.extend(categories.filter_map(|(place, name)| text::name(&format!("/pii_categories/{place}/name"), name)));
    if valid_from.is_some_and(|from| from > now) {
        problems.push(Problem::new("/valid_from", "must not be in the future"));
    }
    if *version > HIGHEST_VERSION {
        problems.push(Problem::new("/version", "is too high"));
    }
    if size(terms) > MOST_TEXT {
        problems.push(Problem::new("", "a consent may have at most 65536 bytes of text"));
    }
    problems
}

fn check_user(member: &str, user: &DataUser, problems: &mut Vec<Problem>) {
    let DataUser { name, purposes } = user;
    problems.extend(text::name(&format!("{member}/name"), name));
    problems.extend(text::items(&format!("{member}/purposes"), purposes));
    let names = purposes.iter().enumerate();
    problems.extend(names.filter_map(|(place, one)| text::name(&format!("{member}/purposes/{place}/name"), &one.name)));
    if purposes.len() > 1 && purposes.iter().filter(|purpose| purpose.primary).count() != 1 {
        problems.push(Problem::new(format!("{member}/purposes"), "exactly one of several purposes must be primary"));
    }
}

/// The bytes of all texts, with a little for what stands around each.
fn size(terms: &Terms) -> usize {
    const AROUND: usize = 16;
    let user = |user: &DataUser| {
        let purposes: usize = user.purposes.iter().map(|purpose| purpose.name.len() + AROUND).sum();
        user.name.len() + AROUND + purposes
    };
    let users: usize = terms.internal_services.iter().chain(&terms.third_party_services).map(user).sum();
    let categories: usize = terms.pii_categories.iter().map(|name| name.len() + AROUND).sum();
    terms.name.len() + terms.description.len() + users + categories
}

#[cfg(test)]
mod tests;
