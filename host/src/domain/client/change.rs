//! Making, replacing and removing a client. Called by the handlers, by `developer.rs`, and inside the transactions of whatever
//! has clients below it.

use super::{AuthMethod, Client, ClientScopes, current, place, rules};
use crate::{
    domain::{
        By, Domain, Failure, Problem, consent_use,
        credential::{self, Credential, Given, Superseded},
        gateway, id,
        noun::{self, Named},
        organization,
        permit::DEVELOPER_SERVER,
        registration::Registration,
        scope,
        setup::{client::entity_id, rights},
        stamp::{Author, Stamp},
        subject,
    },
    store::{Index, State, StoreError, Write, index, records, timeline},
    world::Micros,
};

pub(in crate::domain) const MICROS_A_SECOND: i64 = 1_000_000;

/// A client that has passed every rule that needs no store, with its secret as it will be kept.
#[derive(Clone)]
pub(in crate::domain) struct Prepared {
    /// Its configuration.
    pub(in crate::domain) value: Client,
    /// What becomes of its credential.
    pub(in crate::domain) proof: Proof,
    /// Whether its scopes are meant as they are named, even if they are all that the server has.
    pub(in crate::domain) exact: bool,
}

/// What becomes of a client's credential when it is saved.
#[derive(Clone)]
pub(in crate::domain) enum Proof {
    /// This one, whatever was there.
    Set(Credential),
    /// The one that is there, or this new one when there is none.
    Keep(Credential),
    /// None: it proves itself without a secret.
    Drop,
}

impl Proof {
    fn after(&self, before: Option<&Credential>) -> Option<Credential> {
        match self {
            Proof::Set(credential) => Some(credential.clone()),
            Proof::Keep(spare) => Some(before.unwrap_or(spare).clone()),
            Proof::Drop => None,
        }
    }

    /// The credential of a client with a state that has yet to begin. It lies outside the timeline, so it stays until then;
    /// one that there is not yet can be made.
    fn later(&self, before: Option<&Credential>) -> Result<Option<Credential>, Failure> {
        let Some(before) = before else { return Ok(self.after(None)) };
        match self {
            Proof::Set(other) if other != before => {
                Err(Failure::invalid("/client_secret", "cannot be scheduled: a new secret is good at once"))
            }
            Proof::Set(_) | Proof::Keep(_) | Proof::Drop => Ok(Some(before.clone())),
        }
    }
}

/// Makes a client (createClient). Without `id` it gets one, and a secret unless one is given or its method needs none.
pub async fn create(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: Option<&str>,
    given: Given,
    client: Client,
) -> Result<(String, State<Client>), Failure> {
    let id = id.map_or_else(|| id::generate(&domain.world), str::to_owned);
    id::check("/client_id", &id).map_err(|problem| Failure::Invalid(vec![problem]))?;
    // The server's own: only an import brings them along.
    let client =
        Client { developer: None, system: false, self_registered: false, organization: None, issued_at: 0, ..client };
    subject_document(domain, &client).await?;
    let prepared = ready(domain, tenant, &id, client, given)?;
    let (tenant, author) = (tenant.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            stamp.absent::<Client>(write, &tenant, &id)?;
            Ok((id.clone(), save(write, &tenant, &id, None, &prepared, &stamp)?))
        })
        .await
}

/// Whether the document of a sector allows the client to be in it. Without pairwise subjects it changes nothing.
async fn subject_document(domain: &Domain, client: &Client) -> Result<(), Failure> {
    if client.security.pairwise { subject::check_document(domain, client).await } else { Ok(()) }
}

/// Replaces a client (updateClient). Without a new secret it keeps the one it has; its server, its developer and the
/// moment it was issued stay.
pub async fn update(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    given: Given,
    client: Client,
) -> Result<State<Client>, Failure> {
    let old = current(domain, tenant, id)?;
    subject_document(domain, &client).await?;
    let prepared = ready(domain, tenant, id, inherit(client, &old.value), given)?;
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.target::<Client>(write, &tenant, &id)?.value;
            let Prepared { value, proof, exact } = prepared.clone();
            let prepared = Prepared { value: inherit(value, &old), proof, exact };
            save(write, &tenant, &id, Some(&old), &prepared, &stamp)
        })
        .await
}

/// Removes a client; its tokens are refused from then on (deleteClient).
pub async fn delete(domain: &Domain, by: &By<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let found = stamp.target::<Client>(write, &tenant, &id)?.value;
            remove_unused(write, &tenant, &id, &found, &stamp)
        })
        .await
}

/// Removes a client that nobody needs, inside a transaction.
pub(in crate::domain) fn remove_unused(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: &Client,
    stamp: &Stamp,
) -> Result<(), Failure> {
    match users(write, tenant, id, old)? {
        users if users.is_empty() => remove(write, tenant, id, old, stamp),
        by => Err(Failure::InUse { noun: Client::NAME, by }),
    }
}

