//! Applications as somebody may see them: one by its id, lists, and whether an id is free.
//!
//! Whoever administrates the installation sees all, everybody else those of the own organization. What is seen of a
//! configuration, `rules` knows.

use super::{
    Application, Asking, Authorities, Entries, Role, home, id_problem, is_internal,
    noun::Named,
    order::{Entry, Window},
    rules::{About, Judge},
};
use crate::{
    domain::{Domain, Failure, tenant},
    store::{State, timeline},
};

/// An application as whoever asks may see it.
#[derive(Debug)]
pub struct Shown {
    /// Its organization.
    pub tenant: String,
    /// Its id.
    pub id: String,
    /// Its state.
    pub state: State<Application>,
    /// What may be seen of its configuration.
    pub entries: Entries,
}

/// A part of a list.
#[derive(Debug)]
pub struct Listed {
    /// How many there are in the whole list.
    pub total: usize,
    /// The part.
    pub shown: Vec<Shown>,
}

/// Which list is meant.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    /// Those that concern whoever asks.
    Own,
    /// All of an organization.
    Organization(&'a str),
}

/// The application `id` (getApplication). One of another organization is not there.
pub async fn get(domain: &Domain, asking: &Asking<'_>, id: &str) -> Result<Shown, Failure> {
    let authorities = Authorities::of(domain, asking.by.caller)?;
    let (tenant, state) = of(domain, &authorities, id)?;
    show(domain, &mut Judge::new(domain, asking, &authorities), (tenant, id.to_owned(), state)).await
}

/// The application `id` and its organization, when somebody with these authorities may know of it.
pub(super) fn of(
    domain: &Domain,
    authorities: &Authorities,
    id: &str,
) -> Result<(String, State<Application>), Failure> {
    let found = home::find(&domain.store.read()?, id, domain.now())?;
    let found = found.filter(|(tenant, _)| is_internal(authorities) || *tenant == authorities.tenant);
    let found = found.filter(|_| acts_for(authorities, id));
    found.ok_or_else(|| Failure::not_found(Application::NAME, id))
}

/// Whether somebody acts for this application: a client that is bound to one acts for no other.
fn acts_for(authorities: &Authorities, id: &str) -> bool {
    authorities.application.as_ref().is_none_or(|only| only == id)
}

/// A part of a list (getApplications, getApplicationsByOrganization).
pub async fn list(domain: &Domain, asking: &Asking<'_>, whose: Whose<'_>, window: &Window) -> Result<Listed, Failure> {
    let authorities = Authorities::of(domain, asking.by.caller)?;
    let all = match whose {
        Whose::Own => own(domain, &authorities)?,
        Whose::Organization(_) if !is_internal(&authorities) => {
            return Err(Failure::Forbidden { needs: "the authority SERVICE or GLOBAL_ADMIN".to_owned() });
        }
        Whose::Organization(tenant) => of_tenants(domain, &[tenant.to_owned()])?,
    };
    let total = all.len();
    let mut judge = Judge::new(domain, asking, &authorities);
    let mut shown = Vec::new();
    for entry in window.of(all) {
        shown.push(show(domain, &mut judge, entry).await?);
    }
    Ok(Listed { total, shown })
}

/// Administrators get what they administrate, everybody else what is visible in the own organization, services of the platform
/// in all of them.
fn own(domain: &Domain, authorities: &Authorities) -> Result<Vec<Entry>, Failure> {
    let tenants = match is_internal(authorities) {
        true => tenant::list(domain)?.into_iter().map(|(id, _)| id).collect(),
        false => vec![authorities.tenant.clone()],
    };
    let mut found = of_tenants(domain, &tenants)?;
    found.retain(|(_, id, _)| acts_for(authorities, id));
    if !authorities.has_any(&[Role::GlobalAdmin, Role::Admin]) {
        found.retain(|(_, _, state)| state.value.visible);
    }
    Ok(found)
}

fn of_tenants(domain: &Domain, tenants: &[String]) -> Result<Vec<Entry>, Failure> {
    let (read, now) = (domain.store.read()?, domain.now());
    let mut found = Vec::new();
    for tenant in tenants {
        let listed = timeline::list::<Application>(&read, tenant, now, None, usize::MAX)?;
        found.extend(listed.into_iter().map(|(id, state)| (tenant.clone(), id, state)));
    }
    Ok(found)
}

async fn show(domain: &Domain, judge: &mut Judge<'_>, (tenant, id, state): Entry) -> Result<Shown, Failure> {
    let entries = state.value.config.open(domain, &tenant, &id)?;
    let about = About { tenant: &tenant, id: &id, application: &state.value, entries: &entries };
    let entries = judge.seen(about).await?;
    Ok(Shown { tenant, id, state, entries })
}

/// Whether no application has this id, as far as whoever asks may know (checkApplicationIdAvailability).
pub fn available(domain: &Domain, asking: &Asking<'_>, id: &str) -> Result<bool, Failure> {
    let authorities = Authorities::of(domain, asking.by.caller)?;
    if !is_internal(&authorities) && !authorities.has(Role::ClientService) {
        let needs = "the authority SERVICE, GLOBAL_ADMIN or CLIENT_SERVICE".to_owned();
        return Err(Failure::Forbidden { needs });
    }
    if let Some(problem) = id_problem("path.id", id) {
        return Err(Failure::Malformed(problem));
    }
    match of(domain, &authorities, id) {
        Ok(_) => Ok(false),
        Err(Failure::NotFound { .. }) => Ok(true),
        Err(failure) => Err(failure),
    }
}
