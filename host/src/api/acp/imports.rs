//! OpenAPI documents of services, on the wire: as a file, as text, by their URL.

use bytes::Bytes;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    apis::{self, ApiBody},
    policies::{self, PolicyBody},
    scopes::{self, ScopeBody},
};
use crate::{
    api::{
        Answer, Call, Request,
        read::{self, JSON, MULTIPART},
    },
    domain::{
        Failure, Problem,
        api::Api,
        gateway::GatewayKind,
        import::{self, Import, Imported, Removed},
        policy::Policy,
        scope::Scope,
        service,
    },
    openapi::{self, Document},
};

/// The media type of documents as text, besides those of [`DOCUMENTS`].
pub const TEXT: &str = "text/plain";
const DOCUMENTS: [&str; 6] =
    [TEXT, JSON, "application/yaml", "application/x-yaml", "text/yaml", "application/vnd.oai.openapi"];

const GATEWAY_TYPE: &str = "gateway_type";
/// The query of all imports.
pub const QUERY: &[(&str, &str)] =
    &[(GATEWAY_TYPE, "The kind of gateway: pyron, aws, azure, istio, envoy, nginx or standalone")];

/// A document as a file.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it is read as a multipart form; this is its shape for people")]
pub struct FileForm {
    /// The document.
    file: String,
}

/// A document by its URL. A multipart form with the field `url` is taken as well.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UrlBody {
    /// An http or https URL.
    pub url: String,
}

/// What an import has changed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ImportServiceConfigurationResult")]
pub struct ImportResult {
    /// The APIs that the service has now. One that is among `removed_apis` with the same id was replaced.
    pub created_apis: Vec<ApiBody>,
    /// The policies that were written.
    pub created_policies: Vec<PolicyBody>,
    /// The scopes that were added.
    pub created_scopes: Vec<ScopeBody>,
    /// Operations with the method and the path of an earlier one of the document.
    pub ignored_apis: Vec<ApiBody>,
    /// Policies of the document whose ids were taken. The APIs ask those that have the ids.
    pub ignored_policies: Vec<PolicyBody>,
    /// Scopes of the document that the server has already, as they are.
    pub ignored_scopes: Vec<ScopeBody>,
    /// The APIs that the service had before.
    pub removed_apis: Vec<ApiBody>,
    /// The policies of the last import that were removed or replaced.
    pub removed_policies: Vec<PolicyBody>,
    /// The policies of the last import that are in use elsewhere.
    pub not_removed_policies: Vec<PolicyBody>,
}

/// What the removal of a specification has changed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RemoveServiceConfigurationResult")]
pub struct RemoveResult {
    /// The APIs that the service had.
    pub removed_apis: Vec<ApiBody>,
    /// The policies of the import that were removed.
    pub removed_policies: Vec<PolicyBody>,
    /// The policies of the import that are in use elsewhere.
    pub not_removed_policies: Vec<PolicyBody>,
}

/// importSpecificationFromFile
pub async fn from_file(call: Call) -> Result<Answer, Failure> {
    there(&call)?;
    let text = read::field(&call.request, "file").await?;
    let import = specification(&call, text).await?;
    imported(&call, import).await
}

/// importSpecificationFromText
pub async fn from_text(call: Call) -> Result<Answer, Failure> {
    there(&call)?;
    let sent = read::sent_media_type(&call.request);
    if !DOCUMENTS.iter().any(|known| sent.eq_ignore_ascii_case(known)) {
        return Err(Failure::MediaType { expected: "text/plain, application/json or application/yaml" });
    }
    let import = specification(&call, call.request.body.clone()).await?;
    imported(&call, import).await
}

/// importSpecificationFromURL
pub async fn from_url(call: Call) -> Result<Answer, Failure> {
    there(&call)?;
    gateway_type(&call.request)?;
    let url = url(&call.request).await?;
    let text = import::fetch(&call.app.domain, &url).await?;
    let import = specification(&call, text.into()).await.map_err(|failure| match failure {
        // The request can be read well enough.
        Failure::Malformed(problem) => Failure::invalid("/url", format!("the document {}", problem.reason)),
        other => other,
    })?;
    imported(&call, import).await
}

/// removeSpecification
pub async fn remove(call: Call) -> Result<Answer, Failure> {
    let removed = import::remove(&call.app.domain, &call.by(), call.tenant(), call.param("sid")).await?;
    let Removed { apis, policies, not_removed } = removed;
    let shown = Shown(call.tenant());
    let body = RemoveResult {
        removed_apis: shown.apis(apis),
        removed_policies: shown.policies(policies),
        not_removed_policies: shown.policies(not_removed),
    };
    Ok(call.json(StatusCode::OK, &body))
}

/// Looks for the service before anything is read or fetched for it.
fn there(call: &Call) -> Result<(), Failure> {
    service::current(&call.app.domain, call.tenant(), call.param("sid")).map(drop)
}

