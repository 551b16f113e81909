//! Tokens for a client on its own behalf (RFC 6749 §4.4).

use super::{Asked, Refused, Tokens, of_client, own, refresh, target::Target};
use crate::domain::{
    client::AuthMethod,
    organization,
    token::{self, Order},
};

/// Issues a token to a client on its own behalf. Without `scope` it gets all scopes of the client. It gets no refresh token
/// (RFC 6749 §4.4.3) unless that is asked for where it is usual, see `own`.
pub(super) async fn issue(asked: &Asked<'_>) -> Result<Tokens, Refused> {
    let Asked { domain, tenant, server, proven, sent, lasting, .. } = *asked;
    let client = &proven.client.value;
    // Whoever has proven nothing but its name acts for nobody.
    if client.auth_method == AuthMethod::None {
        return Err(Refused::Grant);
    }
    let application = organization::application(domain, tenant, client, sent.application)?.map_err(Refused::Barred)?;
    let target = Target::of_client(asked, of_client(domain, tenant, client, sent.scope)?)?;
    let target = own::allowed(asked, target).await?;
    if lasting && client.organization.is_some() && refresh::are_given(server.1, client) {
        return own::open(asked, target, application).await;
    }
    let order = Order { application: application.as_deref(), ..target.order(asked, None) };
    let minted = token::mint(domain, &order).await?;
    if let Some(kept) = minted.kept {
        let tenant = tenant.to_owned();
        domain.write(move |write| kept.save(write, &tenant)).await?;
    }
    Ok(Tokens { kind: None, access: minted.issued, refresh: None, id: None })
}
