//! The configuration: what an operator may set, as one plain struct.
//!
//! `cli` loads it once; every part gets the piece it needs. The settings' names, defaults, bounds and help are one
//! table in `table`; a file, PORTCULLIS_* variables and flags are merged in `load`. Secrets are no part of it: they
//! come from the environment or are made on first start. Knows nothing of sockets or stores.

mod error;
mod load;
mod network;
mod settings;
mod table;
#[cfg(test)]
mod tests;

use std::{net::SocketAddr, path::PathBuf};

use serde::{Deserialize, Serialize};

pub use error::{ConfigError, Source};
pub use load::Flags;
pub use network::Network;
pub use settings::{Kind, Preset, Setting, defaults_file};
pub use table::SETTINGS;

/// Everything an operator may set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The address to listen on; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The folder of the store, the compiled policies and the control socket.
    pub data: PathBuf,
    /// The address clients use when it differs from `listen`, without a slash at the end.
    pub public_url: Option<String>,
    /// Proxies that say where a request is from, in X-Forwarded-For.
    pub trusted_proxies: Vec<Network>,
    /// Worker threads; as many as there are cores when absent.
    pub workers: Option<usize>,
    /// Adds a sample tenant on first start.
    pub demo: bool,
    /// TLS; plain HTTP when absent.
    pub tls: Option<Tls>,
    /// Certificates of clients.
    pub client_certificates: ClientCertificates,
    /// What one client may cost.
    pub limits: Limits,
    /// What one policy call may cost.
    pub sandbox: SandboxConfig,
    /// The log of decisions.
    pub decisions: Decisions,
    /// What one policy may hold.
    pub policies: Policies,
    /// Components that tenants bring.
    pub plugins: Plugins,
    /// Caches and history.
    pub store: StoreConfig,
    /// Diagnostics on stderr.
    pub log: Log,
    /// Requests this server makes itself.
    pub outbound: Outbound,
    /// Clients of organizations.
    pub organization_clients: OrganizationClients,
}

/// Clients of organizations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizationClients {
    /// Seconds that a secret goes on after it was exchanged for a new one.
    pub rotation_grace_seconds: i64,
}

/// Where the certificate and its key are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// PEM file: the certificate chain, leaf first.
    pub certificate: PathBuf,
    /// PEM file: the private key.
    pub key: PathBuf,
    /// PEM file: authorities of client certificates, which are then asked for but not required.
    pub client_ca: Option<PathBuf>,
}

/// Which certificates of clients are taken, and where they come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientCertificates {
    /// Whether the listener takes those too that no authority of `tls.client_ca` vouches for.
    pub any: bool,
    /// The header in which trusted proxies hand them on.
    pub header: Option<String>,
    /// PEM file: authorities who vouch for the names of clients; those of `tls.client_ca` when absent.
    pub authorities: Option<PathBuf>,
}

/// What one client may cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Largest request body, in bytes.
    pub body_bytes: usize,
    /// Largest body of an import by a caller who may import, in bytes.
    pub document_bytes: usize,
    /// Largest request head (request line and headers), in bytes.
    pub header_bytes: usize,
    /// Most headers in one request.
    pub headers: usize,
    /// Most connections at once; more wait in the kernel's queue.
    pub connections: usize,
    /// Seconds for the TLS handshake, and again for a request head.
    pub header_seconds: u64,
    /// Seconds for a whole request body.
    pub body_seconds: u64,
    /// Seconds from the whole request to its answer.
    pub request_seconds: u64,
    /// Seconds a connection may stay open without a request.
    pub idle_seconds: u64,
    /// Seconds that running requests get after SIGTERM.
    pub drain_seconds: u64,
}

