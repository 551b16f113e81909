//! The resources of a server: its services with an identifier, and the server itself (RFC 8707). Which of them a name means, and
//! which scopes are for them.
//!
//! Called by `authorize`, `elsewhere`, the grants of the token endpoint and the metadata. Asks no component.

use super::known::{self, Rules};
use crate::domain::{
    Domain, Failure,
    details::{self, Detail},
    resource,
};

/// The scopes that ask for what is the person's own, wherever a token is for (OpenID Connect Core §5.4, §11).
const OF_PEOPLE: [&str; 6] = ["openid", "profile", "email", "phone", "address", "offline_access"];

/// A name that is no resource of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown(pub String);

/// Where resources are looked for.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// Everything the operations share.
    pub domain: &'a Domain,
    /// The tenant.
    pub tenant: &'a str,
    /// The authorization server.
    pub server: &'a str,
}

impl Place<'_> {
    fn issuer(self) -> String {
        self.domain.issuer(self.tenant, self.server)
    }
}

/// The identifiers of the resources that somebody names, each once, as their services have them.
pub fn named<'n>(
    place: Place<'_>,
    names: impl IntoIterator<Item = &'n str>,
) -> Result<Result<Vec<String>, Unknown>, Failure> {
    let mut names = names.into_iter().peekable();
    if names.peek().is_none() {
        return Ok(Ok(Vec::new()));
    }
    let (rules, issuer) = (known::rules(place.domain, place.tenant, place.server)?, place.issuer());
    let mut found: Vec<String> = Vec::new();
    for name in names {
        let meant = meant(&rules, &issuer, name).filter(|_| found.len() < resource::MOST);
        let Some(identifier) = meant else { return Ok(Err(Unknown(name.to_owned()))) };
        if !found.contains(&identifier) {
            found.push(identifier);
        }
    }
    Ok(Ok(found))
}

/// What is asked for at resources.
#[derive(Debug)]
pub struct Aimed {
    /// Their identifiers; none in particular when nobody names any.
    pub resources: Vec<String>,
    /// The scopes that mean something at one of them.
    pub scopes: Vec<String>,
}

/// What somebody asks for who names these resources: each must be the server's, and have one of the scopes, or none to have.
pub fn aimed<'n>(
    place: Place<'_>,
    names: impl IntoIterator<Item = &'n str>,
    scopes: Vec<String>,
    about_person: bool,
) -> Result<Result<Aimed, Unknown>, Failure> {
    let resources = match named(place, names)? {
        Ok(resources) => resources,
        Err(unknown) => return Ok(Err(unknown)),
    };
    for resource in &resources {
        if !reaches(place, resource, &scopes)? && !is_plain(place, resource)? {
            return Ok(Err(Unknown(resource.clone())));
        }
    }
    let scopes = scopes_for(place, &resources, scopes, about_person)?;
    Ok(Ok(Aimed { resources, scopes }))
}

/// Those of these resources that have no scopes.
pub fn plain(place: Place<'_>, resources: &[String]) -> Result<Vec<String>, Failure> {
    let mut plain = Vec::new();
    for resource in resources {
        if is_plain(place, resource)? {
            plain.push(resource.clone());
        }
    }
    Ok(plain)
}

/// What a person agrees to besides scopes, by name: each detail as it is, and each resource that has no scopes which would say
/// it. Once it is remembered, nobody is asked again.
pub fn agreed(place: Place<'_>, resources: &[String], details: &[Detail]) -> Result<Vec<String>, Failure> {
    let mut names: Vec<String> = details.iter().map(details::name).collect();
    names.extend(plain(place, resources)?);
    Ok(names)
}

/// Those of these identifiers that still are resources of the server.
pub fn still(place: Place<'_>, identifiers: &[String]) -> Result<Vec<String>, Failure> {
    if identifiers.is_empty() {
        return Ok(Vec::new());
    }
    let (rules, issuer) = (known::rules(place.domain, place.tenant, place.server)?, place.issuer());
    Ok(identifiers.iter().filter_map(|identifier| meant(&rules, &issuer, identifier)).collect())
}

/// Those of these scopes that are good for one of these resources. A person's token keeps what tells who they are. Without
/// resources it is all of them.
pub fn scopes_for(
    place: Place<'_>,
    resources: &[String],
    mut scopes: Vec<String>,
    about_person: bool,
) -> Result<Vec<String>, Failure> {
    if resources.is_empty() {
        return Ok(scopes);
    }
    let (rules, issuer) = (known::rules(place.domain, place.tenant, place.server)?, place.issuer());
    let is_for = |name: &String| {
        let is_own = about_person && OF_PEOPLE.contains(&name.as_str());
        is_own || resources.iter().any(|resource| is_of(&rules, &issuer, resource, name))
    };
    scopes.retain(is_for);
    Ok(scopes)
}

/// Whether one of these scopes is of a resource.
pub fn reaches(place: Place<'_>, resource: &str, scopes: &[String]) -> Result<bool, Failure> {
    let (rules, issuer) = (known::rules(place.domain, place.tenant, place.server)?, place.issuer());
    Ok(scopes.iter().any(|name| is_of(&rules, &issuer, resource, name)))
}

/// Whether a resource has no scopes at all, so that a token is good for it or not, and nothing in between.
pub fn is_plain(place: Place<'_>, resource: &str) -> Result<bool, Failure> {
    let (rules, issuer) = (known::rules(place.domain, place.tenant, place.server)?, place.issuer());
    Ok(!rules.scope_names().any(|name| is_of(&rules, &issuer, resource, name)))
}

/// The identifiers of all services that have one.
pub fn all(place: Place<'_>) -> Result<Vec<String>, Failure> {
    let rules = known::rules(place.domain, place.tenant, place.server)?;
    Ok(rules.services.values().filter_map(|service| service.resource.clone()).collect())
}

/// The identifier that a name means. The server itself has its own.
fn meant(rules: &Rules, issuer: &str, name: &str) -> Option<String> {
    let wanted = resource::canonical(name)?;
    let is_meant = |identifier: &str| resource::canonical(identifier).as_ref() == Some(&wanted);
    if is_meant(issuer) {
        return Some(issuer.to_owned());
    }
    rules.services.values().filter_map(|service| service.resource.clone()).find(|identifier| is_meant(identifier))
}

/// Whether a scope is of a resource. Those of the server's own services are good at the server itself.
fn is_of(rules: &Rules, issuer: &str, resource: &str, scope: &str) -> bool {
    let service = rules.scope(scope).and_then(|(_, scope)| scope.service.as_ref());
    let service = service.and_then(|id| rules.services.get(id));
    service.is_some_and(|service| match &service.resource {
        Some(identifier) => identifier == resource,
        None => service.system && resource == issuer,
    })
}
