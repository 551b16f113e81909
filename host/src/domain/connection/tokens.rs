//! The tokens of a connection: kept sealed, and renewed before they end.
//!
//! A refresh token may be good once, so a connection is renewed by one request at a time (`turns`), and what the provider gives is
//! durable before anybody gets it. Must not be given up half way: whoever calls [`fresh`] lets it run to its end.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    Connection, Which, account,
    exchange::{self, Given, Shown},
    find,
};
use crate::{
    crypto::{Secret, vault::Sealed},
    domain::{Domain, Failure, noun::Named},
    store::{Record, Table, Write, records, timeline},
};

/// With less than so many seconds left an access token is renewed: whoever gets it needs time to use it.
const LEFT: i64 = 60;

/// An access token that somebody may use.
#[derive(Debug)]
pub struct Fresh {
    /// The token.
    pub access: Secret,
    /// For how many seconds it is good.
    pub expires_in: i64,
    /// What it is good for.
    pub scope: String,
}

/// The tokens of a connection.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The account that they were asked with.
    pub(super) mark: String,
    /// The tokens themselves.
    sealed: Sealed,
    /// What the access token is good for.
    scope: String,
    /// When it ends, in seconds since 1970.
    ends: i64,
    /// Who has had it authorized.
    by: String,
}

impl Record for Kept {
    const TABLE: Table = Table::ConnectionTokens;
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Tokens {
    access: String,
    refresh: Option<String>,
}

/// An access token with at least a minute left, where the provider gives one that is as good.
pub async fn fresh(domain: &Domain, tenant: &str, which: Which<'_>) -> Result<Fresh, Failure> {
    let (id, state) = find(domain, tenant, which)?;
    let kept = kept(domain, tenant, &id, &state.value)?;
    if kept.left(domain) >= LEFT {
        return kept.give(domain, tenant, &id);
    }
    not_failed(domain, (tenant, &id), &kept)?;
    let before = kept;
    let _turn = domain.connections.patiently(tenant, &id).await?;
    // Whoever had the turn before may have renewed it, or have failed, and somebody may have changed the record.
    let (id, state) = find(domain, tenant, which)?;
    let kept = self::kept(domain, tenant, &id, &state.value)?;
    // What was got while this one waited is as new as can be, however short its life.
    let enough = if kept == before { LEFT } else { 1 };
    if kept.left(domain) >= enough {
        return kept.give(domain, tenant, &id);
    }
    not_failed(domain, (tenant, &id), &kept)?;
    renew(domain, (tenant, &id), state.value, kept).await
}

/// Refuses at once what has been refused a moment ago: a provider that hangs is waited for once, not by each in a row.
fn not_failed(domain: &Domain, place: (&str, &str), kept: &Kept) -> Result<(), Failure> {
    let failure = domain.connections.failure(place, kept, domain.world.now_seconds());
    failure.map_or(Ok(()), Err)
}

/// Removes the tokens of a connection, inside a transaction.
pub(super) fn forget(write: &mut Write<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    records::delete::<Kept>(write, &[tenant, id])?;
    Ok(())
}

/// Keeps the tokens of a connection, inside a transaction, unless its account has become another one meanwhile.
pub(super) fn put(write: &mut Write<'_>, (tenant, id): (&str, &str), kept: &Kept, at: i64) -> Result<(), Failure> {
    let found = timeline::current::<Connection>(write, tenant, id, at)?.filter(|state| !state.deleted);
    match found.is_some_and(|state| account::mark(&state.value) == kept.mark) {
        true => Ok(records::put(write, &[tenant, id], kept)?),
        false => Err(conflict("the OAuth Client was changed or deleted meanwhile")),
    }
}

impl Kept {
    /// What a provider has given, at `asked` or later.
    pub(super) fn seal(
        domain: &Domain,
        (tenant, id): (&str, &str),
        connection: &Connection,
        given: &Given,
        asked: i64,
        by: &str,
    ) -> Result<Kept, Failure> {
        let Given { access, refresh, scope, expires_in } = given;
        let refresh = refresh.as_ref().map(|token| token.expose().to_owned());
        let tokens = Tokens { access: access.expose().to_owned(), refresh };
        let text = serde_json::to_vec(&tokens).map_err(|error| Failure::Internal { log: error.to_string() })?;
        let sealed = domain.vault.seal(&domain.world, &context(tenant, id), &Zeroizing::new(text));
        // What is not told is what was asked for (RFC 6749 §5.1).
        let scope = scope.clone().unwrap_or_else(|| connection.scopes.join(" "));
        let ends = asked.saturating_add(*expires_in);
        Ok(Kept { mark: account::mark(connection), sealed, scope, ends, by: by.to_owned() })
    }

