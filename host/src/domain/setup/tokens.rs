//! The live tokens of a setup: the refresh tokens that people's clients have and may use now.
//!
//! Called by the handlers of the dialect `setups`. Only keyed hashes of tokens are kept, so a token goes by its grant and its number
//! there; whoever has the token itself may show that instead. Deleting one revokes its grant with everything made from it, as
//! revocation does (RFC 7009 §2.1).

use super::{
    chosen::{Filter, choose, known, prefix},
    client::entity_id,
    page::{self, Listed, Page},
    rights::Asker,
};
use crate::{
    domain::{
        Caller, Domain, Failure,
        grant::{self, Grant},
        handle::{self, Purpose},
        token::{
            RefreshToken,
            refresh::{self, Live},
        },
    },
    store::records,
};

/// What stands between the grant and the number in the name of a token.
const BETWEEN: char = '.';

/// What a failure calls one.
pub const TOKEN: &str = "token";

/// A refresh token that is good now.
#[derive(Debug, PartialEq, Eq)]
pub struct Token {
    /// Its grant and its number there, which are no secret.
    pub id: String,
    /// The person whose it is.
    pub user: String,
    /// The client that has it.
    pub client_id: String,
    /// The client's entity id.
    pub client_entity: String,
    /// What was granted.
    pub scopes: Vec<String>,
    /// Who else access tokens made from it are for.
    pub audience: Vec<String>,
    /// The authorization server.
    pub issuer: String,
    /// When it was made, in seconds since 1970.
    pub issued: i64,
    /// When it ends, in seconds since 1970.
    pub expires: i64,
}

/// A page of the live tokens of a setup, by person.
pub fn list(
    domain: &Domain,
    caller: &Caller,
    setup: &str,
    filter: Filter<'_>,
    page: Page,
) -> Result<Listed<Token>, Failure> {
    let asker = Asker::of(caller)?;
    let server = known(domain, asker.tenant, setup)?;
    let read = domain.store.read()?;
    let Some(chosen) = choose(domain, &read, asker, setup, filter)? else { return Ok(Listed::none()) };
    page::of::<RefreshToken, _>(&read, &prefix(asker.tenant, setup, chosen.whose), page, |key, token| {
        let Some(grant) = key.last() else { return Ok(None) };
        let found = refresh::live(domain, &read, asker.tenant, (setup, &server.value), (grant, token))?;
        let found = found.filter(|live| chosen.client.as_ref().is_none_or(|id| live.grant.client_id == *id));
        Ok(found.map(|live| show(domain, asker.tenant, live)))
    })
}

/// One live token, by its name or by itself.
pub fn one(domain: &Domain, caller: &Caller, setup: &str, token: &str) -> Result<Token, Failure> {
    let asker = Asker::of(caller)?;
    let live = find(domain, asker, setup, token)?;
    Ok(show(domain, asker.tenant, live))
}

/// Deletes one live token with everything made from its grant.
pub async fn delete(domain: &Domain, caller: &Caller, setup: &str, token: &str) -> Result<(), Failure> {
    let asker = Asker::of(caller)?;
    let (tenant, live) = (asker.tenant.to_owned(), find(domain, asker, setup, token)?);
    domain
        .write(move |write| {
            // It may have been used meanwhile: what it was exchanged for goes with the grant.
            match grant::revoke(write, &tenant, &live.grant_id)? {
                true => Ok(()),
                false => Err(Failure::not_found(TOKEN, name(&live))),
            }
        })
        .await
}

/// Deletes the tokens of a user, of everybody (`*`), or of whoever calls when nobody is named.
pub async fn delete_of(domain: &Domain, caller: &Caller, setup: &str, user: Option<&str>) -> Result<(), Failure> {
    let asker = Asker::of(caller)?;
    known(domain, asker.tenant, setup)?;
    let whose = asker.may_delete(setup, user)?;
    let tenant = asker.tenant.to_owned();
    let prefix: Vec<String> = prefix(&tenant, setup, whose).into_iter().map(str::to_owned).collect();
    domain
        .write(move |write| {
            let prefix: Vec<&str> = prefix.iter().map(String::as_str).collect();
            for (mut key, _) in records::list_prefix::<RefreshToken>(&*write, &prefix)? {
                let Some(id) = key.pop() else { continue };
                // A client may be called like a person; what it has on its own behalf is not theirs.
                if records::get::<Grant>(&*write, &[&tenant, &id])?.is_some_and(|grant| grant.person().is_some()) {
                    grant::revoke(write, &tenant, &id)?;
                }
            }
            Ok(())
        })
        .await
}

/// The live token that somebody means, if it is their business. A failure must not say the token.
fn find(domain: &Domain, asker: Asker<'_>, setup: &str, token: &str) -> Result<Live, Failure> {
    let server = known(domain, asker.tenant, setup)?;
    let (id, of) = match refresh::find(domain, asker.tenant, setup, token)? {
        Some(found) if !found.is_used => (String::new(), Some((found.grant_id, found.good.number))),
        _ if handle::looks_like(Purpose::Refresh, token) => (String::new(), None),
        _ => (token.to_owned(), parts(token)),
    };
    let live = |(grant, number): (String, u64)| {
        let read = domain.store.read()?;
        refresh::live_of(domain, &read, asker.tenant, (setup, &server.value), (&grant, number))
    };
    match of.map(live).transpose()?.flatten() {
        Some(live) => {
            asker.must_know(&live.client.value, &live.grant.identity.subject)?;
            Ok(live)
        }
        None => Err(Failure::not_found(TOKEN, id)),
    }
}

/// What a token goes by here.
fn name(live: &Live) -> String {
    format!("{}{BETWEEN}{}", live.grant_id, live.token.number)
}

/// The grant and the number in such a name.
fn parts(name: &str) -> Option<(String, u64)> {
    let (grant, digits) = name.split_once(BETWEEN)?;
    let number: u64 = digits.parse().ok()?;
    // A number may be written in many ways, a name is one.
    (number.to_string() == digits).then(|| (grant.to_owned(), number))
}

fn show(domain: &Domain, tenant: &str, live: Live) -> Token {
    let id = name(&live);
    let Live { token, grant, client, .. } = live;
    let issuer = domain.issuer(tenant, &grant.server);
    // What was written before tokens kept when they were made is as old as its grant.
    let issued = if token.since == 0 { grant.since } else { token.since };
    Token {
        id,
        user: grant.identity.subject,
        client_entity: entity_id(tenant, &grant.client_id),
        client_id: grant.client_id,
        scopes: grant.scopes,
        audience: std::iter::once(issuer.clone()).chain(client.value.audience.iter().cloned()).collect(),
        issuer,
        issued,
        expires: token.ends,
    }
}
