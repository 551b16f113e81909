//! What a person's authentication device answers (CIBA §3): yes, with how they have proven who they are, or no.
//!
//! Called by the operations for devices. The device is believed, as a login page of a tenant's own is (`custom_login`): it has shown
//! a token of the tenant's own, and the `request_state` that only the device of this request was given. All else is as on the
//! person's own page: policies are asked, and required consents have to be given. Of two answers the first one counts.

use super::{Elsewhere, Open, Said, answer, gone, person, ping, summons};
use crate::domain::{
    Domain, Failure, Problem,
    authorize::{Vouching, vouched_elsewhere},
    custom_login::{self, Vouched},
    identity::Identity,
    issue::id_token::OPENID,
    server::{self, Server},
};

/// What a device says of a person who has said yes.
#[derive(Clone, Debug, Default)]
pub struct Yes {
    /// The scopes that the client may have; none for all that it asks for.
    pub granted: Option<Vec<String>>,
    /// When the person has proven who they are, in seconds since 1970. None is now.
    pub auth_time: Option<i64>,
    /// The authentication context class.
    pub acr: Option<String>,
    /// The methods used (RFC 8176).
    pub amr: Vec<String>,
}

/// What becomes of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The client gets tokens.
    Approved,
    /// It gets none, for this reason.
    Denied(String),
}

/// Takes a device's word that its person has said yes.
pub async fn accept(
    domain: &Domain,
    (tenant, server_id): (&str, &str),
    request: &str,
    state: &str,
    (yes, request_id): (Yes, &str),
) -> Result<Outcome, Failure> {
    let server = server::current(domain, tenant, server_id)?;
    let server = (server_id, &server.value);
    let open = own(domain, tenant, server, request, state)?;
    let Yes { granted, auth_time, acr, amr } = yes;
    let asked = &open.waiting.scopes;
    let mut granted = granted.unwrap_or_else(|| asked.clone());
    let subject = open.waiting.subject.clone().unwrap_or_default();
    let vouched = Vouched { subject, auth_time, acr, amr, ..Vouched::default() };
    let unasked = granted.iter().enumerate().filter(|(_, scope)| !asked.contains(scope));
    let mut problems = custom_login::problems(domain, &vouched);
    problems.extend(unasked.map(|(at, _)| Problem::new(format!("/granted_scopes/{at}"), "was not asked for")));
    Failure::unless_fine(problems)?;
    let identity = identity(domain, tenant, server, vouched)?;
    // Whoever says yes at all says who they are.
    if !granted.iter().any(|scope| scope == OPENID) {
        granted.push(OPENID.to_owned());
    }
    let which = Elsewhere::Backchannel(request.to_owned());
    let vouching = Vouching { which: &which, open: &open, identity, granted, request_id };
    let (said, outcome) = match vouched_elsewhere(domain, tenant, server, vouching).await? {
        Ok(said) => (said, Outcome::Approved),
        Err(reason) => (Said::No, Outcome::Denied(reason)),
    };
    write_down(domain, (tenant, server_id), which, said).await?;
    Ok(outcome)
}

/// Takes a device's word that its person has said no.
pub async fn reject(
    domain: &Domain,
    (tenant, server_id): (&str, &str),
    request: &str,
    state: &str,
) -> Result<Outcome, Failure> {
    let server = server::current(domain, tenant, server_id)?;
    own(domain, tenant, (server_id, &server.value), request, state)?;
    write_down(domain, (tenant, server_id), Elsewhere::Backchannel(request.to_owned()), Said::No).await?;
    Ok(Outcome::Denied("the person said no".to_owned()))
}

/// The request, for the device that was told of it, as long as somebody may answer.
fn own(domain: &Domain, tenant: &str, server: (&str, &Server), request: &str, state: &str) -> Result<Open, Failure> {
    let (open, summons) = summons::find(domain, tenant, server, request)?;
    // No device is told any more.
    if server.1.security.authentication_device_endpoint.is_none() {
        return Err(gone());
    }
    match summons.is_of(domain, (tenant, server.0), state) {
        true => Ok(open),
        false => Err(Failure::Forbidden { needs: "the `request_state` that the device was given for it".to_owned() }),
    }
}

/// Who it is: what the server knows of the person, and what the device says of how they have proven it.
fn identity(domain: &Domain, tenant: &str, server: (&str, &Server), vouched: Vouched) -> Result<Identity, Failure> {
    let Vouched { subject, auth_time, acr, amr, context: _ } = vouched;
    let unknown = || {
        let reason = "the server knows the person no more: they have to log in once".to_owned();
        Failure::Conflict { noun: "request", reason }
    };
    let known = person::identity(domain, tenant, server, &subject)?.ok_or_else(unknown)?;
    let now = domain.world.now_seconds();
    Ok(Identity { auth_time: auth_time.unwrap_or(now).min(now), acr, amr, ..known })
}

async fn write_down(
    domain: &Domain,
    (tenant, server): (&str, &str),
    which: Elsewhere,
    said: Said,
) -> Result<(), Failure> {
    let now = domain.world.now_seconds();
    let (place, told) = ((tenant.to_owned(), server.to_owned()), which.clone());
    domain.write(move |write| answer(write, (&place.0, &place.1), &which, &said, now)).await?;
    ping::tell(domain, tenant, server, &told);
    Ok(())
}
