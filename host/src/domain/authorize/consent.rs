//! What a person says on the consent page.
//!
//! Called by that page. Only what was shown can be said yes to, whatever the form holds, and of consents only the version that
//! was shown.

use super::{
    Browser,
    flow::{self, Sorted, Step},
    wait,
};
use crate::domain::{Domain, Failure, consent_grant::Shown, in_force::consents, issue::id_token::OPENID, login};

/// What a person says on the consent page.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// The names of the scopes that the client may have, of those that were shown.
    pub scopes: &'a [String],
    /// The consents that are given, of those that were shown.
    pub consents: &'a [Shown],
    /// The language in which the page asked.
    pub language: &'a str,
}

/// Writes down what the person says on the consent page. Afterwards [`super::next`] knows how it goes on.
///
/// Consents, their events in the ledger and the login are written together. When a consent has changed since it was shown,
/// nothing is ([`Failure::Outdated`]), and the person has to be asked again.
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
    let gone_on = || Failure::Conflict { noun: "login", reason: "it has just gone on elsewhere".to_owned() };
    let Step::Consent(sorted, shown) = flow::step(asked).await? else { return Err(gone_on()) };
    let (Some(client), Some(identity)) = (asked.client, &asked.login.identity) else { return Err(gone_on()) };
    let is_shown = |yes: &&Shown| shown.iter().any(|held| held.id == yes.id);
    let given: Vec<Shown> = said.consents.iter().filter(is_shown).cloned().collect();
    let granted = asked.login.granted.clone().unwrap_or_else(|| granted(&sorted, said.scopes));
    let seen = asked.login.clone();
    let write_down = move |login: &mut login::Login| match *login == seen {
        true => {
            login.granted = Some(granted.clone());
            Ok(())
        }
        false => Err(gone_on()),
    };
    if given.is_empty() {
        return login::change(domain, tenant, id, write_down).await.map(drop);
    }
    let about = flow::about(asked, client, identity, &sorted.allowed);
    let goes_on = login::changing(domain, tenant, id, write_down);
    consents::grant(domain, about, &given, said.language, Box::new(move |write| goes_on(write).map(drop))).await
}

/// What the client gets: what the person need not be asked about, and what they say yes to. Whoever goes on at all says who
/// they are.
fn granted(sorted: &Sorted, said: &[String]) -> Vec<String> {
    let gets = |scope: &&String| !sorted.asked.contains(scope) || said.contains(scope) || *scope == OPENID;
    sorted.allowed.iter().filter(gets).cloned().collect()
}