async fn url(request: &Request) -> Result<String, Failure> {
    if !read::sent_media_type(request).eq_ignore_ascii_case(MULTIPART) {
        let UrlBody { url } = read::json(request)?;
        return Ok(url);
    }
    let url = read::field(request, "url").await?;
    String::from_utf8(url.to_vec()).map_err(|_| Failure::malformed("form.url", "is not UTF-8 text"))
}

fn gateway_type(request: &Request) -> Result<Option<GatewayKind>, Failure> {
    let query = read::query(request)?;
    query.only(&[GATEWAY_TYPE])?;
    let read = |text: &str| serde_json::from_value(Value::String(text.to_owned())).ok();
    match query.get(GATEWAY_TYPE) {
        None => Ok(None),
        Some(text) => match read(text) {
            Some(kind) => Ok(Some(kind)),
            None => Err(Failure::invalid("query.gateway_type", "is not a kind of gateway that is known")),
        },
    }
}

/// The document of a text. A large one takes a while to read, so it is read off the event loop.
async fn specification(call: &Call, text: Bytes) -> Result<Import, Failure> {
    let gateway_type = gateway_type(&call.request)?;
    let tenant = call.tenant().to_owned();
    let turn = import::turn(&call.app.domain).await?;
    let read = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        parse(&text, &tenant)
    });
    let read = read.await;
    let (document, policies) = read.map_err(|error| Failure::Internal { log: error.to_string() })??;
    Ok(Import { document, policies, gateway_type })
}

type Parsed = (Document, Vec<(Option<String>, Policy)>);

/// The document of a text, with its policies.
fn parse(text: &[u8], tenant: &str) -> Result<Parsed, Failure> {
    let value = read::document(text).map_err(Failure::Malformed)?;
    let problem = |openapi::Problem { place, reason }| Problem::new(place, reason);
    let document =
        openapi::read(&value).map_err(|problems| Failure::Invalid(problems.into_iter().map(problem).collect()))?;
    let (mut policies, mut problems) = (Vec::new(), Vec::new());
    for found in &document.policies {
        match policy(found, tenant).map_err(|failure| failure.below(&found.place)) {
            Ok(policy) => policies.push(policy),
            Err(Failure::Invalid(wrong)) => {
                problems.extend(wrong);
                problems.truncate(openapi::TOLD);
            }
            Err(other) => return Err(other),
        }
    }
    Failure::unless_fine(problems)?;
    Ok((document, policies))
}

/// A policy as createPolicy takes it; without a name it is called like what it is attached to.
fn policy(found: &openapi::Policy, tenant: &str) -> Result<(Option<String>, Policy), Failure> {
    let mut body: PolicyBody =
        read::from_value(Value::Object(found.value.clone())).map_err(|problem| Failure::Invalid(vec![problem]))?;
    read::agrees("/tenant_id", body.tenant_id.take(), tenant)?;
    let id = read::said(body.id.take());
    policies::unless_reserved(id.as_deref().unwrap_or_default())?;
    body.id = Some(id.clone().unwrap_or_default());
    let name = if found.name.is_empty() { "All operations" } else { &found.name };
    body.policy_name.get_or_insert_with(|| name.chars().take(200).collect());
    let (_, policy) = policies::parse(body)?;
    Ok((id, policy))
}

async fn imported(call: &Call, import: Import) -> Result<Answer, Failure> {
    let result = import::import(&call.app.domain, &call.by(), call.tenant(), call.param("sid"), import).await?;
    let Imported { apis, ignored_apis, policies, ignored_policies, scopes, ignored_scopes, removed } = result;
    let Removed { apis: removed_apis, policies: removed_policies, not_removed } = removed;
    let shown = Shown(call.tenant());
    let without_id = |api| ApiBody { id: None, ..apis::show(call.tenant(), "", api) };
    let body = ImportResult {
        created_apis: shown.apis(apis),
        created_policies: shown.policies(policies),
        created_scopes: shown.scopes(scopes),
        ignored_apis: ignored_apis.into_iter().map(without_id).collect(),
        ignored_policies: shown.policies(ignored_policies),
        ignored_scopes: shown.scopes(ignored_scopes),
        removed_apis: shown.apis(removed_apis),
        removed_policies: shown.policies(removed_policies),
        not_removed_policies: shown.policies(not_removed),
    };
    Ok(call.json(StatusCode::OK, &body))
}

/// Shows what belongs to a tenant.
struct Shown<'a>(&'a str);

impl Shown<'_> {
    fn apis(&self, found: Vec<(String, Api)>) -> Vec<ApiBody> {
        found.into_iter().map(|(id, api)| apis::show(self.0, &id, api)).collect()
    }

    fn policies(&self, found: Vec<(String, Policy)>) -> Vec<PolicyBody> {
        found.into_iter().map(|(id, policy)| policies::show(self.0, &id, policy)).collect()
    }

    fn scopes(&self, found: Vec<(String, Scope)>) -> Vec<ScopeBody> {
        found.into_iter().map(|(id, scope)| scopes::show(self.0, &id, scope)).collect()
    }
}
