//! An API: a method and a path template of a service, with the policy that a request must pass.
//!
//! What its path may look like is in `template`.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{
    By, Domain, Failure, Problem, name,
    noun::{self, Named},
    policy_use::{self, Reference},
    service::Service,
    stamp::Stamp,
    template, text,
};
use crate::store::{Index, Kind, Noun, State, View, Write};

/// An API's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Api {
    /// The authorization server of its service.
    pub server: String,
    /// The service it belongs to.
    pub service: String,
    /// The HTTP method, in upper case.
    pub method: String,
    /// The path as OpenAPI writes it: `/pets/{id}`.
    pub path: String,
    /// What a request must pass; none lets every request through that the gateway knows.
    pub policy: Option<String>,
    /// Kinds of data that it hands out.
    pub data_classifications: Vec<String>,
    /// Its place in the service, from 1.
    pub position: u32,
    /// Whether a policy can be attached to it.
    pub can_have_policy: bool,
    /// Made by an import, which alone can remove it.
    pub imported: bool,
}

impl Noun for Api {
    const KIND: Kind = Kind::Api;
}

impl Named for Api {
    const NAME: &'static str = "API";
}

/// The methods of OpenAPI's path items.
pub const METHODS: [&str; 8] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

/// Which APIs a list has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// All.
    #[default]
    All,
    /// Those without data classifications.
    Unclassified,
    /// Those with one of these data classifications.
    Classified(Vec<String>),
}

impl Filter {
    fn lets(&self, api: &Api) -> bool {
        match self {
            Filter::All => true,
            Filter::Unclassified => api.data_classifications.is_empty(),
            Filter::Classified(wanted) => wanted.iter().any(|one| api.data_classifications.contains(one)),
        }
    }
}

/// An API with its id.
pub type Listed = (String, State<Api>);

/// The API `id` as it is now.
pub fn current(domain: &Domain, tenant: &str, id: &str) -> Result<Arc<State<Api>>, Failure> {
    noun::current(domain, tenant, id)
}

/// The APIs of a service, in their order (listAPIsByService). A service that is not there has none: the operation has no
/// other answer.
pub fn of_service(domain: &Domain, tenant: &str, service: &str, filter: &Filter) -> Result<Vec<Listed>, Failure> {
    in_order(&domain.store.read()?, tenant, service, filter, domain.now())
}

/// The APIs of a server in their order, by service, also of those without any (listAPIsByServer). A server that is not
/// there has none: the operation has no other answer.
pub fn of_server(
    domain: &Domain,
    tenant: &str,
    server: &str,
    filter: &Filter,
) -> Result<BTreeMap<String, Vec<Listed>>, Failure> {
    let (read, now) = (domain.store.read()?, domain.now());
    let services = noun::below::<Service>(&read, Index::ServerServices, tenant, server, now)?;
    let with_apis = |(id, _): (String, _)| Ok((id.clone(), in_order(&read, tenant, &id, filter, now)?));
    services.into_iter().map(with_apis).collect()
}

/// The APIs of a service by position; what shares one is in the order of its ids.
fn in_order(view: &impl View, tenant: &str, service: &str, filter: &Filter, at: i64) -> Result<Vec<Listed>, Failure> {
    let mut apis = noun::below::<Api>(view, Index::ServiceApis, tenant, service, at)?;
    apis.retain(|(_, state)| filter.lets(&state.value));
    apis.sort_by_key(|(_, state)| state.value.position);
    Ok(apis)
}

/// Makes an API by hand (createAPI). Without `id` it gets one, without position it comes last. An id that is taken is a
/// wrong member: the operation has no conflicts.
pub async fn create(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: Option<&str>,
    api: Api,
) -> Result<(String, State<Api>), Failure> {
    let api = tidy(Api { imported: false, ..api });
    check(&api)?;
    let made = noun::create(domain, by, tenant, id, api, save_by_hand).await;
    made.map_err(|failure| match failure {
        Failure::Conflict { reason, .. } => Failure::invalid("/id", reason),
        other => other,
    })
}

