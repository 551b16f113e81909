//! What a client of an organization has on its own behalf for longer than one token: a grant without a person, and refresh
//! tokens of it, which are as good once as all others.
//!
//! Called by `client_credentials` and `refresh`.

use super::{Asked, Refused, Tokens, opening, person, refresh, scopes, target::Target};
use crate::domain::{
    Failure,
    grant::{self, Grant},
    identity::Identity,
    in_force::machines::{self, Machine},
    organization,
    setup::effective::{self, Lifetimes},
    token::refresh::Found,
};

/// What the policies let the client have on its own behalf now of what is asked for.
pub(super) async fn allowed(asked: &Asked<'_>, target: Target) -> Result<Target, Refused> {
    let Asked { domain, tenant, server, proven, request_id, .. } = *asked;
    let (client, reach) = ((proven.id.as_str(), &proven.client.value), target.reach());
    let about = Machine { tenant, server, client, reach, request_id };
    match machines::client(domain, about, &target.scopes).await? {
        Some(outputs) => {
            let scopes = outputs.narrowed(target.scopes.clone());
            let scopes = machines::scopes(domain, about, scopes).await?;
            Ok(Target { scopes, claims: outputs.claims, ..target })
        }
        None => Err(Refused::Barred("a policy of the authorization server says no")),
    }
}

/// Opens a grant of the client itself and issues the first tokens of it. It lasts as long as refresh tokens may.
pub(super) async fn open(asked: &Asked<'_>, target: Target, application: Option<String>) -> Result<Tokens, Refused> {
    let Asked { domain, tenant, server: (server_id, server), proven, .. } = *asked;
    let since = domain.world.now_seconds();
    let Lifetimes { access_token, refresh_token, .. } = effective::lifetimes(server, &proven.client.value);
    let identity = Identity { subject: proven.id.clone(), auth_time: since, ..Identity::default() };
    let lasting = opening::lasting(asked, identity, &target, refresh_token.max(access_token));
    let grant = Grant { own: true, application, ..lasting };
    let id = grant::new_id(domain);
    let (tokens, keep) = person::make(asked, (&id, &grant), &target, None).await?;
    let (tenant, server_id) = (tenant.to_owned(), server_id.to_owned());
    let until = since.saturating_add(access_token);
    let opened = domain.write(move |write| {
        grant::make_room_for_own(write, &tenant, &grant, until)?;
        grant::open(write, &tenant, &id, &grant)?;
        keep.save(write, &tenant, &server_id)?;
        Ok::<_, Failure>(())
    });
    opened.await?;
    Ok(tokens)
}

/// Exchanges a refresh token of such a grant, unless the application it was given for bars it now.
pub(super) async fn refresh(asked: &Asked<'_>, found: Found) -> Result<Tokens, Refused> {
    let grant = &*found.grant;
    let Asked { domain, tenant, proven, sent, .. } = *asked;
    let named = sent.application.or(grant.application.as_deref());
    let application = organization::application(domain, tenant, &proven.client.value, named)?;
    if application.map_err(Refused::Invalid)? != grant.application {
        return Err(Refused::Invalid("the refresh token was given for another application"));
    }
    let scopes = scopes::narrowed(&grant.scopes, sent.scope)?;
    let target = Target::of_grant(asked, grant, &scopes::still(asked, &scopes)?)?;
    let target = allowed(asked, target).await?;
    refresh::give(asked, found, &target).await
}
