//! A consent action: the consents that an application asks for under one name. The five operations of the admin group.

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    By, Domain, Failure, Problem,
    consent::{self, Consent},
    id, name,
    noun::{self, Named},
    stamp::Stamp,
    tenant, text,
};
use crate::store::{Index, Kind, Noun, State, Write, index};

/// A consent action's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentAction {
    /// Unique within the tenant.
    pub name: String,
    /// For people.
    pub description: String,
    /// What is asked for, in order.
    pub consents: Vec<Asked>,
}

/// A consent of an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The consent.
    pub consent: String,
    /// Whether the action cannot go on without it.
    pub required: bool,
}

impl Noun for ConsentAction {
    const KIND: Kind = Kind::ConsentAction;
}

impl Named for ConsentAction {
    const NAME: &'static str = "consent action";
}

/// A consent of an action as it is now: its id, whether the action needs it, and the consent itself.
pub type Embedded = (String, bool, Arc<State<Consent>>);

/// The action `id` as it is now.
pub fn current(domain: &Domain, tenant: &str, id: &str) -> Result<Arc<State<ConsentAction>>, Failure> {
    noun::current(domain, tenant, id)
}

/// All actions of a tenant, by id.
pub fn list(domain: &Domain, tenant: &str) -> Result<Vec<(String, State<ConsentAction>)>, Failure> {
    tenant::current(domain, tenant)?;
    noun::list(domain, tenant)
}

/// The consents of an action as they are now. One that was deleted a moment ago is left out.
pub fn embedded(domain: &Domain, tenant: &str, action: &ConsentAction) -> Result<Vec<Embedded>, Failure> {
    let mut found = Vec::new();
    for Asked { consent, required } in &action.consents {
        match consent::current(domain, tenant, consent) {
            Ok(state) => found.push((consent.clone(), *required, state)),
            Err(Failure::NotFound { .. }) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(found)
}

/// Makes an action (createConsentAction).
pub async fn create(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: Option<String>,
    action: ConsentAction,
) -> Result<(String, State<ConsentAction>), Failure> {
    let id = id.unwrap_or_default();
    Failure::unless_fine(id::check("/id", &id).err().into_iter().chain(problems(&action)).collect())?;
    noun::create(domain, by, tenant, Some(&id), action, save).await
}

/// Replaces an action (updateConsentAction).
pub async fn update(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    action: ConsentAction,
) -> Result<State<ConsentAction>, Failure> {
    current(domain, tenant, id)?;
    check(&action)?;
    noun::update(domain, by, tenant, id, move |_| Ok(action.clone()), save).await
}

/// Removes an action that nothing uses (deleteConsentAction). Its consents and what people granted stay.
pub async fn delete(domain: &Domain, by: &By<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    noun::delete(domain, by, tenant, id, |_| Ok(()), remove).await
}

/// Writes an action inside a transaction. Its consents must exist.
pub(super) fn save(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: Option<&ConsentAction>,
    action: &ConsentAction,
    stamp: &Stamp,
) -> Result<State<ConsentAction>, Failure> {
    let mut missing = Vec::new();
    for (place, Asked { consent, .. }) in action.consents.iter().enumerate() {
        if stamp.live::<Consent>(write, tenant, consent)?.is_none() {
            missing.push(Problem::new(format!("/consents/{place}/id"), format!("there is no consent `{consent}`")));
        }
    }
    Failure::unless_fine(missing)?;
    if let Some(old) = old {
        unlink(write, tenant, id, old)?;
    }
    name::give::<ConsentAction>(write, tenant, "", &action.name, id, stamp)?;
    for Asked { consent, .. } in &action.consents {
        index::put(write, Index::ConsentActions, &[tenant, consent], id)?;
    }
    Ok(stamp.replace(write, tenant, id, action.clone())?)
}

/// Removes an action unless somebody uses it, inside a transaction.
pub(super) fn remove(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: &ConsentAction,
    stamp: &Stamp,
) -> Result<(), Failure> {
    noun::unused::<ConsentAction>(write, Index::ActionUsers, tenant, id)?;
    unlink(write, tenant, id, old)?;
    stamp.soft_delete::<ConsentAction>(write, tenant, id)?;
    Ok(())
}

/// Takes a consent that goes out of an action, inside the transaction that removes it.
pub(super) fn forget(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    consent: &str,
    stamp: &Stamp,
) -> Result<(), Failure> {
    index::remove(write, Index::ConsentActions, &[tenant, consent], id)?;
    if let Some(state) = stamp.live::<ConsentAction>(write, tenant, id)? {
        let mut action = state.value;
        action.consents.retain(|asked| asked.consent != consent);
        stamp.replace(write, tenant, id, action)?;
    }
    Ok(())
}

/// Takes back the name and forgets which consents are asked for.
fn unlink(write: &mut Write<'_>, tenant: &str, id: &str, old: &ConsentAction) -> Result<(), Failure> {
    name::take_back::<ConsentAction>(write, tenant, "", &old.name, id)?;
    for Asked { consent, .. } in &old.consents {
        index::remove(write, Index::ConsentActions, &[tenant, consent], id)?;
    }
    Ok(())
}

/// Checks what needs no store.
pub(super) fn check(action: &ConsentAction) -> Result<(), Failure> {
    Failure::unless_fine(problems(action))
}

fn problems(action: &ConsentAction) -> Vec<Problem> {
    let ConsentAction { name, description, consents } = action;
    let mut problems: Vec<Problem> = text::name("/name", name).into_iter().collect();
    problems.extend(text::description("/description", description));
    problems.extend(text::items("/consents", consents));
    let mut seen = BTreeSet::new();
    for (place, Asked { consent, .. }) in consents.iter().enumerate() {
        let member = format!("/consents/{place}/id");
        problems.extend(id::check(&member, consent).err());
        if !seen.insert(consent) {
            problems.push(Problem::new(member, "is asked for twice"));
        }
    }
    problems
}
