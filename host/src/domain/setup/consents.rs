//! The consents of a setup: what people let its clients have, remembered, so that they are not asked again.
//!
//! Called by the handlers of the dialect `setups`. They are written and taken back by `access`.

use super::{
    chosen::{Filter, choose, known, prefix},
    client::entity_id,
    page::{self, Listed, Page},
    rights::Asker,
};
use crate::domain::{
    Caller, Domain, Failure,
    access::{Access, Which},
    client,
};

/// What a person lets a client have.
#[derive(Debug, PartialEq, Eq)]
pub struct Consent {
    /// The person.
    pub user: String,
    /// The client.
    pub client_id: String,
    /// The client's entity id.
    pub client_entity: String,
    /// The scopes.
    pub scopes: Vec<String>,
    /// When it was given last, in seconds since 1970.
    pub issued: i64,
    /// When the person will be asked again, in seconds since 1970; never when none.
    pub expires: Option<i64>,
}

/// A page of the consents of a setup, by person and client.
pub fn list(
    domain: &Domain,
    caller: &Caller,
    setup: &str,
    filter: Filter<'_>,
    page: Page,
) -> Result<Listed<Consent>, Failure> {
    let asker = Asker::of(caller)?;
    let server = known(domain, asker.tenant, setup)?;
    let read = domain.store.read()?;
    let Some(chosen) = choose(domain, &read, asker, setup, filter)? else { return Ok(Listed::none()) };
    page::of::<Access, _>(&read, &prefix(asker.tenant, setup, chosen.whose), page, |key, access| {
        let [_, _, user, client_id] = key else { return Ok(None) };
        if chosen.client.as_ref().is_some_and(|wanted| wanted != client_id) {
            return Ok(None);
        }
        let client = match client::current(domain, asker.tenant, client_id) {
            Err(Failure::NotFound { .. }) => return Ok(None),
            found => found?,
        };
        let which = Which::of(&server.value, &client.value);
        let counts = which.counts(&access, domain.world.now_seconds());
        Ok(counts.then(|| Consent {
            user: user.clone(),
            client_id: client_id.clone(),
            client_entity: entity_id(asker.tenant, client_id),
            expires: which.ends(&access),
            scopes: access.scopes,
            issued: access.since,
        }))
    })
}
