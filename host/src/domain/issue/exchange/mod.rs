//! Token exchange (RFC 8693): a client shows a token of this server and gets another one, for fewer scopes, for somebody else, or
//! in somebody's name.
//!
//! ```text
//! subject   the token that is exchanged     actor   who acts, and whether they may     audience   whom the new one is for
//! ```
//!
//! Who may exchange which token is said by the server's exchange policy. Without one a client exchanges what was issued to it, or
//! what it is named in as audience. The new token never says more than the old one: its scopes are some of its scopes, it ends with
//! it and with what it was made from, and whoever acted before stands in it. There is no refresh token.

mod actor;
mod audience;
mod subject;

use super::{
    Asked, Refused, Tokens, own, person, scopes,
    target::{self, Target},
};
use crate::domain::{
    Failure,
    client::{self, AuthMethod},
    in_force::{
        machines::{self, Exchange, Machine},
        scope_policies,
    },
    setup::effective::Flow,
    token::{self, Actor, Exchanged, Form, Order},
};
use subject::Subject;

/// An access token of this server (RFC 8693 §3).
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// An ID token of this server.
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
/// A JWT of this server: an access token that is signed.
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
/// Nobody is here who could be asked: what was granted on its way to the browser was agreed to.
const WAYS: &[Flow] = &[Flow::AuthorizationCode, Flow::Implicit];

/// Exchanges a token. Whoever has proven nothing but its name exchanges none: it could not be told from whoever has found one.
pub(super) async fn issue(asked: &Asked<'_>) -> Result<Tokens, Refused> {
    if asked.proven.client.value.auth_method == AuthMethod::None {
        return Err(Refused::Grant);
    }
    let kind = requested(asked)?;
    let subject = subject::shown(asked)?;
    if asked.proven.client.value.organization.is_some() && subject.person().is_none() {
        // What such a token may do hangs on the application that it was asked for.
        return Err(Refused::Barred("a client of an organization asks for tokens of its own"));
    }
    let act = actor::shown(asked, &subject)?;
    keep_bound(asked, &subject)?;
    let target = target(asked, &subject)?;
    let exchanged = Exchanged {
        machine: subject.machine.clone(),
        ends: subject.ends,
        act: act.clone().or_else(|| subject.act.clone()),
        may_act: subject.may_act.clone(),
        from: subject.from.clone(),
    };
    let wanted = Wanted { subject: &subject, actor: act.as_ref(), exchanged: &exchanged };
    decide(asked, wanted, &target).await?;
    let target = allowed(asked, &subject, target).await?;
    make(asked, wanted, &target, kind).await
}

/// What the new token is to be good for: a part of what the old one was, for whom it is asked for. One that is not for this server
/// does not become one that is: whoever was shown it there could otherwise come here with it (RFC 8707 §2).
fn target(asked: &Asked<'_>, subject: &Subject) -> Result<Target, Refused> {
    let scopes = scopes::narrowed(&scopes::still(asked, &subject.scopes)?, asked.sent.scope)?;
    let limit = limit(asked, subject)?;
    let mut target = Target::of_exchange(asked, scopes, (&subject.details, &limit), subject.person().is_some())?;
    target.audience.extend(audience::named(asked, &target.scopes)?);
    if target.audience.is_empty() {
        target.audience = limit;
        return Ok(target);
    }
    let outside = |name: &&String| !limit.contains(name) && **name != asked.proven.id;
    // A policy sees whom it is for, and decides.
    let leaves = asked.server.1.security.exchange_policy.is_none() && !limit.is_empty();
    match target.audience.iter().find(outside).filter(|_| leaves) {
        Some(name) => Err(Refused::Target(name.clone())),
        None => Ok(target),
    }
}

/// Whom the new token may be for where nobody decides: whom the old one was for, of what was granted. None when that was this
/// server and all that it guards.
fn limit(asked: &Asked<'_>, subject: &Subject) -> Result<Vec<String>, Refused> {
    let issuer = asked.domain.issuer(asked.tenant, asked.server.0);
    let granted = match &subject.grant {
        Some((_, grant)) => target::granted(asked, grant)?,
        None => Vec::new(),
    };
    if subject.is_id_token || is_general(asked, subject, &issuer)? {
        return Ok(granted);
    }
    // The issuer may stand there for userinfo only.
    let is_meant = |name: &&String| **name != issuer || granted.contains(name);
    Ok(subject.audience.iter().filter(is_meant).cloned().collect())
}

