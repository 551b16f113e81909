//! What an import will do, checked as far as the store is not needed: paths, ids, scopes, and policies in the sandbox.

use std::collections::{HashMap, HashSet};

use super::Import;
use crate::{
    crypto::digest::sha256_hex,
    domain::{
        Domain, Failure, Problem,
        api::{self, Api},
        gateway::GatewayKind,
        id,
        policy::{self, Policy},
        scope::{self, Scope},
    },
    openapi::{self, Attached},
};

/// The longest id.
const LONGEST: usize = 128;

/// What an import will do.
pub(super) struct Plan {
    /// The APIs, each with an id for the case that it is new.
    pub(super) apis: Vec<(String, Api)>,
    /// Operations whose method and path another one has.
    pub(super) twice: Vec<Api>,
    /// Policies that must be there already: where their ids stand, and the ids.
    pub(super) known: Vec<(String, String)>,
    /// The policies of the document, each id once.
    pub(super) policies: Vec<(String, Policy)>,
    /// The scopes, each with an id for the case that it is new.
    pub(super) scopes: Vec<(String, Scope)>,
    /// For which kind of gateway.
    pub(super) gateway_type: Option<GatewayKind>,
}

/// Plans an import into a service.
pub(super) async fn plan(
    domain: &Domain,
    (tenant, service): (&str, &str),
    server: &str,
    import: Import,
) -> Result<Plan, Failure> {
    let Import { document, policies, gateway_type } = import;
    let openapi::Document { operations, policies: places, scopes } = document;
    let mut problems = Vec::new();
    let ids = named(service, &places, &policies, &mut problems);
    let mut kept: HashMap<String, Policy> = HashMap::new();
    let mut own = Vec::new();
    for ((place, id), (_, policy)) in places.into_iter().zip(&ids).zip(policies) {
        match kept.get(id) {
            Some(known) if *known == policy => continue,
            Some(_) => {
                problems.push(Problem::new(place.place, format!("another policy of the document has the id `{id}`")))
            }
            None => {
                collect(&mut problems, &place.place, policy::check(domain, tenant, &policy).await)?;
                kept.insert(id.clone(), policy.clone());
                own.push((id.clone(), policy));
            }
        }
    }
    let scopes = planned_scopes(domain, service, server, scopes, &mut problems)?;
    let known = known(&operations);
    let (apis, twice) = planned_apis(domain, service, server, operations, &ids, &mut problems)?;
    Failure::unless_fine(problems)?;
    Ok(Plan { apis, twice, known, policies: own, scopes, gateway_type })
}

/// The ids of the document's policies, in order: their own, or one that tells where they come from.
fn named(
    service: &str,
    places: &[openapi::Policy],
    policies: &[(Option<String>, Policy)],
    problems: &mut Vec<Problem>,
) -> Vec<String> {
    let one = |(place, (id, _)): (&openapi::Policy, &(Option<String>, Policy))| match id {
        Some(id) => {
            problems.extend(id::check(&format!("{}/id", place.place), id).err());
            id.clone()
        }
        None => derived(service, &place.name),
    };
    places.iter().zip(policies).map(one).collect()
}

/// An id made of the service's and the name of an operation or a path.
fn derived(service: &str, name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("-");
    let id = format!("{service}-{}", if name.is_empty() { "document" } else { &name });
    match id.get(..LONGEST) {
        Some(start) if id.len() > LONGEST => {
            let digest = sha256_hex(id.as_bytes());
            format!("{}-{}", start.get(..LONGEST - 33).unwrap_or(start), digest.get(..32).unwrap_or_default())
        }
        _ => id,
    }
}

fn planned_scopes(
    domain: &Domain,
    service: &str,
    server: &str,
    scopes: Vec<openapi::Scope>,
    problems: &mut Vec<Problem>,
) -> Result<Vec<(String, Scope)>, Failure> {
    let mut planned = Vec::with_capacity(scopes.len());
    for openapi::Scope { place, name, description } in scopes {
        let (server, service) = (server.to_owned(), Some(service.to_owned()));
        let scope = Scope { server, display_name: name.clone(), name, description, service, ..Scope::default() };
        collect(problems, &place, scope::check(&scope))?;
        planned.push((id::generate(&domain.world), scope));
    }
    Ok(planned)
}

/// Policies that are named by their ids, each once.
fn known(operations: &[openapi::Operation]) -> Vec<(String, String)> {
    let mut seen = HashSet::new();
    let known = operations.iter().filter_map(|operation| match &operation.policy {
        Some(Attached::Known { place, id }) => seen.insert(id.as_str()).then(|| (place.clone(), id.clone())),
        Some(Attached::Own(_)) | None => None,
    });
    known.collect()
}

type Apis = (Vec<(String, Api)>, Vec<Api>);

/// The APIs in order, and those that are there twice.
fn planned_apis(
    domain: &Domain,
    service: &str,
    server: &str,
    operations: Vec<openapi::Operation>,
    policies: &[String],
    problems: &mut Vec<Problem>,
) -> Result<Apis, Failure> {
    let (mut apis, mut twice) = (Vec::with_capacity(operations.len()), Vec::new());
    let mut seen = HashSet::new();
    for openapi::Operation { place, method, path, policy } in operations {
        let policy = policy.and_then(|attached| match attached {
            Attached::Known { id, .. } => Some(id),
            Attached::Own(number) => policies.get(number).cloned(),
        });
        let api = Api {
            server: server.to_owned(),
            service: service.to_owned(),
            method: method.to_owned(),
            path,
            policy,
            data_classifications: Vec::new(),
            position: u32::try_from(apis.len() + 1).unwrap_or(u32::MAX),
            can_have_policy: true,
            imported: true,
        };
        collect(problems, &place, api::check(&api))?;
        match seen.insert(api::shape(&api)) {
            true => apis.push((id::generate(&domain.world), api)),
            false => twice.push(api),
        }
    }
    Ok((apis, twice))
}

/// Adds the problems of what stands at `place`.
fn collect(problems: &mut Vec<Problem>, place: &str, checked: Result<(), Failure>) -> Result<(), Failure> {
    match checked.map_err(|failure| failure.below(place)) {
        Err(Failure::Invalid(found)) => {
            problems.extend(found);
            problems.truncate(openapi::TOLD);
            Ok(())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_say_where_they_come_from_and_can_be_kept() {
        assert_eq!(derived("shop", "listPets"), "shop-listPets");
        assert_eq!(derived("shop", "GET /pets/{id}"), "shop-GET-pets-id");
        assert_eq!(derived("shop", ""), "shop-document");
        assert_eq!(derived("shop", "Übersicht ../x"), "shop-bersicht-x");
        let (one, other) = (derived("shop", &"a".repeat(500)), derived("shop", &"a".repeat(501)));
        assert_ne!(one, other);
        for id in [one, other, derived(&"s".repeat(128), "listPets")] {
            assert_eq!(id.len(), LONGEST);
            assert_eq!(id::check("/id", &id), Ok(()));
        }
    }
}
