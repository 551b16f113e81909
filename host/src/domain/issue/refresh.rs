//! Refresh tokens (RFC 6749 §6): each is good once, and is exchanged for the next one.
//!
//! Made by every grant that a person's consent is behind, and by those of clients of an organization (`own`). A token that was
//! used stays known until it ends: its second use is a theft, see `once`.

use super::{
    Asked, Refused, Tokens,
    once::{self, Once},
    own, person, required, scopes,
    target::Target,
};
use crate::{
    crypto::Secret,
    domain::{
        Confirmation, Failure,
        client::{AuthMethod, Client},
        expiry,
        grant::Grant,
        handle::{self, Purpose},
        in_force::scope_policies,
        profile::{self, Switch},
        server::Server,
        setup::effective::Flow,
        token::{RefreshToken, latest},
    },
    store::{Write, records},
};

/// The grant of a refresh token.
pub const REFRESH_TOKEN: &str = "refresh_token";

/// A refresh token on its way into the store.
#[derive(Clone, Debug)]
pub struct Kept {
    name: String,
    subject: String,
    token: RefreshToken,
}

impl Kept {
    /// Writes it down, inside a transaction.
    pub(in crate::domain) fn save(&self, write: &mut Write<'_>, tenant: &str, server: &str) -> Result<(), Failure> {
        records::put(write, &[tenant, server, &self.name], &self.token)?;
        latest::note(write, [tenant, server, &self.subject, &self.token.grant], &self.name)?;
        expiry::note(write, &[tenant, server, &self.name], &self.token)
    }
}

/// Whether a client of a server gets refresh tokens: both must have the grant.
pub fn are_given(server: &Server, client: &Client) -> bool {
    let has = |grants: &[String]| grants.iter().any(|grant| grant == REFRESH_TOKEN);
    has(&server.grant_types) && has(&client.grant_types)
}

/// A new refresh token of a grant. It ends when it is not used for long enough, and never later than the grant. That of a client
/// which proves nothing but its name is bound to the keys that its access token is bound to (RFC 9449 §5, RFC 8705 §4).
pub(super) fn make(asked: &Asked<'_>, (grant_id, grant): (&str, &Grant)) -> (Secret, Kept) {
    let Asked { domain, tenant, server: (server_id, server), proven, confirmation, .. } = *asked;
    let (secret, name) = handle::make(domain, Purpose::Refresh, tenant, server_id);
    let since = domain.world.now_seconds();
    let ends = ends(server, grant, since);
    let is_public = proven.client.value.auth_method == AuthMethod::None;
    let confirmation = confirmation.filter(|_| is_public).cloned();
    let token = RefreshToken { grant: grant_id.to_owned(), since, ends, used: false, confirmation };
    (secret, Kept { name, subject: grant.identity.subject.clone(), token })
}

/// Exchanges a refresh token for new tokens. Policies and consents are asked again, with what was known of the person when
/// they logged in. `scope` narrows the access token only, not the grant.
pub(super) async fn issue(asked: &Asked<'_>) -> Result<Tokens, Refused> {
    let Asked { domain, tenant, server: (server_id, _), sent, .. } = *asked;
    let shown = required("refresh_token", sent.refresh_token)?;
    if !handle::looks_like(Purpose::Refresh, shown) {
        return Err(Refused::Invalid(RefreshToken::UNKNOWN));
    }
    let name = handle::name(domain, Purpose::Refresh, tenant, server_id, shown);
    let (token, grant) = once::find::<RefreshToken>(asked, &name)?;
    check_keys(token.confirmation.as_ref(), asked.confirmation).map_err(Refused::Invalid)?;
    once::refuse_stale(asked, &token, &grant.identity.subject).await?;
    if grant.own {
        return own::refresh(asked, name, (&token, &grant)).await;
    }
    person::known(asked, &grant.identity)?;
    let scopes = scopes::narrowed(&grant.scopes, sent.scope)?;
    let scopes = scopes::still(asked, &scopes)?;
    let scopes = still_allowed(asked, scopes)?;
    let target = Target::of_grant(asked, &grant, &scopes)?;
    let target = person::allowed(asked, &grant.identity, target).await?;
    person::consented(asked, &grant.identity, &target).await?;
    give(asked, name, (&token, &grant), &target).await
}

/// Issues what a refresh token is shown for, and the next one in its place: unless a profile says that it stays, since whoever
/// shows it has proven who they are and must hold a key as well (FAPI 2.0 Security Profile §5.3.2.1-9).
pub(super) async fn give(
    asked: &Asked<'_>,
    name: String,
    (token, grant): (&RefreshToken, &Grant),
    target: &Target,
) -> Result<Tokens, Refused> {
    let made_from = (token.grant.as_str(), grant);
    if profile::requires(asked.server.1, Switch::LastingRefresh) {
        let (tokens, keep) = person::make_without_refresh(asked, made_from, target, None).await?;
        let ends = ends(asked.server.1, grant, asked.domain.world.now_seconds());
        once::keep_on(asked, name, keep, ends).await?;
        return Ok(tokens);
    }
    let (tokens, keep) = person::make(asked, made_from, target, None).await?;
    once::spend::<RefreshToken>(asked, name, keep, &grant.identity.subject).await?;
    Ok(tokens)
}

/// Whoever has found the token of a client that proves nothing but its name has not its key. They learn and change nothing, as with
/// another client's token.
fn check_keys(bound: Option<&Confirmation>, shown: Option<&Confirmation>) -> Result<(), &'static str> {
    let Some(bound) = bound else { return Ok(()) };
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
