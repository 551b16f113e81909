//! The table of all settings: one row a setting. A new setting is a row here and a member of the struct.
//!
//! `load` takes names, defaults and bounds from it, `portcullis config defaults` prints it, and a test holds it against
//! the struct. Sizes are in bytes.

use super::settings::{Kind, Preset, Setting};

const KIB: i64 = 1024;
const MIB: i64 = 1024 * KIB;
const GIB: i64 = 1024 * MIB;
const DAY: i64 = 24 * 60 * 60;

/// Every setting, grouped by section, sections in the order of the printed file.
pub const SETTINGS: &[Setting] = &[
    row(
        "listen",
        Kind::Address,
        Some(Preset::Text("127.0.0.1:8080")),
        "The address to listen on. Port 0 lets the system choose.",
    ),
    text("data", "./portcullis-data", "The folder of the store, the compiled policies and the control socket."),
    row("public_url", Kind::Url, None, "The address clients use, when it differs from `listen`."),
    row(
        "trusted_proxies",
        Kind::Networks,
        Some(Preset::NoNames),
        "Addresses or networks (\"10.0.0.0/8\") of the proxies in front, whose X-Forwarded-For says where a request is from.",
    ),
    row("workers", Kind::Integer { least: 1, most: 1024 }, None, "Worker threads. One a core when absent."),
    switch("demo", false, "Adds a clearly marked sample tenant on first start."),
    path(
        "tls.certificate",
        "PEM file with the certificate chain, leaf first. Without it the server speaks plain HTTP.",
    ),
    path("tls.key", "PEM file with the private key of the certificate."),
    path(
        "tls.client_ca",
        "PEM file with authorities of client certificates, which are then asked for but not required.",
    ),
    switch(
        "client_certificates.any",
        false,
        "Takes certificates that no authority of tls.client_ca vouches for too, for clients that have registered their own.",
    ),
    row(
        "client_certificates.header",
        Kind::Text,
        None,
        "Header in which the trusted proxies hand on the certificate of a client (\"Client-Cert\", or one with nginx's $ssl_client_escaped_cert).",
    ),
    path(
        "client_certificates.authorities",
        "PEM file with authorities who vouch for the names of clients. Those of tls.client_ca when left out.",
    ),
    integer("limits.body_bytes", MIB, 1, GIB, "Largest request body."),
    integer("limits.document_bytes", 64 * MIB, 1, GIB, "Largest body of an import, for callers who may import."),
    integer("limits.header_bytes", 32 * KIB, 8 * KIB, MIB, "Largest request head: request line and headers."),
    integer("limits.headers", 100, 1, 1000, "Most headers in one request."),
    integer("limits.connections", 4096, 1, 1_000_000, "Most connections at once. More wait in the kernel's queue."),
    integer("limits.header_seconds", 10, 1, DAY, "Time for the TLS handshake, and again for a request head."),
    integer("limits.body_seconds", 30, 1, DAY, "Time for a whole request body."),
    integer("limits.request_seconds", 30, 1, DAY, "Time from the whole request to its answer."),
    integer("limits.idle_seconds", 75, 1, DAY, "Time a connection may stay open without a request."),
    integer("limits.drain_seconds", 30, 1, DAY, "Time that running requests get after SIGTERM."),
    integer("sandbox.deadline_ms", 50, 1, 60_000, "Time for one call of a policy component."),
    integer("sandbox.configure_deadline_ms", 2000, 1, 600_000, "Time for a component to read its configuration."),
    integer("sandbox.memory_bytes", 32 * MIB, 64 * KIB, 4 * GIB, "Largest memory of one instance."),
    integer("sandbox.output_bytes", 64 * KIB, KIB, GIB, "Largest answer of one call."),
    integer("sandbox.slots", 64, 1, 100_000, "Instances that exist at the same time."),
    integer("sandbox.queue", 1024, 1, 1_000_000, "Calls that may wait for a slot. More are denied as overloaded."),
    integer("sandbox.images", 256, 1, 1_000_000, "Configured images kept in memory."),
    integer("sandbox.image_bytes", 256 * MIB, MIB, 1024 * GIB, "Bytes of configured images kept in memory."),
    integer(
        "sandbox.artefact_bytes",
        8 * GIB,
        MIB,
        1024 * GIB,
        "Bytes of compiled components and images kept on disk. What was not used for longest goes first.",
    ),
    row(
        "sandbox.pagemap_scan",
        Kind::Choice(&["auto", "off"]),
        Some(Preset::Text("auto")),
        "Whether the kernel's page map tells which pages of a slot to reset.",
    ),
    row(
        "sandbox.artefacts",
        Kind::Text,
        None,
        "Folder for compiled components; `artefacts` in the data folder when left out.",
    ),
    switch("decisions.enabled", true, "Whether decisions are logged."),
    integer(
        "decisions.log_bytes",
        256 * MIB,
        MIB,
        1024 * GIB,
        "Bytes of the decision log kept on disk. The oldest pages go first.",
    ),
    integer(
        "decisions.queue",
        8192,
        1,
        10_000_000,
        "Records that may wait to be written. More are dropped and counted.",
    ),
    integer(
        "decisions.queue_bytes",
        64 * MIB,
        MIB,
        1024 * GIB,
        "Bytes that waiting records may have together. More are dropped and counted.",
    ),
    integer("decisions.flush_ms", 50, 1, 60_000, "Time a record waits at most."),
    integer("policies.bytes", MIB, KIB, GIB, "Largest policy with its configuration."),
    integer("policies.validators", 64, 1, 10_000, "Most validators in one policy."),
    integer("plugins.component_bytes", 32 * MIB, KIB, 64 * MIB, "Largest component that can be uploaded."),
    switch("plugins.require_signature", false, "Refuses components without a signature by one of plugins.keys."),
    row(
        "plugins.keys",
        Kind::Names,
        Some(Preset::NoNames),
        "Ed25519 keys whose signatures of components count (\"name=BASE64\", the 32 bytes or the DER of the public key).",
    ),
    path("plugins.folder", "Folder whose components (NAME.wasm) every tenant may take."),
    path("plugins.registry_auth", "Names and passwords at OCI registries, a file like Docker's config.json."),
    row(
        "plugins.insecure_registries",
        Kind::Names,
        Some(Preset::NoNames),
        "OCI registries (\"host\" or \"host:port\") that are asked with http.",
    ),
    integer("store.cache_bytes", 16 * MIB, MIB, 1024 * GIB, "The store's page cache."),
    integer("store.cache_items", 262_144, 1, 100_000_000, "Decoded records kept in memory, a KiB each on average."),
    integer("store.states_kept", 100, 1, 1_000_000, "Past states kept of every configuration record."),
    text("log.level", "info", "A level (error, warn, info, debug, trace), or directives such as \"info,access=off\"."),
    row("log.format", Kind::Choice(&["text", "json"]), Some(Preset::Text("text")), "The shape of a log line."),
    row(
        "outbound.allowed_hosts",
        Kind::Names,
        Some(Preset::NoNames),
        "Hosts (\"name\" or \"name:port\") that may resolve to a private or loopback address.",
    ),
    row(
        "outbound.connect_to",
        Kind::Names,
        Some(Preset::NoNames),
        "Where hosts are found instead (\"host:port=address:port\"): for a relay or a private link. Certificates are still checked for the host.",
    ),
    path("outbound.ca", "PEM file with authorities that outbound TLS trusts instead of the system's."),
    integer("outbound.body_bytes", 10 * MIB, KIB, GIB, "Largest answer to an outbound request."),
    integer("outbound.seconds", 10, 1, DAY, "Time for an outbound request, redirects included."),
    integer(
        "organization_clients.rotation_grace_seconds",
        0,
        0,
        30 * DAY,
        "Time a secret of an organization client goes on after it was exchanged for a new one.",
    ),
];

const fn row(key: &'static str, kind: Kind, default: Option<Preset>, help: &'static str) -> Setting {
    Setting { key, kind, default, help }
}

const fn text(key: &'static str, default: &'static str, help: &'static str) -> Setting {
    row(key, Kind::Text, Some(Preset::Text(default)), help)
}

const fn path(key: &'static str, help: &'static str) -> Setting {
    row(key, Kind::Text, None, help)
}

const fn switch(key: &'static str, default: bool, help: &'static str) -> Setting {
    row(key, Kind::Switch, Some(Preset::Switch(default)), help)
}

const fn integer(key: &'static str, default: i64, least: i64, most: i64, help: &'static str) -> Setting {
    row(key, Kind::Integer { least, most }, Some(Preset::Integer(default)), help)
}
