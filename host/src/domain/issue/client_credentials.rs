//! Tokens for a client on its own behalf (RFC 6749 §4.4).

use super::{Refused, Tokens, of_client};
use crate::domain::{
    Domain,
    proof::Proven,
    server::Server,
    token::{self, CLIENT_CREDENTIALS, Order},
};

/// Issues a token to a client on its own behalf. Without `scope` it gets all scopes of the client (DESIGN §8).
pub async fn issue(
    domain: &Domain,
    tenant: &str,
    (server_id, server): (&str, &Server),
    proven: &Proven,
    scope: Option<&str>,
) -> Result<Tokens, Refused> {
    let client = &proven.client.value;
    let grant = |grants: &[String]| grants.iter().any(|grant| grant == CLIENT_CREDENTIALS);
    if !grant(&client.grant_types) || !grant(&server.grant_types) {
        return Err(Refused::Grant);
    }
    let scopes = of_client(domain, tenant, client, scope)?;
    let order =
        Order { tenant, server: (server_id, server), client: (&proven.id, client), grant: None, scopes: &scopes };
    let minted = token::mint(domain, &order).await?;
    if let Some(kept) = minted.kept {
        let tenant = tenant.to_owned();
        domain.write(move |write| kept.save(write, &tenant)).await?;
    }
    Ok(Tokens { access: minted.issued, refresh: None, id: None })
}
