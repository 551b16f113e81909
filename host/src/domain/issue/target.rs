//! What a token is to be good for: its audience (RFC 8707), the scopes that mean something there, and authorization details
//! (RFC 9396). Never more than was granted.
//!
//! Called by every grant of the token endpoint, before policies are asked, and by `person::make`.

use super::{Asked, Refused};
use crate::domain::{
    Failure,
    details::{self, Detail},
    grant::Grant,
    in_force::{
        Added,
        policies::Reach,
        resources::{self, Aimed, Place, Unknown},
    },
    registration,
    token::Order,
};

/// What a token is to be good for.
#[derive(Clone, Debug, Default)]
pub(super) struct Target {
    /// The resources. None, and it is good wherever the server's tokens are.
    pub(super) audience: Vec<String>,
    /// The scopes.
    pub(super) scopes: Vec<String>,
    /// The details.
    pub(super) details: Vec<Detail>,
    /// The claims that a policy adds.
    pub(super) claims: Added,
}

impl Target {
    /// For a client on its own behalf: what it asks for of what it may have. What has registered itself has nobody who would
    /// vouch for details that no person is asked about.
    pub(super) fn of_client(asked: &Asked<'_>, scopes: Vec<String>) -> Result<Target, Refused> {
        let (client_id, client) = (&asked.proven.id, &asked.proven.client.value);
        let target = Target::of_scopes(asked, scopes, false)?;
        let Some(text) = asked.sent.authorization_details else { return Ok(target) };
        if registration::is_stranger(asked.domain, asked.tenant, client_id, client)? {
            return Err(Refused::Details(
                "a person has to be asked for authorization_details of this client".to_owned(),
            ));
        }
        let sent = details::Asked { place: place(asked), server: asked.server.1, client };
        let details = details::accepted(sent, text)?.map_err(|wrong| Refused::Details(wrong.0))?;
        let details = details::for_resources(place(asked), details, &target.audience)?;
        Ok(Target { details, ..target })
    }

    /// For a person who is asked for nothing but a password, so that nothing can be asked of them but scopes.
    pub(super) fn of_password(asked: &Asked<'_>, scopes: Vec<String>) -> Result<Target, Refused> {
        match asked.sent.authorization_details {
            Some(_) => Err(Refused::Details("authorization_details cannot be asked for with this grant".to_owned())),
            None => Target::of_scopes(asked, scopes, true),
        }
    }

    /// For a person whom an issuer names: of the resources that no scope leads to, those that administrators let it give away.
    pub(super) fn of_assertion(asked: &Asked<'_>, scopes: Vec<String>, may_give: &[String]) -> Result<Target, Refused> {
        let target = Target::of_password(asked, scopes)?;
        let may_give = resources::still(place(asked), may_give)?;
        for resource in &target.audience {
            if !may_give.contains(resource) && !resources::reaches(place(asked), resource, &target.scopes)? {
                return Err(Refused::Target(resource.clone()));
            }
        }
        Ok(target)
    }

    /// For a token that is exchanged: what is asked for of what that one was good for.
    pub(super) fn of_exchange(
        asked: &Asked<'_>,
        scopes: Vec<String>,
        (had, known): (&[Detail], &[String]),
        about_person: bool,
    ) -> Result<Target, Refused> {
        let mut target = Target::of_scopes(asked, scopes, about_person)?;
        // A resource without scopes is agreed to by its name, which nobody has done here; a policy may.
        if asked.server.1.security.exchange_policy.is_none() {
            for resource in &target.audience {
                let agreed = resources::reaches(place(asked), resource, &target.scopes)? || known.contains(resource);
                if !agreed {
                    return Err(Refused::Target(resource.clone()));
                }
            }
        }
        // Where nobody says for whom, it is for all that it may be for.
        let nobody = target.audience.is_empty() && asked.sent.audience.is_empty();
        let reached = if nobody { resources::still(place(asked), known)? } else { target.audience.clone() };
        target.scopes = resources::scopes_for(place(asked), &reached, target.scopes, about_person)?;
        let still = details::still(asked.server.1, &asked.proven.client.value, had);
        let details = details::narrowed(still, asked.sent.authorization_details);
        let details = details.map_err(|wrong| Refused::Details(wrong.0))?;
        let details = details::for_resources(place(asked), details, &reached)?;
        Ok(Target { details, ..target })
    }

