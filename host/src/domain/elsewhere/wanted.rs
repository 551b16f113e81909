//! What a client asks a person for who answers elsewhere: scopes, resources (RFC 8707) and authorization details (RFC 9396), as at
//! the authorization endpoint.
//!
//! Called by `device` and `backchannel` when a request begins. Knows neither of them.

use crate::domain::{
    Domain,
    client::Client,
    details::{self, Detail},
    grant::Grant,
    in_force::resources::{self, Aimed, Place, Unknown},
    issue::{self, Refused, id_token::OPENID},
    server::Server,
};

/// The members of a request that say what is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish<'a> {
    /// Space separated.
    pub scope: Option<&'a str>,
    /// The names of resources.
    pub resources: &'a [&'a str],
    /// Details, as JSON.
    pub details: Option<&'a str>,
}

/// What may be asked for of that.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The scopes.
    pub(super) scopes: Vec<String>,
    /// The resources.
    pub(super) resources: Vec<String>,
    /// The details.
    pub(super) details: Vec<Detail>,
}

impl Wanted {
    /// What a client of a server wishes, if it may have all of it.
    pub(super) fn of(
        domain: &Domain,
        tenant: &str,
        (id, server): (&str, &Server),
        client: &Client,
        wish: Wish<'_>,
    ) -> Result<Wanted, Refused> {
        let place = Place { domain, tenant, server: id };
        let scopes = scopes(domain, tenant, client, wish.scope)?;
        let aimed = resources::aimed(place, wish.resources.iter().copied(), scopes, true)?;
        let Aimed { resources, scopes } = aimed.map_err(|Unknown(name)| Refused::Target(name))?;
        let details = match wish.details {
            None => Vec::new(),
            Some(text) => accepted(details::Asked { place, server, client }, text)?,
        };
        Ok(Wanted { scopes, resources, details })
    }
}

fn accepted(asked: details::Asked<'_>, text: &str) -> Result<Vec<Detail>, Refused> {
    details::accepted(asked, text)?.map_err(|wrong| Refused::Details(wrong.0))
}

/// Without `scope` they are the client's own, but for those that make another kind of request of it, as at the authorization
/// endpoint.
fn scopes(domain: &Domain, tenant: &str, client: &Client, sent: Option<&str>) -> Result<Vec<String>, Refused> {
    let mut scopes = issue::of_client(domain, tenant, client, sent)?;
    scopes.retain(|scope| sent.is_some() || ![OPENID, Grant::OFFLINE].contains(&scope.as_str()));
    Ok(scopes)
}