/// Gives an API another policy and other data classifications (updateAPI).
pub async fn update(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    policy: Option<String>,
    data_classifications: Vec<String>,
) -> Result<State<Api>, Failure> {
    let change = move |old: &Api| {
        let (policy, data_classifications) = (policy.clone(), data_classifications.clone());
        let api = tidy(Api { policy, data_classifications, ..old.clone() });
        check(&api)?;
        Ok(api)
    };
    noun::update(domain, by, tenant, id, change, save).await
}

/// Gives an API that was made by hand the configuration of an earlier state of its own.
pub(super) async fn put_back(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    api: Api,
) -> Result<State<Api>, Failure> {
    check(&api)?;
    noun::update(domain, by, tenant, id, move |_| Ok(api.clone()), save_by_hand).await
}

/// Removes an API that was made by hand (deleteAPI).
pub async fn delete(domain: &Domain, by: &By<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    noun::delete(domain, by, tenant, id, made_by_hand, remove).await
}

/// Like [`save`], unless an import alone says which APIs the service has.
fn save_by_hand(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: Option<&Api>,
    api: &Api,
    stamp: &Stamp,
) -> Result<State<Api>, Failure> {
    if let Some(service) = stamp.live::<Service>(write, tenant, &api.service)? {
        open_to_hands(&service.value)?;
    }
    save(write, tenant, id, old, api, stamp)
}

fn open_to_hands(service: &Service) -> Result<(), Failure> {
    let reason = || format!("the APIs of the service `{}` come from an imported specification", service.name);
    if service.with_specification { Err(Failure::Unsupported { reason: reason() }) } else { Ok(()) }
}

fn made_by_hand(api: &Api) -> Result<(), Failure> {
    let needs = "an API that does not come from an imported specification";
    if api.imported { Err(Failure::Forbidden { needs: needs.to_owned() }) } else { Ok(()) }
}

/// Writes an API with its place and its policy, inside a transaction. Server and position are filled in when they are
/// empty.
pub(super) fn save(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: Option<&Api>,
    api: &Api,
    stamp: &Stamp,
) -> Result<State<Api>, Failure> {
    let before = old.map(|old| old.service.as_str());
    let service = noun::parent::<Service>(write, tenant, "/service_id", before, &api.service, stamp)?;
    let mut api = api.clone();
    api.server = noun::fixed("/server_id", api.server, &service.value.server)
        .map_err(|_| Failure::invalid("/server_id", "must be the server of the service"))?;
    if api.position == 0 {
        api.position = last_position(write, tenant, &api.service, stamp)?.saturating_add(1);
    }
    name::switch::<Api>(write, tenant, &api.service, id, old.map(shape).as_deref(), ("/path", &shape(&api)), stamp)
        .map_err(|failure| match failure {
            Failure::Conflict { .. } | Failure::Invalid(_) => {
                Failure::invalid("/path", "is a path of another API of the service, by the same method")
            }
            other => other,
        })?;
    let policies_before = old.map(policies).unwrap_or_default();
    policy_use::switch(write, tenant, &user_of_policy(id), &policies_before, &policies(&api), stamp)?;
    noun::refile(write, Index::ServiceApis, tenant, before, Some(&api.service), id)?;
    Ok(stamp.replace(write, tenant, id, api)?)
}

/// Removes an API, inside a transaction.
pub(super) fn remove(write: &mut Write<'_>, tenant: &str, id: &str, old: &Api, stamp: &Stamp) -> Result<(), Failure> {
    name::take_back::<Api>(write, tenant, &old.service, &shape(old), id)?;
    policy_use::switch(write, tenant, &user_of_policy(id), &policies(old), &[], stamp)?;
    noun::refile(write, Index::ServiceApis, tenant, Some(&old.service), None, id)?;
    stamp.soft_delete::<Api>(write, tenant, id)?;
    Ok(())
}