    fn of_scopes(asked: &Asked<'_>, scopes: Vec<String>, about_person: bool) -> Result<Target, Refused> {
        let aimed = resources::aimed(place(asked), asked.sent.resources.iter().copied(), scopes, about_person)?;
        let Aimed { resources, scopes } = aimed.map_err(|Unknown(name)| Refused::Target(name))?;
        Ok(Target { audience: resources, scopes, ..Target::default() })
    }

    /// For what was granted: all of it, or the part that is asked for. What is asked for besides is an attempt to get more.
    pub(super) fn of_grant(asked: &Asked<'_>, grant: &Grant, scopes: &[String]) -> Result<Target, Refused> {
        let place = place(asked);
        let audience = audience(asked, grant, scopes)?;
        let scopes = resources::scopes_for(place, &audience, scopes.to_vec(), grant.person().is_some())?;
        let still = details::still(asked.server.1, &asked.proven.client.value, &grant.details);
        let details = details::narrowed(still, asked.sent.authorization_details);
        let details = details.map_err(|wrong| Refused::Details(wrong.0))?;
        let details = details::for_resources(place, details, &audience)?;
        Ok(Target { audience, scopes, details, claims: grant.claims.clone() })
    }

    /// What policies are told of it besides its scopes.
    pub(super) fn reach(&self) -> Reach<'_> {
        Reach { resources: &self.audience, details: &self.details }
    }

    /// An order for it.
    pub(super) fn order<'t>(&'t self, asked: &Asked<'t>, grant: Option<(&'t str, &'t Grant)>) -> Order<'t> {
        let Asked { tenant, server, proven, confirmation, .. } = *asked;
        Order {
            tenant,
            server,
            client: (&proven.id, &proven.client.value),
            grant,
            application: grant.and_then(|(_, grant)| grant.application.as_deref()),
            scopes: &self.scopes,
            audience: &self.audience,
            details: &self.details,
            claims: Some(&self.claims),
            confirmation,
            exchanged: None,
        }
    }
}

/// Where its resources are looked for.
pub(super) fn place<'a>(asked: &Asked<'a>) -> Place<'a> {
    Place { domain: asked.domain, tenant: asked.tenant, server: asked.server.0 }
}

/// The resources that are asked for. One of another server is none.
fn named(asked: &Asked<'_>) -> Result<Vec<String>, Refused> {
    let found = resources::named(place(asked), asked.sent.resources.iter().copied())?;
    found.map_err(|Unknown(name)| Refused::Target(name))
}

/// The resources of a grant that still are some. None when it is for no resource in particular; one for resources that are all
/// gone is for nothing.
pub(super) fn granted(asked: &Asked<'_>, grant: &Grant) -> Result<Vec<String>, Refused> {
    let granted = resources::still(place(asked), &grant.resources)?;
    match grant.resources.first() {
        Some(first) if granted.is_empty() => Err(Refused::Target(first.clone())),
        _ => Ok(granted),
    }
}

/// The resources of a token that is made from a grant. A grant for no resource in particular is for each that it has a scope of;
/// one for resources that are all gone is for none.
fn audience(asked: &Asked<'_>, grant: &Grant, scopes: &[String]) -> Result<Vec<String>, Refused> {
    let (place, wanted) = (place(asked), named(asked)?);
    let granted = granted(asked, grant)?;
    let is_granted = |resource: &String| -> Result<bool, Failure> {
        match granted.is_empty() {
            true => resources::reaches(place, resource, scopes),
            false => Ok(granted.contains(resource)),
        }
    };
    for resource in &wanted {
        if !is_granted(resource)? {
            return Err(Refused::Target(resource.clone()));
        }
    }
    Ok(if wanted.is_empty() { granted } else { wanted })
}
