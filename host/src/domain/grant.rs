//! A grant: what a person has let a client do, or what a client has on its own behalf for longer than one token; the root of
//! every code and token made from it. Without it they are worth nothing.
//!
//! Called by `authorize` and the token endpoint, which open grants, and by whoever revokes one: the detection of reuse,
//! revocation (RFC 7009), the end of a session, the person's own pages.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::{
    Bearer, Credentials, Domain, Failure, client::Client, details::Detail, expiry, identity::Identity, in_force::Added,
    server::Server, token::refresh,
};
use crate::{
    store::{Index, Record, Table, View, Write, index, records},
    world::Micros,
};

/// What a person has let a client do, or what it does on its own behalf.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// The authorization server.
    pub server: String,
    /// Which server of that name.
    pub server_since: Micros,
    /// The client.
    pub client_id: String,
    /// Which client of that name.
    pub client_since: Micros,
    /// Who has let it: a person, or nobody but the client itself, see [`Grant::person`].
    pub identity: Identity,
    /// Whether the client has it on its own behalf (RFC 6749 §4.4).
    #[serde(default)]
    pub own: bool,
    /// The application that it was given for.
    #[serde(default)]
    pub application: Option<String>,
    /// The session in which it was let, by the name of its record. None outside a browser.
    pub session: Option<String>,
    /// What clients know that session by (`sid`).
    #[serde(default)]
    pub sid: Option<String>,
    /// What was granted.
    pub scopes: Vec<String>,
    /// The resources that its tokens are for (RFC 8707); none in particular when empty.
    #[serde(default)]
    pub resources: Vec<String>,
    /// The authorization details that were granted (RFC 9396).
    #[serde(default)]
    pub details: Vec<Detail>,
    /// The claims that the server's policy has added when it was opened.
    #[serde(default)]
    pub claims: Added,
    /// The `nonce` of the authorization request.
    pub nonce: Option<String>,
    /// When it was opened, in seconds since 1970.
    pub since: i64,
    /// When it ends whatever happens, in seconds since 1970.
    pub ends: i64,
}

impl Record for Grant {
    const TABLE: Table = Table::Grant;
}

impl expiry::Ends for Grant {
    const WHAT: expiry::What = expiry::What::Grant;
    fn ends(&self) -> i64 {
        self.ends
    }
}

impl Grant {
    /// The scope with which a grant outlives the session it was made in (OpenID Connect Core §11).
    pub const OFFLINE: &'static str = "offline_access";

    /// The person who has let it. None when the client acts for itself, though its name may spell like somebody's.
    pub fn person(&self) -> Option<&Identity> {
        (!self.own).then_some(&self.identity)
    }

    /// Whether refresh tokens of it go on when the person logs out.
    pub fn is_offline(&self) -> bool {
        self.scopes.iter().any(|scope| scope == Grant::OFFLINE)
    }

    /// Whether it still holds for this client of this server at `now`, in seconds.
    pub fn holds(&self, server: &Server, client: &Client, now: i64) -> bool {
        self.ends > now && self.server_since == server.since && self.client_since == client.since
    }
}

/// A name for a new grant.
pub fn new_id(domain: &Domain) -> String {
    HEXLOWER.encode(&domain.world.bytes::<16>())
}

/// The most grants of a person to one client in one session. A browser may ask silently as often as it likes, and each time a
/// new grant is opened, since it has a time, scopes and tokens of its own.
const MOST_IN_SESSION: usize = 20;

/// Makes room for one more grant in a session, inside a transaction: the oldest ends when there are too many.
pub(super) fn make_room(write: &mut Write<'_>, tenant: &str, more: &Grant) -> Result<(), Failure> {
    if more.session.is_none() {
        return Ok(());
    }
    let mut alike = of_subject(&*write, tenant, &more.server, &more.identity.subject)?;
    alike.retain(|(_, grant)| grant.session == more.session && grant.client_id == more.client_id);
    alike.sort_by_key(|(_, grant)| grant.since);
    let too_many = (alike.len() + 1).saturating_sub(MOST_IN_SESSION);
    for (id, _) in alike.iter().take(too_many) {
        revoke(write, tenant, id)?;
    }
    Ok(())
}

/// The most grants that a client has on its own behalf. It opens one whenever it asks for a token with its secret.
const MOST_OWN: usize = 20;