/// Who cannot do without a client: the tenant, or the gateway whose own it is.
fn users(write: &Write<'_>, tenant: &str, id: &str, client: &Client) -> Result<Vec<String>, Failure> {
    let tenant_itself = client.system.then(|| "the tenant itself".to_owned());
    let gateway = gateway::of_client(write, tenant, id)?.map(|gateway| format!("gateway `{gateway}`"));
    Ok(tenant_itself.into_iter().chain(gateway).collect())
}

/// What a client keeps when it is replaced, whatever the caller says.
pub(in crate::domain) fn inherit(client: Client, old: &Client) -> Client {
    // It cannot move, so whoever leaves the server out means the one it has.
    let server = if client.server.is_empty() { old.server.clone() } else { client.server };
    let (developer, organization) = (old.developer.clone(), old.organization.clone());
    let Client { system, self_registered, issued_at, said_since, since, .. } = *old;
    let setup = client.setup.or_else(|| old.setup.clone());
    Client { server, developer, organization, system, self_registered, issued_at, said_since, since, setup, ..client }
}

/// Checks everything about a client, its place included, and seals its secret. [`save`] looks at the place again.
pub(in crate::domain) fn ready(
    domain: &Domain,
    tenant: &str,
    id: &str,
    value: Client,
    given: Given,
) -> Result<Prepared, Failure> {
    ready_at(domain, tenant, id, value, given, domain.now())
}

/// Like [`ready`], for a client that begins at `at`.
pub(in crate::domain) fn ready_at(
    domain: &Domain,
    tenant: &str,
    id: &str,
    value: Client,
    given: Given,
    at: Micros,
) -> Result<Prepared, Failure> {
    let mut problems = rules::check(&value, &given);
    problems.extend(place::check(&domain.store.read()?, tenant, &value, at)?);
    Failure::unless_fine(problems)?;
    sealed(domain, tenant, id, value, given)
}

/// Checks what needs no store and seals the secret: for a client of a configuration, whose server is saved in the same
/// transaction.
pub(in crate::domain) fn prepare(
    domain: &Domain,
    tenant: &str,
    id: &str,
    value: Client,
    given: Given,
) -> Result<Prepared, Failure> {
    Failure::unless_fine(rules::check(&value, &given))?;
    Ok(Prepared { exact: true, ..sealed(domain, tenant, id, value, given)? })
}

fn sealed(domain: &Domain, tenant: &str, id: &str, value: Client, given: Given) -> Result<Prepared, Failure> {
    let proof = match given {
        _ if !value.auth_method.has_secret() => Proof::Drop,
        Given::Nothing => Proof::Keep(credential::generate(domain, tenant, id).1),
        Given::Hash(phc) => Proof::Set(Credential::Chosen(phc)),
        Given::Secret(secret) => Proof::Set(credential::keep(domain, tenant, id, &secret)?),
    };
    Ok(Prepared { value, proof, exact: false })
}

/// Writes a client and its credential, inside a transaction. A new secret leaves a state even if nothing else is new.
pub(in crate::domain) fn save(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: Option<&Client>,
    prepared: &Prepared,
    stamp: &Stamp,
) -> Result<State<Client>, Failure> {
    let mut value = settle(old, prepared.value.clone(), stamp);
    if !prepared.exact && written_back(write, tenant, old, &value, stamp)? {
        value.scopes = ClientScopes::AllOfServer;
    }
    let kept = records::get::<Credential>(write, &[tenant, id])?;
    // A secret does not outlive a time without one, which may have begun by itself.
    let lives = stamp.is_scheduled() || old.is_none_or(|old| old.auth_method.has_secret());
    let before = kept.clone().filter(|_| lives);
    let after = match stamp.is_scheduled() {
        true => prepared.proof.later(before.as_ref())?,
        false => prepared.proof.after(before.as_ref()),
    };
    let mut problems = place::check(write, tenant, &value, stamp.from())?;
    problems.extend(old.and_then(|old| place::moved(old, &value)));
    problems.extend(old.map(|old| place::needed(old, &value)).unwrap_or_default());
    problems.extend(usable(value.auth_method, after.as_ref()));
    Failure::unless_fine(problems)?;
    file(write, tenant, id, stamp.leaving(old), &value)?;
    if kept == after {
        return Ok(stamp.replace(write, tenant, id, value)?);
    }
    // Whoever gives it another secret, or none, means that the one before is over; who does not, says so afterwards.
    records::delete::<Superseded>(write, &[tenant, id])?;
    match after {
        Some(credential) => records::put(write, &[tenant, id], &credential)?,
        None => drop(records::delete::<Credential>(write, &[tenant, id])?),
    }
    Ok(stamp.append(write, tenant, id, value)?)
}

/// Fills in what the server itself says about a client.
fn settle(old: Option<&Client>, mut value: Client, stamp: &Stamp) -> Client {
    // No two instants of the store are the same, so this also tells one client from the next of its name.
    value.since = old.map_or(stamp.now, |old| old.since);
    let same = |old: &&Client| old.name == value.name && old.redirect_uris == value.redirect_uris;
    value.said_since = match old {
        Some(old) if old.self_registered && !same(&old) => stamp.now,
        Some(old) => old.said_since,
        None => 0,
    };
    value.setup = value.setup.or_else(|| old.and_then(|old| old.setup.clone()));
    if value.issued_at == 0 {
        value.issued_at = value.since / MICROS_A_SECOND;
    }
    value
}