/// What one policy call may cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxConfig {
    /// Milliseconds for one call.
    pub deadline_ms: u64,
    /// Milliseconds for `configure`.
    pub configure_deadline_ms: u64,
    /// Largest linear memory of an instance, in bytes.
    pub memory_bytes: usize,
    /// Largest answer of a call, in bytes.
    pub output_bytes: usize,
    /// Instances that exist at the same time.
    pub slots: usize,
    /// Calls that may wait for a slot; more are denied as overloaded.
    pub queue: usize,
    /// Configured images kept in memory.
    pub images: usize,
    /// Bytes of configured images kept in memory.
    pub image_bytes: usize,
    /// Bytes of compiled components kept on disk.
    pub artefact_bytes: usize,
    /// Whether the kernel's page map tells which pages of a slot to reset.
    pub pagemap_scan: PagemapScan,
    /// Where compiled components are kept; `artefacts` in the data folder when left out.
    pub artefacts: Option<PathBuf>,
}

/// Whether the kernel's page map tells which pages of a slot to reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PagemapScan {
    /// When the kernel can (Linux 6.7 and newer).
    Auto,
    /// Never.
    Off,
}

/// The log of decisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decisions {
    /// Whether decisions are logged at all.
    pub enabled: bool,
    /// Bytes kept on disk; the oldest pages go first.
    pub log_bytes: u64,
    /// Records that may wait to be written; more are dropped and counted.
    pub queue: usize,
    /// Bytes that they may have together; more are dropped and counted.
    pub queue_bytes: usize,
    /// Milliseconds a record waits at most.
    pub flush_ms: u64,
}

/// What one policy may hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policies {
    /// Largest policy with its configuration, in bytes.
    pub bytes: usize,
    /// Most validators in one policy.
    pub validators: usize,
}

/// Components that tenants bring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plugins {
    /// Largest component, in bytes.
    pub component_bytes: usize,
    /// Whether an upload needs a signature by one of the keys.
    pub require_signature: bool,
    /// Ed25519 keys whose signatures count (`name=base64`).
    pub keys: Vec<String>,
    /// Folder of components that are offered to every tenant.
    pub folder: Option<PathBuf>,
    /// Names and passwords at OCI registries.
    pub registry_auth: Option<PathBuf>,
    /// OCI registries that are asked with http.
    pub insecure_registries: Vec<String>,
}

/// Caches and history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// redb's page cache, in bytes.
    pub cache_bytes: usize,
    /// Decoded records kept in memory.
    pub cache_items: usize,
    /// Past states kept of every configuration record.
    pub states_kept: usize,
}

/// Diagnostics on stderr.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// A level, or directives such as `info,portcullis::store=debug,access=off`.
    pub level: String,
    /// The shape of a line.
    pub format: LogFormat,
}

/// The shape of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Requests this server makes itself: imports, jwks_uri, sector identifiers, identity providers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbound {
    /// Hosts (`name` or `name:port`) that may resolve to a private or loopback address.
    pub allowed_hosts: Vec<String>,
    /// Where hosts are found instead (`host:port=address:port`), as in a hosts file.
    pub connect_to: Vec<String>,
    /// PEM file with the authorities that are trusted instead of the system's.
    pub ca: Option<PathBuf>,
    /// Largest answer.
    pub body_bytes: usize,
    /// Time from the request to the end of its answer, redirects included.
    pub seconds: u64,
}

impl Config {
    /// What is allowed but worth a second look, each as a sentence.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.tls.is_none() && !self.listen.ip().is_loopback() {
            warnings.push(format!(
                "listen = {} accepts plain HTTP from other machines: set tls.certificate and tls.key, \
                 or put a proxy with TLS in front",
                self.listen
            ));
        }
        if self.public_url.as_deref().is_some_and(|url| url.starts_with("http://")) && !self.listen.ip().is_loopback() {
            warnings.push("public_url is plain HTTP: tokens travel unencrypted".to_owned());
        }
        if !self.decisions.enabled {
            warnings.push("decisions.enabled = false: decisions leave no record".to_owned());
        }
        if self.demo {
            warnings.push("demo = true adds a sample tenant: not for production".to_owned());
        }
        warnings
    }
}