/// Makes room for one more grant of a client itself, inside a transaction: when there are too many, the oldest gives up its
/// refresh token and runs out at `until`. A client may be at work in more places than that, each with an access token that is
/// not to end before its time.
pub(super) fn make_room_for_own(write: &mut Write<'_>, tenant: &str, more: &Grant, until: i64) -> Result<(), Failure> {
    let mut own = filed(&*write, Index::OwnGrants, [tenant, &more.server, &more.client_id])?;
    own.sort_by_key(|(_, grant)| grant.since);
    let too_many = (own.len() + 1).saturating_sub(MOST_OWN);
    for (id, grant) in own.into_iter().take(too_many) {
        run_out(write, tenant, &id, grant, until)?;
    }
    Ok(())
}

fn run_out(write: &mut Write<'_>, tenant: &str, id: &str, grant: Grant, until: i64) -> Result<(), Failure> {
    let (list, name) = list_of(&grant);
    index::remove(write, list, &[tenant, &grant.server, name], id)?;
    refresh::forget(write, [tenant, &grant.server, &grant.identity.subject, id])?;
    expiry::unnote(write, &[tenant, id], &grant)?;
    let grant = Grant { ends: grant.ends.min(until), ..grant };
    records::put(write, &[tenant, id], &grant)?;
    expiry::note(write, &[tenant, id], &grant)
}

/// The list that a grant is in, and under which name: a person's, or its client's own.
fn list_of(grant: &Grant) -> (Index, &str) {
    match grant.person() {
        Some(person) => (Index::SubjectGrants, &person.subject),
        None => (Index::OwnGrants, &grant.client_id),
    }
}

/// Opens a grant, inside a transaction.
pub(super) fn open(write: &mut Write<'_>, tenant: &str, id: &str, grant: &Grant) -> Result<(), Failure> {
    records::put(write, &[tenant, id], grant)?;
    let (list, name) = list_of(grant);
    index::put(write, list, &[tenant, &grant.server, name], id)?;
    expiry::note(write, &[tenant, id], grant)
}

/// The grant `id`, unless it was revoked or has ended.
pub fn current(domain: &Domain, tenant: &str, id: &str) -> Result<Option<Arc<Grant>>, Failure> {
    let found = domain.store.record::<Grant>(&[tenant, id])?;
    Ok(found.filter(|grant| grant.ends > domain.world.now_seconds()))
}

/// The grant of a bearer that acts for a person: who that is, and in which session it was granted.
pub fn of_bearer(domain: &Domain, bearer: &Bearer) -> Result<Arc<Grant>, Failure> {
    let Some(id) = &bearer.grant else { return Err(Failure::Unauthenticated(Credentials::Invalid)) };
    current(domain, &bearer.tenant, id)?.ok_or(Failure::Unauthenticated(Credentials::Invalid))
}

/// Revokes a grant with everything made from it, inside a transaction. Answers whether it was there.
pub(super) fn revoke(write: &mut Write<'_>, tenant: &str, id: &str) -> Result<bool, Failure> {
    let Some(grant) = records::get::<Grant>(&*write, &[tenant, id])? else { return Ok(false) };
    let (list, name) = list_of(&grant);
    index::remove(write, list, &[tenant, &grant.server, name], id)?;
    refresh::forget(write, [tenant, &grant.server, &grant.identity.subject, id])?;
    Ok(records::delete::<Grant>(write, &[tenant, id])?)
}

/// Ties the grants that a person has made in one session to another, inside a transaction.
pub(super) fn carry_over(
    write: &mut Write<'_>,
    tenant: &str,
    server: &str,
    subject: &str,
    (from, to): (&str, &str),
) -> Result<(), Failure> {
    for (id, grant) in of_subject(&*write, tenant, server, subject)? {
        if grant.session.as_deref() == Some(from) {
            let grant = Grant { session: Some(to.to_owned()), ..grant };
            records::put(write, &[tenant, &id], &grant)?;
        }
    }
    Ok(())
}

/// The grants of a person at a server, by id.
pub(super) fn of_subject(
    view: &impl View,
    tenant: &str,
    server: &str,
    subject: &str,
) -> Result<Vec<(String, Grant)>, Failure> {
    filed(view, Index::SubjectGrants, [tenant, server, subject])
}

/// The grants in a list, by id. Its key begins with the tenant.
fn filed(view: &impl View, list: Index, [tenant, server, name]: [&str; 3]) -> Result<Vec<(String, Grant)>, Failure> {
    let mut found = Vec::new();
    for id in index::ids(view, list, &[tenant, server, name])? {
        if let Some(grant) = records::get::<Grant>(view, &[tenant, &id])? {
            found.push((id, grant));
        }
    }
    Ok(found)
}
