//! Making, replacing and removing applications. The policies are asked before the transaction, which then makes sure that the
//! application is still the one that they were asked about.

use super::{
    Application, ApplicationType, Asking, Authorities, Entries, find, id_problem, is_internal,
    noun::{self, Named},
    remove,
    rules::{About, Doing, Judge},
    save,
};
use crate::{
    domain::{
        By, Domain, Failure, id,
        stamp::{Author, Stamp},
        tenant,
    },
    store::{State, Write},
    world::Micros,
};

/// How often a change is tried when the application has become another since the policies were asked.
const TRIES: usize = 20;

/// What somebody wants an application to be. What is left out stays, or is as usual in a new one.
#[derive(Clone, Debug)]
pub struct Given {
    /// Where its people come from.
    pub kind: ApplicationType,
    /// What it is configured with.
    pub entries: Entries,
    /// Whether nobody gets tokens for it.
    pub disabled: Option<bool>,
    /// Whether lists show it to everybody.
    pub visible: Option<bool>,
    /// When it ends, or that it does not.
    pub expires_at: Option<Option<Micros>>,
    /// Whether people may register themselves without saying who they are.
    pub anonymous_registration: Option<bool>,
}

/// An application that is to be made.
#[derive(Clone, Debug)]
pub struct New {
    /// Its id; made when left out. For services of the platform.
    pub id: Option<String>,
    /// Its organization; the own one when left out. For services of the platform.
    pub organization: Option<String>,
    /// What it is to be.
    pub given: Given,
}

/// Makes an application and answers its id (createApplication).
pub async fn create(domain: &Domain, asking: &Asking<'_>, new: New) -> Result<String, Failure> {
    let authorities = Authorities::of(domain, asking.by.caller)?;
    let New { id, organization, given } = new;
    only_internal(&authorities, "/id", id.is_some())?;
    only_internal(&authorities, "/organizationId", is_another(&authorities, organization.as_deref()))?;
    not_bound(&authorities)?;
    let tenant = organization.unwrap_or_else(|| authorities.tenant.clone());
    if matches!(tenant::current(domain, &tenant), Err(Failure::NotFound { .. })) {
        return Err(Failure::invalid("/organizationId", format!("there is no organization `{tenant}`")));
    }
    let id = id.unwrap_or_else(|| id::generate(&domain.world));
    let mut problems = given.entries.problems("/config");
    problems.extend(id_problem("/id", &id));
    Failure::unless_fine(problems)?;
    let application = given.over(domain, &tenant, &id, None);
    let about = About { tenant: &tenant, id: &id, application: &application, entries: &given.entries };
    Judge::new(domain, asking, &authorities).allows(Doing::Add, about).await?;
    noun::create(domain, &asking.by, &tenant, Some(&id), application, save).await?;
    Ok(id)
}

/// Replaces an application (updateApplication). `version`, when given, is the one that it must still have. Entries of its
/// configuration that whoever asks may not see stay, unless they are named: nobody takes away what they do not know of.
pub async fn update(
    domain: &Domain,
    asking: &Asking<'_>,
    id: &str,
    organization: Option<&str>,
    version: Option<u64>,
    given: Given,
) -> Result<(), Failure> {
    let authorities = Authorities::of(domain, asking.by.caller)?;
    only_internal(&authorities, "/organizationId", is_another(&authorities, organization))?;
    let mut judge = Judge::new(domain, asking, &authorities);
    for _ in 0..TRIES {
        let (tenant, old) = find::of(domain, &authorities, id)?;
        if organization.is_some_and(|given| given != tenant) {
            return Err(Failure::invalid("/organizationId", "cannot be changed"));
        }
        let given = with_hidden(domain, &mut judge, (&tenant, id, &old), given.clone()).await?;
        let application = given.over(domain, &tenant, id, Some(&old.value));
        let about = About { tenant: &tenant, id, application: &application, entries: &given.entries };
        if old.value.kind != application.kind {
            may(domain, &judge, Doing::Edit, &tenant, id, &old).await?;
        }
        judge.allows(Doing::Edit, about).await?;
        current(version, &old)?;
        let work = move |write: &mut Write<'_>, tenant: &str, id: &str, old: &Application, stamp: &Stamp| {
            save(write, tenant, id, Some(old), &application, stamp).map(|_| ())
        };
        if if_unchanged(domain, &asking.by, &tenant, id, old.version, work).await? {
            return Ok(());
        }
    }
    Err(too_fast(id))
}

