//! What all grants of people share: what the policies say now, and the tokens that are made from a grant.

use super::{
    Asked, Refused, Tokens,
    id_token::{self, With},
    refresh,
    target::Target,
};
use crate::{
    domain::{
        Failure, authentication,
        grant::Grant,
        identity::Identity,
        in_force::{
            consents,
            policies::{self, About, Judged},
        },
        token,
    },
    store::Write,
};

/// What has to be kept of the tokens that are given for a grant.
#[derive(Clone, Debug)]
pub(super) struct Keep {
    access: Option<token::Kept>,
    refresh: Option<refresh::Kept>,
}

impl Keep {
    /// The same with a refresh token.
    pub(super) fn with(self, refresh: refresh::Kept) -> Keep {
        Keep { refresh: Some(refresh), ..self }
    }

    /// Writes it down, inside a transaction.
    pub(super) fn save(&self, write: &mut Write<'_>, tenant: &str, server: &str) -> Result<(), Failure> {
        if let Some(access) = &self.access {
            access.save(write, tenant)?;
        }
        if let Some(refresh) = &self.refresh {
            refresh.save(write, tenant, server)?;
        }
        Ok(())
    }
}

/// What policies and consents are asked about.
fn about<'a>(asked: &Asked<'a>, identity: &'a Identity, target: &'a Target) -> About<'a> {
    About {
        tenant: asked.tenant,
        server: asked.server,
        client: (&asked.proven.id, &asked.proven.client.value),
        identity,
        scopes: &target.scopes,
        reach: target.reach(),
        request_id: asked.request_id,
    }
}

/// What the policies let this person have now of what is asked for. Nobody is here who could prove a second factor, so a
/// policy that asks for one says no.
pub(super) async fn allowed(asked: &Asked<'_>, identity: &Identity, target: Target) -> Result<Target, Refused> {
    let about = about(asked, identity, &target);
    match policies::person(asked.domain, about).await? {
        Judged::Allowed(outputs) => {
            let scopes = outputs.narrowed(target.scopes.clone());
            let scopes = policies::scopes(asked.domain, About { scopes: &scopes, ..about }).await?;
            Ok(Target { scopes, claims: outputs.claims, ..target })
        }
        Judged::StepUp => Err(Refused::Invalid("a second factor is needed: the person has to log in again")),
        Judged::Denied(_) => Err(Refused::Invalid("a policy of the authorization server says no")),
    }
}

/// Whether the server still knows the person of a grant.
pub(super) fn known(asked: &Asked<'_>, identity: &Identity) -> Result<(), Refused> {
    match authentication::still_knows(asked.domain, asked.server.1, identity) {
        true => Ok(()),
        false => Err(Refused::Invalid("the server no longer knows the person in this way: they have to log in again")),
    }
}

/// Whether the person has given what client and scopes require now. Consents are given in a browser, by whoever knows what
/// they are about.
pub(super) async fn consented(asked: &Asked<'_>, identity: &Identity, target: &Target) -> Result<(), Refused> {
    const REQUIRED: Refused = Refused::Invalid("consent_required: the person has to log in in a browser first");
    let about = about(asked, identity, target);
    let missing = consents::missing(asked.domain, about)?;
    match missing.is_empty() && consents::given(asked.domain, about).await? {
        true => Ok(()),
        false => Err(REQUIRED),
    }
}

/// Makes the first tokens of a grant: the access token, a refresh token where client and server have them, and an ID
/// token when a person has granted `openid`. Nothing is written yet.
pub(super) async fn make(
    asked: &Asked<'_>,
    grant: (&str, &Grant),
    target: &Target,
    nonce: Option<&str>,
) -> Result<(Tokens, Keep), Failure> {
    let Asked { server, proven, .. } = *asked;
    let (tokens, keep) = make_without_refresh(asked, grant, target, nonce).await?;
    let given = refresh::are_given(server.1, &proven.client.value).then(|| refresh::make(asked, grant, 0));
    let (refresh, kept) = given.unzip();
    Ok((Tokens { refresh, ..tokens }, Keep { refresh: kept, ..keep }))
}

/// Like [`make`], for whoever has a refresh token already.
pub(super) async fn make_without_refresh(
    asked: &Asked<'_>,
    grant: (&str, &Grant),
    target: &Target,
    nonce: Option<&str>,
) -> Result<(Tokens, Keep), Failure> {
    let domain = asked.domain;
    let order = target.order(asked, Some(grant));
    let minted = token::mint(domain, &order).await?;
    let about_person = grant.1.person().is_some() && target.scopes.iter().any(|scope| scope == id_token::OPENID);
    let id = match about_person {
        true => {
            let with = With { nonce, access_token: Some(&minted.issued.access_token), ..With::default() };
            Some(id_token::sign(domain, &order, with).await?)
        }
        false => None,
    };
    Ok((Tokens { kind: None, access: minted.issued, refresh: None, id }, Keep { access: minted.kept, refresh: None }))
}