/// Whether the old token was for nobody in particular.
fn is_general(asked: &Asked<'_>, subject: &Subject, issuer: &str) -> Result<bool, Failure> {
    let client = client::current(asked.domain, asked.tenant, &subject.client_id)?;
    Ok(token::is_general(subject.audience.iter().map(String::as_str), issuer, &client.value.audience))
}

/// What is exchanged for what.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    subject: &'a Subject,
    /// Who acts from now on, where an actor was named.
    actor: Option<&'a Actor>,
    exchanged: &'a Exchanged,
}

/// What kind of token is asked for: an access token, which may be asked for as a JWT where it is one.
fn requested(asked: &Asked<'_>) -> Result<&'static str, Failure> {
    const MEMBER: &str = "form.requested_token_type";
    let form = asked.proven.client.value.token_form.unwrap_or(asked.server.1.token_form);
    match asked.sent.requested_token_type {
        None | Some(ACCESS_TOKEN) => Ok(ACCESS_TOKEN),
        Some(JWT) if form == Form::Jwt => Ok(JWT),
        Some(JWT) => Err(Failure::malformed(MEMBER, "the access tokens of this client are no JWTs")),
        Some(_) => Err(Failure::malformed(MEMBER, "only access tokens can be asked for")),
    }
}

/// A token that is bound to a key is exchanged for one that is bound to a key as well: its client's own for one that is bound to the
/// same, anybody else's for one that is bound to a key of whoever asks (RFC 9449 §5, RFC 8705 §3). Otherwise whoever has found it
/// could make it good without the key.
fn keep_bound(asked: &Asked<'_>, subject: &Subject) -> Result<(), Failure> {
    const MEMBER: &str = "form.subject_token";
    let Some(bound) = &subject.confirmation else { return Ok(()) };
    let Some(proven) = asked.confirmation.filter(|proven| proven.is_some()) else {
        return Err(Failure::malformed(
            MEMBER,
            "is bound to a key: prove the one that the new token is to be bound to",
        ));
    };
    match subject.client_id == asked.proven.id && !actor::holds(bound, proven) {
        true => Err(Failure::malformed(MEMBER, "is bound to another key of the client")),
        false => Ok(()),
    }
}

/// Whether the token may be exchanged: as the policy says, or where there is none, by whom it was issued to or is for.
async fn decide(asked: &Asked<'_>, wanted: Wanted<'_>, target: &Target) -> Result<(), Refused> {
    let Asked { domain, tenant, server, proven, request_id, .. } = *asked;
    let Wanted { subject, actor, exchanged: _ } = wanted;
    let (client, reach) = ((proven.id.as_str(), &proven.client.value), target.reach());
    let about = Machine { tenant, server, client, reach, request_id };
    let exchange = Exchange {
        identity: subject.person(),
        subject: &subject.sub,
        issued_to: &subject.client_id,
        for_whom: &subject.audience,
        had: &subject.scopes,
        acted: subject.act.as_ref(),
        actor,
        scopes: &target.scopes,
        audience: &target.audience,
    };
    let theirs = subject.client_id == proven.id || subject.audience.contains(&proven.id);
    match machines::exchange(domain, about, exchange).await? {
        Some(true) => Ok(()),
        Some(false) => Err(Refused::Barred("a policy of the authorization server says no")),
        None if theirs => Ok(()),
        None => Err(Refused::Barred("the token was neither issued to this client nor is it for it")),
    }
}

/// Those of the scopes that the policies let whom the token is about have by this client.
async fn allowed(asked: &Asked<'_>, subject: &Subject, target: Target) -> Result<Target, Refused> {
    let Some(identity) = subject.person() else { return own::allowed(asked, target).await };
    person::known(asked, identity)?;
    let scopes = scope_policies::without_refused(asked.domain, asked.tenant, asked.server, &target.scopes, WAYS)?;
    let target = person::allowed(asked, identity, Target { scopes, ..target }).await?;
    person::consented(asked, identity, &target).await?;
    Ok(target)
}

/// Makes the token. It is made from what the old one was made from, and goes with it.
async fn make(asked: &Asked<'_>, wanted: Wanted<'_>, target: &Target, kind: &'static str) -> Result<Tokens, Refused> {
    let Asked { domain, tenant, .. } = *asked;
    let grant = wanted.subject.grant.as_ref().map(|(id, grant)| (id.as_str(), &**grant));
    let order = Order { application: None, exchanged: Some(wanted.exchanged), ..target.order(asked, grant) };
    let minted = token::mint(domain, &order).await?;
    if let Some(kept) = minted.kept {
        let tenant = tenant.to_owned();
        domain.write(move |write| kept.save(write, &tenant)).await?;
    }
    Ok(Tokens { kind: Some(kind), access: minted.issued, refresh: None, id: None })
}
