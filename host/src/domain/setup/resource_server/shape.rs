//! What a resource server is as a service with scopes, and back.

use std::collections::BTreeSet;

use super::{ResourceScope, ResourceServer};
use crate::domain::{
    Problem,
    scope::Scope,
    service::Service,
    setup::{
        members::{ScopeMembers, ServiceMembers},
        rules,
    },
    text,
};

/// Everything that is wrong with a resource server that other tongues know nothing of.
pub(super) fn problems(wanted: &ResourceServer) -> Vec<Problem> {
    let ResourceServer { name: _, owner, comment, uri, metadata, scopes } = wanted;
    let mut problems = rules::about(owner, comment, metadata);
    let relative = uri.as_deref().is_some_and(|uri| text::absolute(uri).is_none());
    problems.extend(relative.then(|| Problem::new("/uri", "must be an absolute URI")));
    problems.extend(text::items("/scopes", scopes));
    let mut names = BTreeSet::new();
    for (place, ResourceScope { name, policies: _, custom_claims, metadata }) in scopes.iter().enumerate() {
        let twice = !names.insert(name);
        problems.extend(twice.then(|| Problem::new(format!("/scopes/{place}/name"), "is there twice")));
        let claims = custom_claims.as_deref().unwrap_or_default();
        problems.extend(text::description(&format!("/scopes/{place}/custom_claims"), claims));
        problems.extend(rules::notes(&format!("/scopes/{place}/metadata"), metadata));
    }
    problems
}

/// The service that a resource server becomes: `base` with everything that this tongue sees replaced.
pub(super) fn become_service(wanted: &ResourceServer, setup: &str, id: &str, base: Service) -> Service {
    let ResourceServer { name, owner, comment, uri, metadata, scopes: _ } = wanted.clone();
    let name = if name.is_empty() { id.to_owned() } else { name };
    let members = ServiceMembers { about: rules::keep(owner, comment, metadata), uri };
    Service { server: setup.to_owned(), name, setup: Some(Box::new(members)), ..base }
}

/// The scope that a scope of a resource server becomes.
pub(super) fn become_scope(wanted: &ResourceScope, setup: &str, service: &str, base: Scope) -> Scope {
    let ResourceScope { name, policies, custom_claims, metadata } = wanted.clone();
    let members = ScopeMembers { policies, custom_claims, metadata };
    Scope {
        server: setup.to_owned(),
        display_name: if base.display_name.is_empty() { name.clone() } else { base.display_name.clone() },
        name,
        service: Some(service.to_owned()),
        setup: Some(Box::new(members)),
        ..base
    }
}

/// The resource server that a service with its scopes is.
pub(super) fn show(service: Service, scopes: Vec<Scope>) -> ResourceServer {
    let ServiceMembers { about, uri } = service.setup.map(|setup| *setup).unwrap_or_default();
    let show_scope = |scope: Scope| {
        let ScopeMembers { policies, custom_claims, metadata } = scope.setup.map(|setup| *setup).unwrap_or_default();
        ResourceScope { name: scope.name, policies, custom_claims, metadata }
    };
    let mut scopes: Vec<ResourceScope> = scopes.into_iter().map(show_scope).collect();
    scopes.sort_by(|one, other| one.name.cmp(&other.name));
    ResourceServer {
        name: service.name,
        owner: about.owner,
        comment: about.comment,
        uri,
        metadata: about.metadata,
        scopes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(name: &str) -> ResourceScope {
        ResourceScope { name: name.to_owned(), ..ResourceScope::default() }
    }

    #[test]
    fn a_resource_server_says_what_it_may() {
        let wrong = |wanted: ResourceServer| {
            let wanted = ResourceServer { owner: "ann".to_owned(), ..wanted };
            problems(&wanted).into_iter().map(|problem| problem.member).collect::<Vec<_>>()
        };
        let good = ResourceServer {
            uri: Some("urn:api".to_owned()),
            scopes: vec![scope("a"), scope("b")],
            ..ResourceServer::default()
        };
        assert_eq!(wrong(good.clone()), [""; 0]);
        let long = ResourceScope { custom_claims: Some("x".repeat(4097)), ..scope("a") };
        let bad = ResourceServer { uri: Some("api".to_owned()), scopes: vec![scope("a"), long], ..good };
        assert_eq!(wrong(bad), ["/uri", "/scopes/1/name", "/scopes/1/custom_claims"]);
    }

    #[test]
    fn what_this_tongue_cannot_see_stays_and_what_it_shows_can_be_written_back() {
        let base = Scope { user_policy: Some("block".to_owned()), display_name: "Read".to_owned(), ..Scope::default() };
        let scope = become_scope(&scope("read"), "s", "api", base);
        assert_eq!((scope.user_policy.as_deref(), scope.display_name.as_str()), (Some("block"), "Read"));
        let wanted = ResourceServer { owner: "ann".to_owned(), ..ResourceServer::default() };
        let service =
            become_service(&wanted, "s", "api", Service { gateway: Some("g".to_owned()), ..Service::default() });
        assert_eq!((service.name.as_str(), service.gateway.as_deref()), ("api", Some("g")));
        let shown = show(service.clone(), vec![scope.clone()]);
        assert_eq!(become_service(&shown, "s", "api", service.clone()), service);
        assert_eq!(
            shown.scopes.iter().map(|one| become_scope(one, "s", "api", scope.clone())).collect::<Vec<_>>(),
            [scope]
        );
    }
}
