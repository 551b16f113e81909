//! Tokens for an assertion (RFC 7523 §2.1): an issuer that the server trusts says who somebody is, and a client gets a token for
//! them. Nobody can be asked anything here, so what would have to be asked is refused; there is no session and no refresh token.

use serde_json::{Map, Value};

use super::{Asked, Refused, Tokens, of_client, opening, person, required, scopes, target::Target};
use crate::{
    crypto::jws,
    domain::{
        Failure,
        client::{ASYMMETRIC, AuthMethod},
        consent_grant::Subject,
        grant::{self, Grant},
        identity::Identity,
        in_force::scope_policies,
        profile::{self, Switch},
        proof::{
            Rules, TOKEN_ENDPOINT,
            once::{Used, seconds},
        },
        remote_keys,
        second_factor::{self, Whose},
        server::trusted::TrustedIssuer,
        setup::effective::{self, Flow},
        token, upstream,
    },
    store::Write,
};

/// Setups have no word of their own for this way: what is not to be had by a code or without one is not to be had by it.
const WAYS: &[Flow] = &[Flow::AuthorizationCode, Flow::Implicit];
/// What an assertion may say to be: nothing, or a JWT. An issuer's key signs other things as well.
const TYPE: &str = "jwt";
/// What is about tokens rather than about who somebody is, besides what every token has: none of it is an attribute.
const OURS: [&str; 7] = ["sub", "acr", "amr", "idp", "scope", "client_id", "cnf"];

/// Issues a token to a client for the person of an assertion.
pub(super) async fn issue(asked: &Asked<'_>) -> Result<Tokens, Refused> {
    let Asked { domain, tenant, server, proven, sent, .. } = *asked;
    let client = &proven.client.value;
    if client.auth_method == AuthMethod::None {
        return Err(Refused::Grant);
    }
    let shown = required("assertion", sent.assertion)?;
    let (issuer, claims) = verified(asked, shown).await?;
    let identity = identity(asked, issuer, &claims)?;
    let whose = Whose { tenant, server, subject: &identity.subject };
    if second_factor::is_enrolled(domain, whose)? {
        return Err(Refused::Invalid("a second factor is needed: the person has to log in in a browser"));
    }
    let mut all = of_client(domain, tenant, client, None)?;
    all.retain(|scope| issuer.scopes.contains(scope));
    let scopes = scopes::narrowed(&all, sent.scope)?;
    let scopes = scope_policies::without_refused(domain, tenant, server, &scopes, WAYS)?;
    let target = person::allowed(asked, &identity, Target::of_assertion(asked, scopes, &issuer.resources)?).await?;
    person::consented(asked, &identity, &target).await?;
    let ends = seconds(&claims, "exp").ok().flatten().unwrap_or_default();
    let name = claims.get("jti").and_then(Value::as_str).unwrap_or_default();
    let used = Used::of(tenant, &format!("{}/{}", server.0, issuer.issuer), name, ends);
    open(asked, new_grant(asked, identity, &target, ends), &target, used).await
}

/// The issuer of an assertion and what it says, if it is one that the server trusts and has signed it with a key of its own. The
/// client is told what is wrong with it: it has it from somebody else.
async fn verified<'a>(asked: &Asked<'a>, assertion: &str) -> Result<(&'a TrustedIssuer, Map<String, Value>), Refused> {
    let Asked { domain, tenant, server: (id, server), .. } = *asked;
    let header = jws::decode_header(assertion).map_err(|_| Refused::Invalid("the assertion is no signed JWT"))?;
    if !header.typ.as_ref().is_none_or(|typ| typ.eq_ignore_ascii_case(TYPE)) {
        return Err(Refused::Invalid("the assertion is a JWT for something else"));
    }
    let claimed = jws::peek_claims(assertion).unwrap_or_default();
    let name = claimed.get("iss").and_then(Value::as_str).unwrap_or_default();
    let issuer = server.security.trusted_issuers.iter().find(|known| known.issuer == name);
    let issuer = issuer.ok_or(Refused::Invalid("the issuer of the assertion is not trusted"))?;
    let keys = match ASYMMETRIC.contains(&header.alg.as_str()) && profile::may_sign(server, &header.alg) {
        true => remote_keys::of_client(domain, &issuer.keys, &header).await,
        false => Vec::new(),
    };
    let claims = keys.iter().find_map(|key| jws::verify(assertion, key).ok());
    let claims = claims.ok_or(Refused::Invalid("the assertion is not signed by its issuer"))?;
    let ours = domain.issuer(tenant, id);
    let rules = Rules {
        by: &issuer.issuer,
        about: None,
        issuer: &ours,
        endpoints: &[TOKEN_ENDPOINT],
        alias: issuer.audience.as_deref(),
        strict: profile::requires(server, Switch::StrictAudience) && issuer.audience.is_none(),
        now: domain.world.now_seconds(),
    };
    match rules.broken(&claims) {
        Some(reason) => Err(Refused::Invalid(reason)),
        None => Ok((issuer, claims)),
    }
}

/// Who the person of an assertion is here.
fn identity(asked: &Asked<'_>, issuer: &TrustedIssuer, claims: &Map<String, Value>) -> Result<Identity, Refused> {
    let name = claims.get("sub").and_then(Value::as_str).filter(|name| !name.is_empty());
    let subject = name.map(|name| issuer.subject(name)).unwrap_or_default();
    if Subject::new("sub", &subject).is_err() {
        return Err(Refused::Invalid("the assertion names nobody who can have a name here"));
    }
    let now = asked.domain.world.now_seconds();
    let said = ["auth_time", "iat"].into_iter().find_map(|name| claims.get(name).and_then(Value::as_i64));
    let mut known = claims.clone();
    known.retain(|name, _| !upstream::MECHANICS.contains(&name.as_str()) && !OURS.contains(&name.as_str()));
    Ok(Identity {
        subject,
        method: issuer.issuer.clone(),
        auth_time: said.unwrap_or(now).clamp(0, now),
        acr: upstream::word(claims.get("acr")),
        amr: upstream::amr(claims.get("amr")),
        context: Value::Object(known).to_string(),
        proof: None,
    })
}

/// What the person has by it: no longer than the access token, which ends with the assertion (RFC 7521 §4.1).
fn new_grant(asked: &Asked<'_>, identity: Identity, target: &Target, ends: i64) -> Grant {
    let lasts = effective::lifetimes(asked.server.1, &asked.proven.client.value).access_token;
    let grant = opening::lasting(asked, identity, target, lasts);
    Grant { ends: grant.ends.min(ends), ..grant }
}

/// Makes the token, and keeps its grant with it unless the assertion was used meanwhile. Of many at the same time one is the first.
async fn open(asked: &Asked<'_>, grant: Grant, target: &Target, used: Used) -> Result<Tokens, Refused> {
    let Asked { domain, tenant, .. } = *asked;
    let id = grant::new_id(domain);
    let minted = token::mint(domain, &target.order(asked, Some((&id, &grant)))).await?;
    let (tenant, now, kept) = (tenant.to_owned(), domain.world.now_seconds(), minted.kept);
    let work = move |write: &mut Write<'_>| -> Result<bool, Failure> {
        if !used.note(write, now)? {
            return Ok(false);
        }
        grant::open(write, &tenant, &id, &grant)?;
        kept.iter().try_for_each(|kept| kept.save(write, &tenant))?;
        Ok(true)
    };
    match domain.write(work).await? {
        true => Ok(Tokens { kind: None, access: minted.issued, refresh: None, id: None }),
        false => Err(Refused::Invalid("the assertion was used before")),
    }
}
