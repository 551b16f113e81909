//! Tokens for a client on its own behalf (RFC 6749 §4.4).

use super::{Asked, Refused, Tokens, of_client};
use crate::domain::{
    client::AuthMethod,
    token::{self, Order},
};

/// Issues a token to a client on its own behalf. Without `scope` it gets all scopes of the client.
pub(super) async fn issue(asked: &Asked<'_>) -> Result<Tokens, Refused> {
    let Asked { domain, tenant, server, proven, sent, request_id: _ } = *asked;
    let client = &proven.client.value;
    // Whoever has proven nothing but its name acts for nobody.
    if client.auth_method == AuthMethod::None {
        return Err(Refused::Grant);
    }
    let scopes = of_client(domain, tenant, client, sent.scope)?;
    let order = Order { tenant, server, client: (&proven.id, client), grant: None, scopes: &scopes };
    let minted = token::mint(domain, &order).await?;
    if let Some(kept) = minted.kept {
        let tenant = tenant.to_owned();
        domain.write(move |write| kept.save(write, &tenant)).await?;
    }
    Ok(Tokens { access: minted.issued, refresh: None, id: None })
}
