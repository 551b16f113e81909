//! Expiry: what ends is noted under the time when it does, and taken out bit by bit when that has come.
//!
//! Called by everything that ends (`note`), and by the server's own task (`purge`). That something has ended is decided by
//! whoever is shown it, exactly and at once; this only gives the room back.

use serde::{Deserialize, Serialize};

use super::{
    Domain, Failure,
    authorize::PushedRequest,
    credential::Superseded,
    elsewhere::{self, backchannel::BackchannelRequest, device::DeviceRequest},
    grant::Grant,
    login::Login,
    proof::Assertion,
    session,
    session::Session,
    token,
};
use crate::store::{Record, Table, Write, records};

/// A record that ends.
pub(super) trait Ends: Record {
    /// What it is.
    const WHAT: What;
    /// When it ends, in seconds since 1970.
    fn ends(&self) -> i64;
}

/// What can end. The words are in keys: never change one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum What {
    Grant,
    Code,
    RefreshToken,
    AccessToken,
    RevokedToken,
    Session,
    Login,
    Assertion,
    ConnectionErrand,
    Superseded,
    PushedRequest,
    DeviceRequest,
    BackchannelRequest,
}

/// A line of the list.
#[derive(Serialize, Deserialize)]
struct Expiring {
    what: What,
    key: Vec<String>,
}

impl Record for Expiring {
    const TABLE: Table = Table::Expiry;
}

/// How many are taken out in one transaction.
const AT_ONCE: usize = 500;

/// Notes when a record ends, inside a transaction. `key` is its key, the tenant first.
pub(super) fn note<T: Ends>(write: &mut Write<'_>, key: &[&str], record: &T) -> Result<(), Failure> {
    let line = Expiring { what: T::WHAT, key: key.iter().map(|part| (*part).to_owned()).collect() };
    Ok(records::put(write, &place(key, record).each_ref().map(String::as_str), &line)?)
}

/// Takes back what was noted of a record that goes before its end, inside a transaction.
pub(super) fn unnote<T: Ends>(write: &mut Write<'_>, key: &[&str], record: &T) -> Result<(), Failure> {
    records::delete::<Expiring>(write, &place(key, record).each_ref().map(String::as_str))?;
    Ok(())
}

/// Where the end of a record is noted.
fn place<T: Ends>(key: &[&str], record: &T) -> [String; 4] {
    let (tenant, rest) = key.split_first().unwrap_or((&"", &[]));
    [(*tenant).to_owned(), digits(record.ends()), format!("{:?}", T::WHAT), rest.join("/")]
}

/// Takes out what has ended by now, of every tenant. Answers how many.
pub async fn purge(domain: &Domain) -> Result<usize, Failure> {
    let tenants = records::owners::<Expiring>(&domain.store.read()?)?;
    let mut gone = 0;
    for tenant in tenants {
        loop {
            let one = purge_some(domain, tenant.clone()).await?;
            gone += one;
            if one < AT_ONCE {
                break;
            }
        }
    }
    Ok(gone)
}

async fn purge_some(domain: &Domain, tenant: String) -> Result<usize, Failure> {
    let now = domain.world.now_seconds();
    let due =
        move |lines: &Vec<(Vec<String>, Expiring)>| lines.iter().take_while(|(place, _)| is_due(place, now)).count();
    // Most of the time nothing is due: that is seen without asking the writer.
    let first = records::list_after::<Expiring>(&domain.store.read()?, &[&tenant], None, 1)?;
    if due(&first) == 0 {
        return Ok(0);
    }
    domain
        .write(move |write| {
            let mut lines = records::list_after::<Expiring>(&*write, &[&tenant], None, AT_ONCE)?;
            lines.truncate(due(&lines));
            for (place, Expiring { what, key }) in &lines {
                let place: Vec<&str> = place.iter().map(String::as_str).collect();
                let key: Vec<&str> = key.iter().map(String::as_str).collect();
                take_out(write, *what, &key, now)?;
                records::delete::<Expiring>(write, &place)?;
            }
            Ok(lines.len())
        })
        .await
}

/// Twelve digits, so that bytes sort like numbers.
fn digits(seconds: i64) -> String {
    format!("{:012}", seconds.clamp(0, 999_999_999_999))
}

fn is_due(place: &[String], now: i64) -> bool {
    place.get(1).and_then(|at| at.parse::<i64>().ok()).is_some_and(|at| at <= now)
}

/// Takes a record out if it has ended: one that was prolonged has another line.
fn take_out(write: &mut Write<'_>, what: What, key: &[&str], now: i64) -> Result<(), Failure> {
    match (what, key) {
        (What::Grant, [tenant, id]) => {
            if has_ended::<Grant>(write, key, now)? {
                super::grant::revoke(write, tenant, id)?;
            }
        }
        (What::Session, [tenant, server, name]) => {
            if has_ended::<Session>(write, key, now)? {
                session::forget(write, tenant, server, name)?;
            }
        }
        (What::DeviceRequest, [tenant, server, name]) => {
            elsewhere::purge::<DeviceRequest>(write, &[tenant, server, name], now)?;
        }
        (What::BackchannelRequest, [tenant, server, name]) => {
            elsewhere::purge::<BackchannelRequest>(write, &[tenant, server, name], now)?;
        }
        (What::Grant | What::Session | What::DeviceRequest | What::BackchannelRequest, _) => {}
        (What::Code, _) => forget::<super::authorize::Code>(write, key, now)?,
        (What::RefreshToken, _) => forget::<token::older::Older>(write, key, now)?,
        (What::AccessToken, _) => forget::<token::AccessToken>(write, key, now)?,
        (What::RevokedToken, _) => forget::<token::RevokedToken>(write, key, now)?,
        (What::Login, _) => forget::<Login>(write, key, now)?,
        (What::Assertion, _) => forget::<Assertion>(write, key, now)?,
        (What::ConnectionErrand, _) => forget::<super::connection::Errand>(write, key, now)?,
        (What::Superseded, _) => forget::<Superseded>(write, key, now)?,
        (What::PushedRequest, _) => forget::<PushedRequest>(write, key, now)?,
    }
    Ok(())
}

fn has_ended<T: Ends>(write: &Write<'_>, key: &[&str], now: i64) -> Result<bool, Failure> {
    Ok(records::get::<T>(write, key)?.is_some_and(|record| record.ends() <= now))
}

fn forget<T: Ends>(write: &mut Write<'_>, key: &[&str], now: i64) -> Result<(), Failure> {
    if has_ended::<T>(write, key, now)? {
        records::delete::<T>(write, key)?;
    }
    Ok(())
}