/// Removes the APIs of a service that goes, inside a transaction.
pub(super) fn delete_all(write: &mut Write<'_>, tenant: &str, service: &str, stamp: &Stamp) -> Result<(), Failure> {
    noun::remove_below(write, Index::ServiceApis, tenant, service, stamp, remove)
}

/// The API as it is kept: the method in upper case, data classifications trimmed and each once.
pub(super) fn tidy(mut api: Api) -> Api {
    api.method.make_ascii_uppercase();
    let mut seen = HashSet::new();
    let trimmed = api.data_classifications.iter().map(|classification| classification.trim());
    let kept = trimmed.filter(|classification| seen.insert(*classification)).map(str::to_owned).collect();
    Api { data_classifications: kept, ..api }
}

/// Checks what needs no store, of an API that is tidy.
pub(super) fn check(api: &Api) -> Result<(), Failure> {
    let mut problems = Vec::new();
    problems.extend(text::name("/service_id", &api.service));
    if !METHODS.contains(&api.method.as_str()) {
        problems.push(Problem::new("/method", format!("must be one of {}", METHODS.join(", "))));
    }
    problems.extend(template::check("/path", &api.path));
    if api.policy.is_some() && !api.can_have_policy {
        problems.push(Problem::new("/policy_id", "this API cannot have a policy"));
    }
    problems.extend(classifications("/data_classifications", &api.data_classifications));
    Failure::unless_fine(problems)
}

fn classifications(member: &str, list: &[String]) -> Vec<Problem> {
    if let Some(problem) = text::items(member, list) {
        return vec![problem];
    }
    let one = |(place, name): (usize, &String)| text::name(&format!("{member}/{place}"), name);
    list.iter().enumerate().filter_map(one).collect()
}

/// What no two APIs of a service share: the names of parameters do not tell paths apart.
pub(super) fn shape(api: &Api) -> String {
    format!("{} {}", api.method, template::shape(&api.path))
}

/// The highest position of a service's APIs, 0 without any.
pub(super) fn last_position(write: &Write<'_>, tenant: &str, service: &str, stamp: &Stamp) -> Result<u32, Failure> {
    let apis = noun::below::<Api>(write, Index::ServiceApis, tenant, service, stamp.now)?;
    Ok(apis.into_iter().map(|(_, state)| state.value.position).max().unwrap_or_default())
}

fn policies(api: &Api) -> Vec<Reference<'_>> {
    Reference::of("/policy_id", api.policy.as_ref()).into_iter().collect()
}

/// What an API is called among the users of a policy.
pub(super) fn user_of_policy(id: &str) -> String {
    format!("API `{id}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classifications_are_trimmed_and_kept_once() {
        let api = Api {
            method: "get".into(),
            data_classifications: [" PII", "PII ", "HIPAA"].map(Into::into).into(),
            ..Api::default()
        };
        let tidy = tidy(api);
        assert_eq!(
            (tidy.method.as_str(), tidy.data_classifications),
            ("GET", vec!["PII".to_owned(), "HIPAA".to_owned()])
        );
    }

    #[test]
    fn what_was_imported_is_not_for_hands() {
        assert_eq!(made_by_hand(&Api::default()), Ok(()));
        let imported = Api { imported: true, ..Api::default() };
        assert!(matches!(made_by_hand(&imported), Err(Failure::Forbidden { .. })));
        assert_eq!(open_to_hands(&Service::default()), Ok(()));
        let described = Service { with_specification: true, ..Service::default() };
        assert!(matches!(open_to_hands(&described), Err(Failure::Unsupported { .. })));
    }

    #[test]
    fn parameters_do_not_tell_apis_apart() {
        let api = |method: &str, path: &str| Api { method: method.into(), path: path.into(), ..Api::default() };
        assert_eq!(shape(&api("GET", "/pets/{id}")), shape(&api("GET", "/pets/{name}")));
        assert_ne!(shape(&api("GET", "/pets/{id}")), shape(&api("PUT", "/pets/{id}")));
        assert_ne!(shape(&api("GET", "/pets/{id}")), shape(&api("GET", "/pets/id")));
    }
}
