//! Refresh tokens (RFC 6749 §6): each is good once, and is exchanged for the next one.
//!
//! Made by every grant that a person's consent is behind, and by those of clients of an organization (`own`). A token that was
//! used is known as long as its grant lasts: its second use is a theft, see `once`.

use super::{
    Asked, Refused, Tokens,
    once::{REFRESH, Spent},
    own,
    person::{self, Keep},
    required, scopes,
    target::Target,
};
use crate::{
    crypto::Secret,
    domain::{
        Confirmation, Failure,
        client::{AuthMethod, Client},
        grant::{self, Grant},
        in_force::scope_policies,
        profile::{self, Switch},
        server::Server,
        setup::effective::Flow,
        token::refresh::{self, Found, RefreshToken},
    },
    store::{Write, records},
};

/// The grant of a refresh token.
pub const REFRESH_TOKEN: &str = "refresh_token";

/// A refresh token on its way into the store.
#[derive(Clone, Debug)]
pub struct Kept {
    subject: String,
    grant: String,
    token: RefreshToken,
}

impl Kept {
    /// Writes it down, over the one before it, inside a transaction.
    pub(in crate::domain) fn save(&self, write: &mut Write<'_>, tenant: &str, server: &str) -> Result<(), Failure> {
        Ok(records::put(write, &[tenant, server, &self.subject, &self.grant], &self.token)?)
    }
}

/// Whether a client of a server gets refresh tokens: both must have the grant.
pub fn are_given(server: &Server, client: &Client) -> bool {
    let has = |grants: &[String]| grants.iter().any(|grant| grant == REFRESH_TOKEN);
    has(&server.grant_types) && has(&client.grant_types)
}

/// A new refresh token of a grant, after `number` others. It ends when it is not used for long enough, and never later than the
/// grant. That of a client which proves nothing but its name is bound to the keys that its access token is bound to (RFC 9449 §5,
/// RFC 8705 §4).
pub(super) fn make(asked: &Asked<'_>, (grant_id, grant): (&str, &Grant), number: u64) -> (Secret, Kept) {
    let Asked { domain, tenant, server: (server_id, server), proven, confirmation, .. } = *asked;
    let is_public = proven.client.value.auth_method == AuthMethod::None;
    let bound = confirmation.filter(|_| is_public);
    let (secret, hash) = refresh::make(domain, tenant, server_id, (grant_id, number), bound);
    let since = domain.world.now_seconds();
    let token = RefreshToken { hash, number, since, ends: ends(server, grant, since) };
    (secret, Kept { subject: grant.identity.subject.clone(), grant: grant_id.to_owned(), token })
}

/// Exchanges a refresh token for new tokens. Policies and consents are asked again, with what was known of the person when
/// they logged in. `scope` narrows the access token only, not the grant.
pub(super) async fn issue(asked: &Asked<'_>) -> Result<Tokens, Refused> {
    let Asked { domain, tenant, server: (server_id, _), sent, .. } = *asked;
    let shown = required("refresh_token", sent.refresh_token)?;
    let found = refresh::find(domain, tenant, server_id, shown)?.ok_or_else(|| REFRESH.unknown())?;
    REFRESH.check_owner(asked, &found.grant)?;
    check_keys(&found.confirmation, asked.confirmation).map_err(Refused::Invalid)?;
    if found.is_used {
        return Err(REFRESH.stolen(asked, &found.grant_id, &found.grant).await);
    }
    if found.good.ends <= domain.world.now_seconds() {
        return Err(REFRESH.unknown());
    }
    if found.grant.own {
        return own::refresh(asked, found).await;
    }
    let grant = &*found.grant;
    person::known(asked, &grant.identity)?;
    let scopes = scopes::narrowed(&grant.scopes, sent.scope)?;
    let scopes = scopes::still(asked, &scopes)?;
    let scopes = still_allowed(asked, scopes)?;
    let target = Target::of_grant(asked, grant, &scopes)?;
    let target = person::allowed(asked, &grant.identity, target).await?;
    person::consented(asked, &grant.identity, &target).await?;
    give(asked, found, &target).await
}

