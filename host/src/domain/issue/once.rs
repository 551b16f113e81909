//! What is good once: authorization codes and refresh tokens.
//!
//! Called by their grants. Whoever shows one a second time has stolen it, or it was stolen from them: nobody can tell which,
//! so everything made from its grant ends (RFC 6749 §4.1.2, RFC 9700 §4.14.2). A client that it does not belong to learns
//! and changes nothing.

use std::sync::Arc;

use super::{Asked, Refused, person::Keep};
use crate::{
    domain::{
        Failure,
        authorize::Code,
        events::{self, Event},
        expiry::{self, Ends},
        grant::{self, Grant},
        token::RefreshToken,
    },
    store::{Write, records},
};

/// How a second use ends.
const REVOKED: &str = "everything issued for it is revoked";

/// A record that is good once. Its key is tenant, server and the name of its handle.
pub(super) trait Once: Ends + Clone + Send + Sync {
    /// What its second use is called in the log.
    const SECOND_USE: &'static str;
    /// Why it is refused when it is not good.
    const UNKNOWN: &'static str;
    /// Why it is refused the second time.
    const AGAIN: &'static str;
    /// What it was made from.
    fn grant(&self) -> &str;
    /// Whether it was used.
    fn is_used(&self) -> bool;
    /// From now on it was.
    fn use_up(&mut self);
}

/// Both records say it in members of the same names.
macro_rules! in_its_members {
    () => {
        fn grant(&self) -> &str {
            &self.grant
        }
        fn is_used(&self) -> bool {
            self.used
        }
        fn use_up(&mut self) {
            self.used = true;
        }
    };
}

impl Once for Code {
    const SECOND_USE: &'static str = "code used again";
    const UNKNOWN: &'static str = "the code is unknown, has ended, or is another client's";
    const AGAIN: &'static str = "the code was used before: what was issued for it has been revoked";
    in_its_members!();
}

impl Once for RefreshToken {
    const SECOND_USE: &'static str = "refresh token used again";
    const UNKNOWN: &'static str = "the refresh token is unknown, has ended, or is another client's";
    const AGAIN: &'static str = "the refresh token was used before: what was issued for it has been revoked";
    in_its_members!();
}

/// The record of this name, used or not, and its grant, if it is the asking client's.
pub(super) fn find<T: Once>(asked: &Asked<'_>, name: &str) -> Result<(T, Arc<Grant>), Refused> {
    let (domain, tenant, (server_id, server)) = (asked.domain, asked.tenant, asked.server);
    let unknown = Refused::Invalid(T::UNKNOWN);
    // Not through the cache: each is looked for once or twice in its life.
    let read = domain.store.read().map_err(Failure::from)?;
    let found = records::get::<T>(&read, &[tenant, server_id, name]).map_err(Failure::from)?;
    let Some(record) = found else { return Err(unknown) };
    let Some(grant) = grant::current(domain, tenant, record.grant())? else { return Err(unknown) };
    let (client, now) = (&asked.proven.client.value, domain.world.now_seconds());
    let theirs = grant.client_id == asked.proven.id && grant.server == server_id;
    match theirs && grant.holds(server, client, now) {
        true => Ok((record, grant)),
        false => Err(unknown),
    }
}

/// Refuses what was used before, and revokes its grant; refuses what has ended.
pub(super) async fn refuse_stale<T: Once>(asked: &Asked<'_>, record: &T, subject: &str) -> Result<(), Refused> {
    if record.is_used() {
        let (tenant, grant) = (asked.tenant.to_owned(), record.grant().to_owned());
        asked.domain.write(move |write| grant::revoke(write, &tenant, &grant)).await?;
        return Err(again::<T>(asked, subject));
    }
    match record.ends() > asked.domain.world.now_seconds() {
        true => Ok(()),
        false => Err(Refused::Invalid(T::UNKNOWN)),
    }
}

/// How using it up went.
enum Spent {
    /// This was the first time.
    Now,
    /// It was used meanwhile: its grant has been revoked, with what the first use was given.
    Before,
    /// It, or its grant, is there no more.
    Gone,
}

/// Uses up the record of this name and keeps what is given for it, in one transaction.
pub(super) async fn spend<T: Once>(asked: &Asked<'_>, name: String, keep: Keep, subject: &str) -> Result<(), Refused> {
    let (world, tenant, server) = (asked.domain.world.clone(), asked.tenant.to_owned(), asked.server.0.to_owned());
    let work = move |write: &mut Write<'_>| -> Result<Spent, Failure> {
        let now = world.now_seconds();
        let key = [tenant.as_str(), server.as_str(), name.as_str()];
        let Some(mut record) = records::get::<T>(&*write, &key)? else { return Ok(Spent::Gone) };
        if record.is_used() {
            grant::revoke(write, &tenant, record.grant())?;
            return Ok(Spent::Before);
        }
        let grant = records::get::<Grant>(&*write, &[&tenant, record.grant()])?;
        if record.ends() <= now || grant.is_none_or(|grant| grant.ends <= now) {
            return Ok(Spent::Gone);
        }
        record.use_up();
        records::put(write, &key, &record)?;
        keep.save(write, &tenant, &server)?;
        Ok(Spent::Now)
    };
    match asked.domain.write(work).await? {
        Spent::Now => Ok(()),
        Spent::Before => Err(again::<T>(asked, subject)),
        Spent::Gone => Err(Refused::Invalid(T::UNKNOWN)),
    }
}

/// Keeps what is given for a refresh token that stays good until `ends`, in one transaction.
pub(super) async fn keep_on(asked: &Asked<'_>, name: String, keep: Keep, ends: i64) -> Result<(), Refused> {
    let (world, tenant, server) = (asked.domain.world.clone(), asked.tenant.to_owned(), asked.server.0.to_owned());
    let work = move |write: &mut Write<'_>| -> Result<bool, Failure> {
        let (now, key) = (world.now_seconds(), [tenant.as_str(), server.as_str(), name.as_str()]);
        let Some(mut token) = records::get::<RefreshToken>(&*write, &key)? else { return Ok(false) };
        let grant = records::get::<Grant>(&*write, &[&tenant, token.grant()])?;
        if token.used || token.ends <= now || grant.is_none_or(|grant| grant.ends <= now) {
            return Ok(false);
        }
        if token.ends != ends {
            token.ends = ends;
            records::put(write, &key, &token)?;
            expiry::note(write, &key, &token)?;
        }
        keep.save(write, &tenant, &server)?;
        Ok(true)
    };
    match asked.domain.write(work).await? {
        true => Ok(()),
        false => Err(Refused::Invalid(RefreshToken::UNKNOWN)),
    }
}

/// The refusal of a second use, which operators are told of.
fn again<T: Once>(asked: &Asked<'_>, subject: &str) -> Refused {
    let Asked { tenant, server: (server, _), proven, sent, request_id, .. } = *asked;
    let (client, address) = (proven.id.as_str(), sent.address);
    events::tell(Event { what: T::SECOND_USE, outcome: REVOKED, tenant, server, client, subject, address, request_id });
    Refused::Invalid(T::AGAIN)
}
