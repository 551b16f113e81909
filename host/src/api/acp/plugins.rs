//! Plugins on the wire: components that a tenant brings, their versions side by side, and which of them answers.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    api::{
        Answer, Call, Request,
        acp::plugin_sources,
        read::{self, JSON, MULTIPART},
    },
    decision::{ComponentId, Inspected},
    domain::{
        Failure,
        plugin::{self, Described, Plugin, Upload, Version, Which},
    },
};

/// The media type of a component.
pub const COMPONENT: &str = "application/octet-stream";
/// The header that a signature comes in.
const SIGNATURE: &str = "x-portcullis-signature";
const NAME: &str = "name";
/// The query of an upload.
pub const QUERY: &[(&str, &str)] =
    &[(NAME, "The name to keep the component under, when it is not the one it gives itself")];
/// Where an uploaded component comes from.
const UPLOAD: &str = "upload";
/// What `source` says of components that come with the server.
const BUNDLED: &str = "bundled";

/// All plugins of a tenant, and the components that come with the server.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Plugins")]
pub struct PluginsBody {
    /// By name, those of the tenant first.
    pub plugins: Vec<PluginBody>,
}

/// A plugin with its versions.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Plugin")]
pub struct PluginBody {
    /// The name that policies use: `NAME`, `NAME@VERSION` or `NAME@sha256:DIGEST`.
    pub name: String,
    /// Whose it is. Empty for components that come with the server.
    pub tenant_id: String,
    /// Whether it comes with the server: then its name is taken and it cannot be changed.
    pub bundled: bool,
    /// The version that answers for the bare name; none when the plugin is disabled.
    pub enabled_version: Option<String>,
    /// Its digest.
    pub enabled_digest: Option<String>,
    /// The version that answered before: a rollback lets it answer again.
    pub previous_version: Option<String>,
    /// In the order of their arrival.
    pub versions: Vec<VersionBody>,
}

/// One version of a plugin.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PluginVersion")]
pub struct VersionBody {
    /// As the component says.
    pub version: String,
    /// SHA-256 of the component, in hex.
    pub digest: String,
    /// Whether it answers for the bare name.
    pub enabled: bool,
    /// Where it came from.
    pub source: String,
    /// The names of the keys that have signed it.
    pub signed_by: Vec<String>,
    /// Who names it, or the plugin while it answers.
    pub used_by: Vec<String>,
    /// What it does; left out in the list of components that come with the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<ComponentBody>,
}

/// What a component is.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Component")]
pub struct ComponentBody {
    /// `validator`, `claim-mapper` or `consent-checker`.
    pub world: &'static str,
    /// The name it gives itself.
    pub name: String,
    /// For the author of a policy.
    pub help: String,
    /// JSON Schema of one `conf`.
    pub conf_schema: Value,
    /// The interfaces of the host that it asks for.
    pub imports: Vec<String>,
    /// In bytes.
    pub size: u64,
}

/// Which version is meant.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichBody {
    /// As the component says. Either this or `digest` is needed.
    #[serde(default)]
    pub version: Option<String>,
    /// SHA-256 of the component, in hex.
    #[serde(default)]
    pub digest: Option<String>,
}

/// listPlugins
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let (domain, tenant) = (&call.app.domain, call.tenant());
    let own = plugin::list(domain, tenant)?;
    let mut plugins = Vec::with_capacity(own.len());
    for (name, state) in own {
        let versions = plugin::describe(domain, tenant, &name, &state.value)?;
        plugins.push(show(tenant, name, state.value, versions));
    }
    let found = domain.components.bundled().await.into_iter();
    plugins.extend(found.map(|ComponentId { name, digest }| bundled(name, digest)));
    Ok(call.json(StatusCode::OK, &PluginsBody { plugins }))
}

/// uploadPlugin
pub async fn upload(call: Call) -> Result<Answer, Failure> {
    let query = read::query(&call.request)?;
    query.only(&[NAME])?;
    let name = read::said(query.get(NAME).map(str::to_owned));
    let upload = match read::sent_media_type(&call.request).eq_ignore_ascii_case(JSON) {
        true => plugin_sources::taken(&call, name).await?,
        false => {
            let (wasm, signatures) = component(&call.request).await?;
            Upload { wasm, name, signatures, source: UPLOAD.to_owned() }
        }
    };
    let uploaded = plugin::upload(&call.app.domain, &call.by(), call.tenant(), upload).await?;
    let status = if uploaded.is_new { StatusCode::CREATED } else { StatusCode::OK };
    one(&call, status, &uploaded.name, uploaded.state.value, uploaded.state.version)
}

/// getPlugin
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let name = call.param("name");
    match plugin::current(&call.app.domain, call.tenant(), name) {
        Ok(state) => one(&call, StatusCode::OK, name, state.value.clone(), state.version),
        Err(missing @ Failure::NotFound { .. }) => {
            let found = call.app.domain.components.describe_bundled(name).await.ok_or(missing)?;
            Ok(call.json(StatusCode::OK, &described_bundled(name, found)))
        }
        Err(failure) => Err(failure),
    }
}

