//! The live tokens of a setup: the refresh tokens that people's clients have and may use now.
//!
//! Called by the handlers of the dialect `setups`. Only keyed hashes of tokens are kept, so a token goes by the name of its
//! record; whoever has the token itself may show that instead. Deleting one revokes its grant with everything made from it, as
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
            latest::{self, Latest, Live},
        },
    },
    store::records,
};

/// What a failure calls one.
pub const TOKEN: &str = "token";

/// A refresh token that is good now.
#[derive(Debug, PartialEq, Eq)]
pub struct Token {
    /// The name of its record, which is no secret.
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
    page::of::<Latest, _>(&read, &prefix(asker.tenant, setup, chosen.whose), page, |_, latest| {
        let found = latest::live(domain, &read, asker.tenant, (setup, &server.value), &latest.token)?;
        let found = found.filter(|live| chosen.client.as_ref().is_none_or(|id| live.grant.client_id == *id));
        Ok(found.map(|live| show(domain, asker.tenant, latest.token, live)))
    })
}

/// One live token, by its name or by itself.
pub fn one(domain: &Domain, caller: &Caller, setup: &str, token: &str) -> Result<Token, Failure> {
    let asker = Asker::of(caller)?;
    let (name, live) = find(domain, asker, setup, token)?;
    Ok(show(domain, asker.tenant, name, live))
}

/// Deletes one live token with everything made from its grant.
pub async fn delete(domain: &Domain, caller: &Caller, setup: &str, token: &str) -> Result<(), Failure> {
    let asker = Asker::of(caller)?;
    let (name, _) = find(domain, asker, setup, token)?;
    let (tenant, setup) = (asker.tenant.to_owned(), setup.to_owned());
    domain
        .write(move |write| {
            // It may have been used meanwhile: what it was exchanged for goes with the grant.
            let found = records::get::<RefreshToken>(&*write, &[&tenant, &setup, &name])?;
            match found.map(|token| grant::revoke(write, &tenant, &token.grant)).transpose()? {
                Some(true) => Ok(()),
                Some(false) | None => Err(Failure::not_found(TOKEN, &name)),
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
            for (mut key, _) in records::list_prefix::<Latest>(&*write, &prefix)? {
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

/// The live token that somebody means, if it is their business, and the name of its record. A failure must not say the token.
fn find(domain: &Domain, asker: Asker<'_>, setup: &str, token: &str) -> Result<(String, Live), Failure> {
    let server = known(domain, asker.tenant, setup)?;
    let name = match handle::looks_like(Purpose::Refresh, token) {
        true => handle::name(domain, Purpose::Refresh, asker.tenant, setup, token),
        false => token.to_owned(),
    };
    match latest::live(domain, &domain.store.read()?, asker.tenant, (setup, &server.value), &name)? {
        Some(live) => {
            asker.must_know(&live.client.value, &live.grant.identity.subject)?;
            Ok((name, live))
        }
        None => Err(Failure::not_found(TOKEN, name)),
    }
}

fn show(domain: &Domain, tenant: &str, name: String, live: Live) -> Token {
    let Live { token, grant, client } = live;
    let issuer = domain.issuer(tenant, &grant.server);
    // What was written before tokens kept when they were made is as old as its grant.
    let issued = if token.since == 0 { grant.since } else { token.since };
    Token {
        id: name,
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
