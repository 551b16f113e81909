//! Which tokens or consents of a setup a list is to hold: what the caller asks for, within what the caller may see.
//!
//! Called by `tokens` and `consents`.

use std::sync::Arc;

use super::{
    SETUP,
    rights::{Asker, Whose},
};
use crate::{
    domain::{Domain, Failure, client::Client, server::Server},
    store::{Index, State, View, index, timeline},
};

/// What a list of tokens or consents is asked for. Everything given must fit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// The entity id of a client.
    pub client: Option<&'a str>,
    /// A person.
    pub user: Option<&'a str>,
}

/// What it is to hold.
pub(super) struct Chosen<'a> {
    /// Those of this client, by its id.
    pub(super) client: Option<String>,
    /// Whose.
    pub(super) whose: Whose<'a>,
}

/// What the caller may see of what is asked for. None when that is nothing, since there is no such client.
pub(super) fn choose<'a>(
    domain: &Domain,
    view: &impl View,
    asker: Asker<'a>,
    setup: &str,
    filter: Filter<'a>,
) -> Result<Option<Chosen<'a>>, Failure> {
    let Filter { client, user } = filter;
    let Some(entity) = client else {
        return Ok(Some(Chosen { client: None, whose: asker.may_list(setup, None, user)? }));
    };
    let found = of_entity(view, asker.tenant, setup, entity, domain.now())?;
    let whose = asker.may_list(setup, found.as_ref().map(|(_, client)| client), user)?;
    Ok(found.map(|(id, _)| Chosen { client: Some(id), whose }))
}

/// The client of a setup that has this entity id, with its OAuth id.
pub(super) fn of_entity(
    view: &impl View,
    tenant: &str,
    setup: &str,
    entity: &str,
    at: i64,
) -> Result<Option<(String, Client)>, Failure> {
    for id in index::ids(view, Index::ClientEntities, &[tenant, entity])? {
        let found = timeline::current::<Client>(view, tenant, &id, at)?;
        if let Some(found) = found.filter(|found| !found.deleted && found.value.server == setup) {
            return Ok(Some((id, found.value)));
        }
    }
    Ok(None)
}

/// The setup of this id as it is now.
pub(super) fn known(domain: &Domain, tenant: &str, id: &str) -> Result<Arc<State<Server>>, Failure> {
    let found = domain.store.current::<Server>(tenant, id, domain.now())?;
    found.ok_or_else(|| Failure::not_found(SETUP, id))
}

/// What the keys of their records start with.
pub(super) fn prefix<'k>(tenant: &'k str, setup: &'k str, whose: Whose<'k>) -> Vec<&'k str> {
    match whose {
        Whose::All => vec![tenant, setup],
        Whose::User(user) => vec![tenant, setup, user],
    }
}
