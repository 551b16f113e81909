//! Where plugins can be taken from, as the admin group shows and takes it.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure,
        plugin::{
            Upload,
            source::{self, Taken},
        },
        tenant,
    },
};

/// Components that can be taken as plugins.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PluginSources")]
pub struct SourcesBody {
    /// By name.
    pub sources: Vec<OfferedBody>,
}

/// A component that can be taken.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OfferedPlugin")]
pub struct OfferedBody {
    /// What to name when a plugin is made of it.
    pub source: String,
    /// In bytes.
    pub size: u64,
}

/// Where to take a component from, in place of an upload.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PluginSource")]
pub struct SourceBody {
    /// `oci://HOST/NAME:TAG` or `oci://HOST/NAME@sha256:DIGEST` in a registry, or `file:NAME.wasm` in the operator's folder.
    pub source: String,
    /// Signatures of the component, in base64.
    #[serde(default)]
    pub signatures: Vec<String>,
}

/// listPluginSources
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let domain = &call.app.domain;
    tenant::current(domain, call.tenant())?;
    let offered = source::offered(domain).await?.into_iter();
    let sources = offered.map(|(name, size)| OfferedBody { source: format!("file:{name}"), size });
    Ok(call.json(StatusCode::OK, &SourcesBody { sources: sources.collect() }))
}

/// What a body names, as if it had been uploaded.
pub(super) async fn taken(call: &Call, name: Option<String>) -> Result<Upload, Failure> {
    let SourceBody { source, signatures } = read::json(&call.request)?;
    let Taken { wasm, source } = source::take(&call.app.domain, &source).await?;
    let signature = |(index, text)| (format!("/signatures/{index}"), text);
    Ok(Upload { wasm, name, signatures: signatures.into_iter().enumerate().map(signature).collect(), source })
}
