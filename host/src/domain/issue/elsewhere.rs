//! Tokens for what a person has answered elsewhere: for a device (RFC 8628 §3.4), or for a client that has asked for them
//! (CIBA §10.1).
//!
//! The client asks again and again. While there is no answer it must keep to its interval; the tokens are given once, to the first
//! of any number that ask at the same time. Nothing is revoked when it is asked for once more: unlike an authorization code this
//! one never was in a browser, and a device whose network is bad repeats itself.

use super::{
    Asked, Refused, Tokens, opening, person, required, scopes,
    target::{self, Target},
};
use crate::{
    domain::{
        Failure,
        access::Which,
        elsewhere::{self, Asks, Said, backchannel::BackchannelRequest, device::DeviceRequest},
        grant,
        handle::{self, Purpose},
        identity::Identity,
        in_force::{resources, scope_policies},
        setup::effective::Flow,
    },
    store::{Write, records},
};

/// Why a code is refused that is not good.
const UNKNOWN: Refused = Refused::Invalid("the code is unknown, was used before, or is another client's");
/// Setups have no word of their own for these ways. What is allowed now and turned into tokens later is a code.
pub(super) const WAYS: &[Flow] = &[Flow::AuthorizationCode];

/// Tokens for a device.
pub(super) async fn device(asked: &Asked<'_>) -> Result<Tokens, Refused> {
    let shown = required("device_code", asked.sent.device_code)?;
    issue::<DeviceRequest>(asked, Purpose::Device, shown).await
}

/// Tokens for a client that has asked a person.
pub(super) async fn backchannel(asked: &Asked<'_>) -> Result<Tokens, Refused> {
    let shown = required("auth_req_id", asked.sent.auth_req_id)?;
    issue::<BackchannelRequest>(asked, Purpose::Backchannel, shown).await
}

async fn issue<T: Asks>(asked: &Asked<'_>, purpose: Purpose, shown: &str) -> Result<Tokens, Refused> {
    let Asked { domain, tenant, server: (server_id, server), proven, .. } = *asked;
    if !handle::looks_like(purpose, shown) {
        return Err(UNKNOWN);
    }
    let name = handle::name(domain, purpose, tenant, server_id, shown);
    let read = domain.store.read().map_err(Failure::from)?;
    let found = records::get::<T>(&read, &[tenant, server_id, &name]).map_err(Failure::from)?;
    let theirs = |request: &T| request.waiting().is_of(server, (&proven.id, &proven.client.value));
    let request = found.filter(theirs).ok_or(UNKNOWN)?;
    if request.waiting().ends <= domain.world.now_seconds() {
        return Err(Refused::Ended);
    }
    match &request.waiting().said {
        Said::No => Err(Refused::SaidNo),
        Said::Nothing => match domain.polls.allows(&name, server.security.poll_seconds, domain.world.now()) {
            true => Err(Refused::Pending),
            false => Err(Refused::TooSoon),
        },
        Said::Yes { identity, scopes, claims } => {
            let (scopes, claims) = (scopes.clone(), claims.clone());
            let elsewhere::Waiting { resources, details, .. } = request.waiting().clone();
            let granted = Target { audience: resources, scopes, details, claims };
            redeem(asked, name, &request, (identity, granted)).await
        }
    }
}

/// Gives tokens for a yes. What may have changed since the person has said it is looked at again.
async fn redeem<T: Asks>(
    asked: &Asked<'_>,
    name: String,
    request: &T,
    (identity, granted): (&Identity, Target),
) -> Result<Tokens, Refused> {
    let Asked { domain, tenant, .. } = *asked;
    person::known(asked, identity)?;
    let scopes = scopes::still(asked, &granted.scopes)?;
    let scopes = scope_policies::without_refused(domain, tenant, asked.server, &scopes, WAYS)?;
    // Outside of any session: a device goes on when the person closes the browser in which they have let it in.
    let (id, grant) = (grant::new_id(domain), opening::grant(asked, identity.clone(), &Target { scopes, ..granted }));
    let target = Target::of_grant(asked, &grant, &grant.scopes)?;
    let agreed = resources::agreed(target::place(asked), &grant.resources, &grant.details)?;
    person::consented(asked, identity, &target).await?;
    let (tokens, keep) = person::make(asked, (&id, &grant), &target, None).await?;
    let which = Which::of(asked.server.1, &asked.proven.client.value);
    let (world, tenant, server) = (domain.world.clone(), tenant.to_owned(), asked.server.0.to_owned());
    let seen = request.waiting().clone();
    let spent = move |write: &mut Write<'_>| -> Result<bool, Failure> {
        let key = [tenant.as_str(), server.as_str(), name.as_str()];
        let found = records::get::<T>(&*write, &key)?;
        let Some(request) = found.filter(|found| *found.waiting() == seen && seen.ends > world.now_seconds()) else {
            return Ok(false);
        };
        elsewhere::forget(write, &key, &request)?;
        opening::open(write, &tenant, (&id, &grant), (which, &agreed), &keep)?;
        Ok(true)
    };
    match domain.write(spent).await? {
        true => Ok(tokens),
        false => Err(UNKNOWN),
    }
}
