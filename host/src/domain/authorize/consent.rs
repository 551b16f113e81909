//! What a person says on the consent page.
//!
//! Called by that page. Only what was shown can be said yes to, whatever the form holds: scopes with the texts, consents in the
//! version that the person has read.

use serde_json::json;

use super::{
    Browser,
    flow::{self, Asked, Sorted, Step},
    reach, wait,
};
use crate::{
    crypto::digest,
    domain::{
        Domain, Failure,
        client::Client,
        consent_grant::Shown,
        details::Detail,
        in_force::consents,
        issue::id_token::OPENID,
        login::{self, Login},
        scope::Scope,
    },
};

/// What a person says on the consent page.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// The names of the scopes that the client may have, of those that were shown.
    pub scopes: &'a [String],
    /// The consents that are given, of those that were shown.
    pub consents: &'a [Shown],
    /// What the page has shown, in short: `texts` of [`super::Next::Consent`].
    pub texts: &'a str,
    /// The language in which the page asked.
    pub language: &'a str,
}

/// Writes down what the person says on the consent page. Afterwards [`super::next`] knows how it goes on.
///
/// Consents, their events in the ledger and the login are written together. When a scope or a consent has changed since it was
/// shown, nothing is ([`Failure::Outdated`]), and the person has to be asked again.
pub async fn consent(
    domain: &Domain,
    tenant: &str,
    server: &str,
    id: &str,
    browser: &Browser,
    said: Said<'_>,
) -> Result<(), Failure> {
    let waiting = wait::find(domain, tenant, server, id, browser)?;
    let asked = waiting.asked(domain, tenant, server, browser);
    let Step::Consent(sorted, shown) = flow::step(asked).await? else { return Err(gone_on()) };
    let (Some(client), Some(identity)) = (asked.client, &asked.login.identity) else { return Err(gone_on()) };
    let (place, request) = (asked.place, &asked.login.request);
    let details = reach::described(place, client.1, request);
    let scopes = flow::described(place, &sorted.asked)?;
    if said.texts != texts(client.1, &scopes, &details, &reach::plain(place, request)?) {
        return Err(Failure::Outdated { noun: "scope" });
    }
    let is_shown = |yes: &&Shown| shown.iter().any(|held| held.id == yes.id);
    let given: Vec<Shown> = said.consents.iter().filter(is_shown).cloned().collect();
    let granted = asked.login.granted.clone().unwrap_or_else(|| granted(&sorted, said.scopes));
    let write_down = writes_down(asked, granted);
    if given.is_empty() {
        return login::change(domain, tenant, id, write_down).await.map(drop);
    }
    let about = flow::about(asked, client, identity, &sorted.allowed);
    let goes_on = login::changing(domain, tenant, id, write_down);
    consents::grant(domain, about, &given, said.language, Box::new(move |write| goes_on(write).map(drop))).await
}

/// The login goes on with what is granted, if it is still the one that was looked at.
fn writes_down(
    asked: Asked<'_>,
    granted: Vec<String>,
) -> impl Fn(&mut Login) -> Result<(), Failure> + Send + Sync + use<> {
    let seen = asked.login.clone();
    move |login| match *login == seen {
        true => {
            login.granted = Some(granted.clone());
            Ok(())
        }
        false => Err(gone_on()),
    }
}

/// The login has changed since it was looked at.
pub(super) fn gone_on() -> Failure {
    Failure::Conflict { noun: "login", reason: "it has just gone on elsewhere".to_owned() }
}

/// What the page says of the client and of what it asks for, in short.
pub(super) fn texts(
    client: &Client,
    scopes: &[(String, Scope)],
    details: &[(String, Detail)],
    resources: &[String],
) -> String {
    let scope = |(name, scope): &(String, Scope)| {
        let privacy = client.privacy.get(name).map(|privacy| (&privacy.purpose, &privacy.pii_categories));
        json!([name, scope.display_name, scope.description, privacy])
    };
    let scopes: Vec<_> = scopes.iter().map(scope).collect();
    digest::sha256_hex(json!([client.name, scopes, details, resources]).to_string().as_bytes())
}

/// What the client gets: what the person need not be asked about, and what they say yes to. Whoever goes on at all says who
/// they are.
fn granted(sorted: &Sorted, said: &[String]) -> Vec<String> {
    let gets = |scope: &&String| !sorted.asked.contains(scope) || said.contains(scope) || *scope == OPENID;
    sorted.allowed.iter().filter(gets).cloned().collect()
}
