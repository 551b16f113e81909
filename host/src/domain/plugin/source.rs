//! Where a component can be taken from, other than an upload: an OCI registry or the operator's folder.
//!
//! `{"source": …}` at the plugin operations of the admin group and of the command line. What is taken goes the same way as an upload from there.

use std::path::PathBuf;

use super::{folder, oci};
use crate::domain::{Domain, Failure, fetch::Fetch};

/// What the configuration says about sources.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The folder whose components are offered to every tenant.
    pub folder: Option<PathBuf>,
    /// A file with names and passwords at registries, as Docker keeps it.
    pub registry_auth: Option<PathBuf>,
    /// Registries, with their port, that are asked with http.
    pub insecure_registries: Vec<String>,
    /// The largest component, in bytes.
    pub component_bytes: usize,
}

/// A component that was taken.
pub struct Taken {
    /// Its bytes.
    pub wasm: Vec<u8>,
    /// Exactly where it came from.
    pub source: String,
}

/// Takes the component that `source` names: `oci://HOST/NAME:TAG`, `oci://HOST/NAME@sha256:DIGEST` or `file:NAME.wasm`.
pub async fn take(domain: &Domain, source: &str) -> Result<Taken, Failure> {
    take_from(&domain.plugin_sources, domain.outbound.as_ref(), source).await
}

async fn take_from(sources: &Sources, fetch: &dyn Fetch, source: &str) -> Result<Taken, Failure> {
    if let Some(reference) = source.strip_prefix("oci://") {
        return oci::pull(sources, fetch, reference).await;
    }
    match source.strip_prefix("file:") {
        Some(name) => folder::take(sources, name).await,
        None => Err(invalid("must begin with `oci://` or `file:`")),
    }
}

/// The components of the folder, by name, each with its size in bytes.
pub async fn offered(domain: &Domain) -> Result<Vec<(String, u64)>, Failure> {
    folder::list(&domain.plugin_sources).await
}

/// A source that names nothing.
pub(super) fn invalid(reason: impl Into<String>) -> Failure {
    Failure::invalid("/source", reason)
}