/// Issues what a refresh token is shown for, and the next one in its place: unless a profile says that it stays, since whoever
/// shows it has proven who they are and must hold a key as well (FAPI 2.0 Security Profile §5.3.2.1-9).
pub(super) async fn give(asked: &Asked<'_>, found: Found, target: &Target) -> Result<Tokens, Refused> {
    let made_from = (found.grant_id.as_str(), &*found.grant);
    let (tokens, keep) = person::make_without_refresh(asked, made_from, target, None).await?;
    if profile::requires(asked.server.1, Switch::LastingRefresh) {
        keep_on(asked, found, keep).await?;
        return Ok(tokens);
    }
    let (next, kept) = make(asked, made_from, found.good.number + 1);
    spend(asked, found, keep.with(kept)).await?;
    Ok(Tokens { refresh: Some(next), ..tokens })
}

/// Uses up the token that was found and keeps what is given for it, in one transaction. While there is a token there is its grant,
/// which ends no earlier.
async fn spend(asked: &Asked<'_>, found: Found, keep: Keep) -> Result<(), Refused> {
    let (world, tenant, server) = (asked.domain.world.clone(), asked.tenant.to_owned(), asked.server.0.to_owned());
    let Found { grant_id, grant, good, .. } = found;
    let subject = grant.identity.subject.clone();
    let work = move |write: &mut Write<'_>| -> Result<Spent, Failure> {
        let key = [tenant.as_str(), &server, &grant.identity.subject, &grant_id];
        match records::get::<RefreshToken>(&*write, &key)? {
            Some(stored) if stored.hash != good.hash => {
                grant::revoke(write, &tenant, &grant_id)?;
                Ok(Spent::Before)
            }
            Some(stored) if stored.ends > world.now_seconds() => {
                keep.save(write, &tenant, &server)?;
                Ok(Spent::Now)
            }
            Some(_) | None => Ok(Spent::Gone),
        }
    };
    REFRESH.spend(asked, &subject, work).await
}

/// Keeps what is given for a token that stays good, now for longer, in one transaction.
async fn keep_on(asked: &Asked<'_>, found: Found, keep: Keep) -> Result<(), Refused> {
    let (world, tenant, server) = (asked.domain.world.clone(), asked.tenant.to_owned(), asked.server.0.to_owned());
    let Found { grant_id, grant, good, .. } = found;
    let (subject, until) = (grant.identity.subject.clone(), ends(asked.server.1, &grant, world.now_seconds()));
    let work = move |write: &mut Write<'_>| -> Result<Spent, Failure> {
        let key = [tenant.as_str(), &server, &grant.identity.subject, &grant_id];
        let stored = records::get::<RefreshToken>(&*write, &key)?;
        let is_good = |stored: &RefreshToken| stored.hash == good.hash && stored.ends > world.now_seconds();
        let Some(stored) = stored.filter(is_good) else { return Ok(Spent::Gone) };
        if stored.ends != until {
            records::put(write, &key, &RefreshToken { ends: until, ..stored })?;
        }
        keep.save(write, &tenant, &server)?;
        Ok(Spent::Now)
    };
    REFRESH.spend(asked, &subject, work).await
}

/// Whoever has found the token of a client that proves nothing but its name has not its key. They learn and change nothing, as with
/// another client's token.
fn check_keys(bound: &Confirmation, shown: Option<&Confirmation>) -> Result<(), &'static str> {
    let nothing = Confirmation::default();
    let shown = shown.unwrap_or(&nothing);
    let holds = |bound: &Option<String>, shown: &Option<String>| bound.is_none() || bound == shown;
    match holds(&bound.jkt, &shown.jkt) && holds(&bound.x5t_s256, &shown.x5t_s256) {
        true => Ok(()),
        false => Err("the refresh token is bound to another key"),
    }
}

/// When a refresh token ends that is made, or used, at `now`.
fn ends(server: &Server, grant: &Grant, now: i64) -> i64 {
    match server.refresh_idle_seconds {
        0 => grant.ends,
        idle => grant.ends.min(now.saturating_add(idle)),
    }
}

/// Without those that are not to be had by refreshing. Nobody is here who could be asked: what was granted once was agreed to.
fn still_allowed(asked: &Asked<'_>, scopes: Vec<String>) -> Result<Vec<String>, Failure> {
    let Asked { domain, tenant, server, .. } = *asked;
    scope_policies::without_refused(domain, tenant, server, &scopes, &[Flow::RefreshToken])
}