/// deletePlugin
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    plugin::remove(&call.app.domain, &call.by(), call.tenant(), call.param("name")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// getPluginVersion
pub async fn get_version(call: Call) -> Result<Answer, Failure> {
    let which = Which::parse(call.param("version"));
    let (found, version) = plugin::describe_one(&call.app.domain, call.tenant(), call.param("name"), which)?;
    Ok(call.one(StatusCode::OK, &show_version(found), version))
}

/// deletePluginVersion
pub async fn delete_version(call: Call) -> Result<Answer, Failure> {
    let which = Which::parse(call.param("version"));
    plugin::remove_version(&call.app.domain, &call.by(), call.tenant(), call.param("name"), which).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// enablePlugin
pub async fn enable(call: Call) -> Result<Answer, Failure> {
    let WhichBody { version, digest } = read::json(&call.request)?;
    let which = match (&version, &digest) {
        (Some(version), None) => ("/version", Which::Version(version)),
        (None, Some(digest)) => ("/digest", Which::Digest(digest)),
        _ => return Err(Failure::invalid("/version", "either the version or the digest is needed")),
    };
    let name = call.param("name");
    let state = plugin::enable(&call.app.domain, &call.by(), call.tenant(), name, which).await?;
    one(&call, StatusCode::OK, name, state.value, state.version)
}

/// disablePlugin
pub async fn disable(call: Call) -> Result<Answer, Failure> {
    let name = call.param("name");
    let state = plugin::disable(&call.app.domain, &call.by(), call.tenant(), name).await?;
    one(&call, StatusCode::OK, name, state.value, state.version)
}

/// rollBackPlugin
pub async fn roll_back(call: Call) -> Result<Answer, Failure> {
    let name = call.param("name");
    let state = plugin::roll_back(&call.app.domain, &call.by(), call.tenant(), name).await?;
    one(&call, StatusCode::OK, name, state.value, state.version)
}

type Signatures = Vec<(String, String)>;

/// The component of an upload with its signatures: the body itself with a header, or a form with fields.
async fn component(request: &Request) -> Result<(Vec<u8>, Signatures), Failure> {
    let mut signatures = Vec::new();
    for value in request.headers.get_all(SIGNATURE) {
        let member = format!("header.{SIGNATURE}");
        let text = value.to_str().map_err(|_| Failure::malformed(member.clone(), "is not base64"))?;
        signatures.extend(text.split(',').map(|text| (member.clone(), text.to_owned())));
    }
    let sent = read::sent_media_type(request);
    if sent.eq_ignore_ascii_case(COMPONENT) || sent.eq_ignore_ascii_case("application/wasm") {
        return Ok((request.body.to_vec(), signatures));
    }
    if !sent.eq_ignore_ascii_case(MULTIPART) {
        return Err(Failure::MediaType {
            expected: "application/octet-stream, application/wasm, multipart/form-data or application/json",
        });
    }
    let mut component = None;
    for (field, bytes) in read::fields(request, &["component", "signature"]).await? {
        match (field, &component) {
            ("component", None) => component = Some(bytes.to_vec()),
            ("component", Some(_)) => return Err(Failure::malformed("form.component", "is given more than once")),
            _ => signatures.push(("form.signature".to_owned(), String::from_utf8_lossy(&bytes).into_owned())),
        }
    }
    let component = component.ok_or_else(|| Failure::invalid("form.component", "is required"))?;
    Ok((component, signatures))
}

/// An answer with a plugin as it is.
fn one(call: &Call, status: StatusCode, name: &str, plugin: Plugin, version: u64) -> Result<Answer, Failure> {
    let versions = plugin::describe(&call.app.domain, call.tenant(), name, &plugin)?;
    Ok(call.one(status, &show(call.tenant(), name.to_owned(), plugin, versions), version))
}

/// A plugin.
pub fn show(tenant: &str, name: String, plugin: Plugin, described: Vec<Described>) -> PluginBody {
    let Plugin { versions, enabled, before, grants: _ } = plugin;
    let version_of = |digest: &Option<String>| {
        let found = versions.iter().find(|version| Some(&version.digest) == digest.as_ref());
        found.map(|version| version.version.clone())
    };
    PluginBody {
        name,
        tenant_id: tenant.to_owned(),
        bundled: false,
        enabled_version: version_of(&enabled),
        previous_version: version_of(&before),
        enabled_digest: enabled,
        versions: described.into_iter().map(show_version).collect(),
    }
}

/// A version of one.
pub fn show_version(described: Described) -> VersionBody {
    let Described { version: Version { version, digest, source, signed_by }, component, enabled, used_by } = described;
    let component = Some(show_component(component));
    VersionBody { version, digest, enabled, source, signed_by, used_by, component }
}

fn show_component(inspected: Inspected) -> ComponentBody {
    let Inspected { digest: _, world, name, version: _, help, conf_schema, imports, size } = inspected;
    // It was compiled when the component was looked at, so it is JSON.
    let conf_schema = serde_json::from_str(&conf_schema).unwrap_or_default();
    ComponentBody { world: world.as_str(), name, help, conf_schema, imports, size }
}

/// A component that comes with the server, as a line of a list: what it says is asked for one at a time.
pub fn bundled(name: String, digest: String) -> PluginBody {
    let version = Version { version: String::new(), digest, source: BUNDLED.to_owned(), signed_by: Vec::new() };
    show_bundled(name, version, None)
}

fn described_bundled(name: &str, found: Inspected) -> PluginBody {
    let version = Version {
        version: found.version.clone(),
        digest: found.digest.clone(),
        source: BUNDLED.to_owned(),
        signed_by: Vec::new(),
    };
    show_bundled(name.to_owned(), version, Some(show_component(found)))
}

fn show_bundled(name: String, version: Version, component: Option<ComponentBody>) -> PluginBody {
    let Version { version, digest, source, signed_by } = version;
    PluginBody {
        name,
        tenant_id: String::new(),
        bundled: true,
        enabled_version: Some(version.clone()).filter(|version| !version.is_empty()),
        enabled_digest: Some(digest.clone()),
        previous_version: None,
        versions: vec![VersionBody {
            version,
            digest,
            enabled: true,
            source,
            signed_by,
            used_by: Vec::new(),
            component,
        }],
    }
}