    /// The seconds that it has left.
    fn left(&self, domain: &Domain) -> i64 {
        self.ends.saturating_sub(domain.world.now_seconds())
    }

    fn give(&self, domain: &Domain, tenant: &str, id: &str) -> Result<Fresh, Failure> {
        let (access, _) = self.open(domain, tenant, id)?;
        Ok(Fresh { access, expires_in: self.left(domain).max(0), scope: self.scope.clone() })
    }

    /// The access token and the refresh token.
    fn open(&self, domain: &Domain, tenant: &str, id: &str) -> Result<(Secret, Option<Secret>), Failure> {
        let internal = |log: String| Failure::Internal { log };
        let plain = domain.vault.open_sealed(&context(tenant, id), &self.sealed);
        let plain = plain.map_err(|error| internal(error.to_string()))?;
        let Tokens { access, refresh } = serde_json::from_slice(&plain).map_err(|error| internal(error.to_string()))?;
        Ok((Secret::new(access), refresh.map(Secret::new)))
    }
}

/// The tokens of a connection, if its account has any.
fn kept(domain: &Domain, tenant: &str, id: &str, connection: &Connection) -> Result<Kept, Failure> {
    let found = domain.store.record::<Kept>(&[tenant, id])?;
    let found = found.filter(|kept| kept.mark == account::mark(connection));
    let nobody = || conflict(&format!("nobody has authorized the OAuth Client \"{}\" yet", connection.name));
    found.map(|kept| Kept::clone(&kept)).ok_or_else(nobody)
}

/// New tokens for the refresh token. What comes back is durable before it is given to anybody.
async fn renew(
    domain: &Domain,
    (tenant, id): (&str, &str),
    connection: Connection,
    kept: Kept,
) -> Result<Fresh, Failure> {
    let (_, refresh) = kept.open(domain, tenant, id)?;
    let Some(refresh) = refresh else {
        let reason = format!(
            "the access token of the OAuth Client \"{}\" has ended, and its provider gave no refresh token: it has to be \
             authorized again",
            connection.name
        );
        return Err(conflict(&reason));
    };
    let asked = domain.world.now_seconds();
    let given = exchange::ask(domain, (tenant, id), &connection, &Shown::Refresh(&refresh)).await;
    let given = given.inspect_err(|failure| {
        let (kept, now) = (kept.clone(), domain.world.now_seconds());
        domain.connections.has_failed((tenant, id), kept, now, failure.clone());
    })?;
    // One that does not rotate stays (RFC 6749 §6).
    let given = Given {
        refresh: given.refresh.or(Some(refresh)),
        scope: given.scope.or_else(|| Some(kept.scope.clone())),
        ..given
    };
    let renewed = Kept::seal(domain, (tenant, id), &connection, &given, asked, &kept.by)?;
    let fresh = renewed.give(domain, tenant, id)?;
    let (tenant, id, now) = (tenant.to_owned(), id.to_owned(), domain.world.now());
    domain
        .write(move |write| {
            let at = write.instant(now)?;
            match records::get::<Kept>(&*write, &[&tenant, &id])? {
                Some(found) if found == kept => put(write, (&tenant, &id), &renewed, at),
                _ => Err(conflict("the OAuth Client was changed or authorized anew meanwhile")),
            }
        })
        .await?;
    Ok(fresh)
}

fn conflict(reason: &str) -> Failure {
    Failure::Conflict { noun: Connection::NAME, reason: reason.to_owned() }
}

/// What tokens are sealed for.
fn context(tenant: &str, id: &str) -> String {
    format!("tokens of connection {tenant}/{id}")
}