/// Removes an application (deleteApplication).
pub async fn delete(domain: &Domain, asking: &Asking<'_>, id: &str) -> Result<(), Failure> {
    let authorities = Authorities::of(domain, asking.by.caller)?;
    let judge = Judge::new(domain, asking, &authorities);
    for _ in 0..TRIES {
        let (tenant, old) = find::of(domain, &authorities, id)?;
        may(domain, &judge, Doing::Delete, &tenant, id, &old).await?;
        if if_unchanged(domain, &asking.by, &tenant, id, old.version, remove).await? {
            return Ok(());
        }
    }
    Err(too_fast(id))
}

/// Makes an application what it was, or again when it is not `there`. For whoever administrates the organization, whose policies
/// are theirs to change, so none is asked.
pub(in crate::domain) async fn put_back(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    value: Application,
    there: bool,
) -> Result<State<Application>, Failure> {
    match there {
        true => noun::update(domain, by, tenant, id, move |_| Ok(value.clone()), save).await,
        false => Ok(noun::create(domain, by, tenant, Some(id), value, save).await?.1),
    }
}

/// What is given, with the entries of what is there that the judge hides and that are not named.
async fn with_hidden(
    domain: &Domain,
    judge: &mut Judge<'_>,
    (tenant, id, old): (&str, &str, &State<Application>),
    mut given: Given,
) -> Result<Given, Failure> {
    Failure::unless_fine(given.entries.problems("/config"))?;
    let entries = old.value.config.open(domain, tenant, id)?;
    let hidden = judge.hidden(About { tenant, id, application: &old.value, entries: &entries }).await?;
    for (name, value) in hidden.0 {
        given.entries.0.entry(name).or_insert(value);
    }
    Failure::unless_fine(given.entries.problems("/config"))?;
    Ok(given)
}

/// Asks about an application as it is.
async fn may(
    domain: &Domain,
    judge: &Judge<'_>,
    doing: Doing,
    tenant: &str,
    id: &str,
    old: &State<Application>,
) -> Result<(), Failure> {
    let entries = old.value.config.open(domain, tenant, id)?;
    judge.allows(doing, About { tenant, id, application: &old.value, entries: &entries }).await
}

/// Does the work unless the application has changed since it was `version`. Answers whether it was done.
async fn if_unchanged(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    version: u64,
    work: impl Fn(&mut Write<'_>, &str, &str, &Application, &Stamp) -> Result<(), Failure> + Send + 'static,
) -> Result<bool, Failure> {
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.target::<Application>(write, &tenant, &id)?;
            if old.version != version {
                return Ok(false);
            }
            work(write, &tenant, &id, &old.value, &stamp).map(|()| true)
        })
        .await
}

/// Refuses a change by somebody who has seen another version.
fn current(version: Option<u64>, old: &State<Application>) -> Result<(), Failure> {
    match version {
        Some(version) if version != old.version => {
            let reason = format!("version {version} was given, it has version {}", old.version);
            Err(Failure::Conflict { noun: Application::NAME, reason })
        }
        Some(_) | None => Ok(()),
    }
}

fn only_internal(authorities: &Authorities, member: &str, asked: bool) -> Result<(), Failure> {
    match asked && !is_internal(authorities) {
        true => Err(Failure::Forbidden { needs: format!("the authority SERVICE or GLOBAL_ADMIN, for `{member}`") }),
        false => Ok(()),
    }
}

/// Whether an organization is named that is not the own one.
fn is_another(authorities: &Authorities, organization: Option<&str>) -> bool {
    organization.is_some_and(|organization| organization != authorities.tenant)
}

/// Who acts for one application only makes no others.
fn not_bound(authorities: &Authorities) -> Result<(), Failure> {
    match &authorities.application {
        Some(_) => Err(Failure::Forbidden { needs: "a client that is not bound to an application".to_owned() }),
        None => Ok(()),
    }
}

fn too_fast(id: &str) -> Failure {
    Failure::Unavailable { log: format!("the application `{id}` changes too fast") }
}

impl Given {
    /// The application that `old` is to become.
    fn over(&self, domain: &Domain, tenant: &str, id: &str, old: Option<&Application>) -> Application {
        let Given { kind, entries, disabled, visible, expires_at, anonymous_registration } = self;
        let sealed = entries.seal(domain, tenant, id);
        Application {
            kind: *kind,
            // What is the same stays as it is sealed, or history would tell of a change.
            config: old.map(|old| &old.config).filter(|old| **old == sealed).cloned().unwrap_or(sealed),
            disabled: disabled.unwrap_or_else(|| old.is_some_and(|old| old.disabled)),
            visible: visible.unwrap_or_else(|| old.is_none_or(|old| old.visible)),
            expires_at: expires_at.unwrap_or_else(|| old.and_then(|old| old.expires_at)),
            anonymous_registration: anonymous_registration
                .unwrap_or_else(|| old.is_some_and(|old| old.anonymous_registration)),
            created_at: old.map_or(0, |old| old.created_at),
        }
    }
}
