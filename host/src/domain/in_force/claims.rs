//! The claims of a server's configuration, mapped into tokens by claim-mapper components: one call a token.
//!
//! Called by `token` and by userinfo. A mapper that fails fails the whole token.

use serde_json::{Map, Value};

use super::{
    input::{self, Whose},
    known,
};
use crate::domain::{Domain, Failure, claim::ClaimToken, token::Order};

/// The claims that go into an access token besides its own.
pub async fn for_access_token(domain: &Domain, order: &Order<'_>) -> Result<Map<String, Value>, Failure> {
    map(domain, order, ClaimToken::AccessToken).await
}

/// The claims that go into an ID token, or into userinfo, besides their own. One that has no value is left out.
pub async fn for_id_token(domain: &Domain, order: &Order<'_>) -> Result<Map<String, Value>, Failure> {
    map(domain, order, ClaimToken::IdToken).await
}

/// The scopes that a request has to ask for as well, so that claims it asks for by name can be told (OpenID Connect Core
/// §5.5): so policies, consents and the person decide about them as about every other scope.
pub fn scopes_of(
    domain: &Domain,
    (tenant, server): (&str, &str),
    named: &[&str],
    (scopes, may_have): (&[String], &[String]),
) -> Result<Vec<String>, Failure> {
    Ok(known::rules(domain, tenant, server)?.claims.scopes_of(named, scopes, may_have))
}

async fn map(domain: &Domain, order: &Order<'_>, token: ClaimToken) -> Result<Map<String, Value>, Failure> {
    let rules = known::rules(domain, order.tenant, order.server.0)?;
    let wanted = rules.claims.wanted(token, order.scopes);
    if wanted.is_empty() {
        return Ok(Map::new());
    }
    let input = input::of_mapper(Whose::of_order(order));
    let asked = domain.components.map(&rules.claims.mapper, &input).await;
    rules.claims.members(&wanted, asked.answers).map_err(|fault| {
        let log = format!("no token of {}/{}, its claims cannot be made: {}", order.tenant, order.server.0, fault.why);
        if fault.passing { Failure::Unavailable { log } } else { Failure::Internal { log } }
    })
}