/// Whether a client with every scope, which is shown with their names, is written back like that: it is not narrowed then.
fn written_back(
    write: &Write<'_>,
    tenant: &str,
    old: Option<&Client>,
    value: &Client,
    stamp: &Stamp,
) -> Result<bool, Failure> {
    let (Some(ClientScopes::AllOfServer), ClientScopes::Only(named)) = (old.map(|old| &old.scopes), &value.scopes)
    else {
        return Ok(false);
    };
    let all = scope::names(write, tenant, &value.server, stamp.now)?;
    Ok(all.len() == named.len() && all.iter().all(|name| named.contains(name)))
}

/// A secret that signs must be known in clear.
fn usable(method: AuthMethod, credential: Option<&Credential>) -> Option<Problem> {
    let hashed = matches!(credential, Some(Credential::Chosen(_) | Credential::Generated(_)));
    let reason = "needs a secret that is not kept as a hash: give `client_secret`";
    (hashed && method == AuthMethod::ClientSecretJwt).then(|| Problem::new("/token_endpoint_auth_method", reason))
}

/// Writes a client with its credential as they are, inside a transaction: for those that the server itself makes.
pub(in crate::domain) fn insert(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    client: &Client,
    credential: &Credential,
    stamp: &Stamp,
) -> Result<State<Client>, Failure> {
    let value = settle(None, client.clone(), stamp);
    records::put(write, &[tenant, id], credential)?;
    file(write, tenant, id, None, &value)?;
    Ok(stamp.append(write, tenant, id, value)?)
}

/// Its name among the users of a consent action.
fn user(id: &str) -> String {
    format!("client `{id}`")
}

/// Keeps the lists of clients in step.
fn file(write: &mut Write<'_>, tenant: &str, id: &str, old: Option<&Client>, value: &Client) -> Result<(), Failure> {
    let before = old.and_then(|old| old.developer.as_deref());
    noun::refile(write, Index::DeveloperClients, tenant, before, value.developer.as_deref(), id)?;
    let action_before = old.and_then(|old| old.consent_action.as_ref());
    consent_use::switch(write, tenant, &user(id), action_before, value.consent_action.as_ref())?;
    organization::file(write, tenant, id, value)?;
    index::put(write, Index::ServerClients, &[tenant, &value.server], id)?;
    Ok(file_for_good(write, tenant, id, &value.server)?)
}

/// Files a client where it stays when it has gone.
pub(in crate::domain) fn file_for_good(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    server: &str,
) -> Result<(), StoreError> {
    index::put(write, Index::EverOfServer, &[tenant, Client::NAME, server], id)?;
    index::put(write, Index::ClientEntities, &[tenant, &entity_id(tenant, id)], id)
}

/// Removes the clients of a server that goes, inside a transaction.
pub(in crate::domain) fn delete_all(
    write: &mut Write<'_>,
    tenant: &str,
    server: &str,
    stamp: &Stamp,
) -> Result<(), Failure> {
    noun::remove_below::<Client>(write, Index::ServerClients, tenant, server, stamp, remove)
}

/// Removes a client with its credential, inside a transaction.
pub(in crate::domain) fn remove(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: &Client,
    stamp: &Stamp,
) -> Result<(), Failure> {
    stamp.soft_delete::<Client>(write, tenant, id)?;
    records::delete::<Credential>(write, &[tenant, id])?;
    records::delete::<Superseded>(write, &[tenant, id])?;
    records::delete::<Registration>(write, &[tenant, id])?;
    if old.server == DEVELOPER_SERVER {
        leave(write, tenant, id, stamp)?;
    }
    noun::refile(write, Index::DeveloperClients, tenant, old.developer.as_deref(), None, id)?;
    consent_use::switch(write, tenant, &user(id), old.consent_action.as_ref(), None)?;
    organization::unfile(write, tenant, id, &old.server)?;
    Ok(index::remove(write, Index::ServerClients, &[tenant, &old.server], id)?)
}

/// Leaves the clients of a developer who goes to the administrators: the next one of that name is somebody else.
fn leave(write: &mut Write<'_>, tenant: &str, developer: &str, stamp: &Stamp) -> Result<(), Failure> {
    for id in index::ids(write, Index::DeveloperClients, &[tenant, developer])? {
        noun::refile(write, Index::DeveloperClients, tenant, Some(developer), None, &id)?;
    }
    // Setups name them too, also where administrators have made the client, and also for later.
    for (id, _) in timeline::list_ever::<Client>(write, tenant, None, usize::MAX)? {
        stamp.revise::<Client>(write, tenant, &id, |client| left(client, developer))?;
    }
    Ok(())
}

/// A client of a developer as one that is nobody's; none where it is somebody else's.
fn left(mut client: Client, developer: &str) -> Option<Client> {
    if rights::owner(&client) != Some(developer) && client.developer.as_deref() != Some(developer) {
        return None;
    }
    client.developer = None;
    if let Some(members) = &mut client.setup {
        members.about.owner.clear();
    }
    Some(client)
}
