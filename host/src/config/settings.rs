//! The table of all settings: one row a setting, with its key, what it accepts, its default and its help.
//!
//! `load` takes names, defaults and bounds from here, `portcullis config defaults` prints it, and a test holds it
//! against the struct. Knows nothing of files or the environment.

use std::net::SocketAddr;

use toml::Value;

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// The dotted key, as in `limits.body_bytes`.
    pub key: &'static str,
    /// What it accepts.
    pub kind: Kind,
    /// The built-in value; `None` when the setting may be absent.
    pub default: Option<Preset>,
    /// One sentence for people.
    pub help: &'static str,
}

/// What a setting accepts.
#[derive(Debug)]
pub enum Kind {
    /// An address with a port.
    Address,
    /// Text that is not empty: a path, a log filter.
    Text,
    /// An address that starts with http:// or https://.
    Url,
    /// A whole number within bounds.
    Integer {
        /// The smallest.
        least: i64,
        /// The largest.
        most: i64,
    },
    /// true or false.
    Switch,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of names; separated by commas in the environment.
    Names,
}

/// A built-in value.
#[derive(Clone, Copy, Debug)]
pub enum Preset {
    /// Text.
    Text(&'static str),
    /// A whole number.
    Integer(i64),
    /// true or false.
    Switch(bool),
    /// The empty list.
    NoNames,
}

const KIB: i64 = 1024;
const MIB: i64 = 1024 * KIB;
const GIB: i64 = 1024 * MIB;
const DAY: i64 = 24 * 60 * 60;

/// Every setting, grouped by section, sections in the order of the printed file.
#[rustfmt::skip]
pub const SETTINGS: &[Setting] = &[
    Setting { key: "listen", kind: Kind::Address, default: Some(Preset::Text("127.0.0.1:8080")), help: "The address to listen on. Port 0 lets the system choose." },
    text("data", "./portcullis-data", "The folder of the store, the compiled policies and the control socket."),
    Setting { key: "public_url", kind: Kind::Url, default: None, help: "The address clients use, when it differs from `listen`." },
    Setting { key: "workers", kind: Kind::Integer { least: 1, most: 1024 }, default: None, help: "Worker threads. One a core when absent." },
    switch("demo", false, "Adds a clearly marked sample tenant on first start."),

    path("tls.certificate", "PEM file with the certificate chain, leaf first. Without it the server speaks plain HTTP."),
    path("tls.key", "PEM file with the private key of the certificate."),
    path("tls.client_ca", "PEM file with authorities of client certificates, which are then asked for but not required."),

    integer("limits.body_bytes", MIB, 1, GIB, "Largest request body."),
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
    Setting { key: "sandbox.pagemap_scan", kind: Kind::Choice(&["auto", "off"]), default: Some(Preset::Text("auto")), help: "Whether the kernel's page map tells which pages of a slot to reset." },

    switch("decisions.enabled", true, "Whether decisions are logged."),
    integer("decisions.log_bytes", 256 * MIB, MIB, 1024 * GIB, "Bytes of the decision log kept on disk. The oldest pages go first."),
    integer("decisions.queue", 8192, 1, 10_000_000, "Records that may wait to be written. More are dropped and counted."),
    integer("decisions.flush_ms", 50, 1, 60_000, "Time a record waits at most."),

    integer("policies.bytes", MIB, KIB, GIB, "Largest policy with its configuration."),
    integer("policies.validators", 64, 1, 10_000, "Most validators in one policy."),

    integer("store.cache_bytes", 16 * MIB, MIB, 1024 * GIB, "The store's page cache."),
    integer("store.cache_items", 4096, 1, 100_000_000, "Decoded records kept in memory."),
    integer("store.states_kept", 100, 1, 1_000_000, "Past states kept of every configuration record."),

    text("log.level", "info", "A level (error, warn, info, debug, trace), or directives such as \"info,access=off\"."),
    Setting { key: "log.format", kind: Kind::Choice(&["text", "json"]), default: Some(Preset::Text("text")), help: "The shape of a log line." },

    Setting { key: "outbound.allowed_hosts", kind: Kind::Names, default: Some(Preset::NoNames), help: "Hosts (\"name\" or \"name:port\") that may resolve to a private or loopback address." },
];

const fn text(key: &'static str, default: &'static str, help: &'static str) -> Setting {
    Setting { key, kind: Kind::Text, default: Some(Preset::Text(default)), help }
}

const fn path(key: &'static str, help: &'static str) -> Setting {
    Setting { key, kind: Kind::Text, default: None, help }
}

const fn switch(key: &'static str, default: bool, help: &'static str) -> Setting {
    Setting { key, kind: Kind::Switch, default: Some(Preset::Switch(default)), help }
}

const fn integer(key: &'static str, default: i64, least: i64, most: i64, help: &'static str) -> Setting {
    Setting { key, kind: Kind::Integer { least, most }, default: Some(Preset::Integer(default)), help }
}

impl Setting {
    /// The environment variable of this setting: `PORTCULLIS_LIMITS_BODY_BYTES` for `limits.body_bytes`.
    pub fn variable(&self) -> String {
        format!("PORTCULLIS_{}", self.key.to_uppercase().replace('.', "_"))
    }

    /// The section and the name within it; the section is empty at the top.
    fn parts(&self) -> (&'static str, &'static str) {
        self.key.split_once('.').unwrap_or(("", self.key))
    }
}

impl Preset {
    /// The same as a TOML value.
    pub(super) fn value(self) -> Value {
        match self {
            Preset::Text(text) => Value::String(text.to_owned()),
            Preset::Integer(number) => Value::Integer(number),
            Preset::Switch(switch) => Value::Boolean(switch),
            Preset::NoNames => Value::Array(Vec::new()),
        }
    }
}

impl Kind {
    /// Reads a value from an environment variable. Text that does not fit stays text, for `check` to refuse.
    pub(super) fn read(&self, text: &str) -> Value {
        let plain = || Value::String(text.to_owned());
        match self {
            Kind::Address | Kind::Text | Kind::Url | Kind::Choice(_) => plain(),
            Kind::Integer { .. } => text.trim().parse().map_or_else(|_| plain(), Value::Integer),
            Kind::Switch => text.trim().parse().map_or_else(|_| plain(), Value::Boolean),
            Kind::Names => Value::Array(
                text.split(',')
                    .map(str::trim)
                    .filter(|name| !name.is_empty())
                    .map(|name| name.to_owned().into())
                    .collect(),
            ),
        }
    }

    /// Whether the value fits; the reason when not.
    pub(super) fn check(&self, value: &Value) -> Result<(), String> {
        let fits = match (self, value) {
            (Kind::Address, Value::String(text)) => text.parse::<SocketAddr>().is_ok(),
            (Kind::Text, Value::String(text)) => !text.is_empty(),
            (Kind::Url, Value::String(text)) => is_base_url(text),
            (Kind::Integer { least, most }, Value::Integer(number)) => (least..=most).contains(&number),
            (Kind::Switch, Value::Boolean(_)) => true,
            (Kind::Choice(words), Value::String(text)) => words.contains(&text.as_str()),
            (Kind::Names, Value::Array(names)) => names.iter().all(|name| name.as_str().is_some_and(|n| !n.is_empty())),
            _ => false,
        };
        if fits { Ok(()) } else { Err(format!("{value} is not {}", self.wanted())) }
    }

    fn wanted(&self) -> String {
        match self {
            Kind::Address => "an address with a port, such as 127.0.0.1:8080".to_owned(),
            Kind::Text => "a text that is not empty".to_owned(),
            Kind::Url => "an http:// or https:// address without query, fragment or slash at the end".to_owned(),
            Kind::Integer { least, most } => format!("a whole number from {least} to {most}"),
            Kind::Switch => "true or false".to_owned(),
            Kind::Choice(words) => format!("one of {}", words.join(", ")),
            Kind::Names => "a list of names".to_owned(),
        }
    }
}

/// Paths are appended to a base, so it must end where a path begins.
fn is_base_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let parses = text.parse::<http::Uri>().is_ok_and(|uri| uri.host().is_some_and(|host| !host.is_empty()));
    parses && rest.is_some_and(|rest| !rest.ends_with('/') && !rest.contains(['?', '#', '@']))
}

/// The documented default file, as `portcullis config defaults` prints it and `examples/portcullis.toml` holds it.
pub fn defaults_file() -> String {
    let mut out = String::from(
        "# Every setting with its default. A line that is commented out has no default.\n\
         # Each can also be set by the environment variable named beside it; flags win over both.\n",
    );
    let mut section = "";
    for setting in SETTINGS {
        let (in_section, name) = setting.parts();
        if in_section != section {
            section = in_section;
            out.push_str(&format!("\n[{section}]\n"));
        } else if section.is_empty() {
            out.push('\n');
        }
        out.push_str(&format!("# {} ({})\n", setting.help, setting.variable()));
        match setting.default {
            Some(preset) => out.push_str(&format!("{name} = {}\n", preset.value())),
            None => out.push_str(&format!("# {name} =\n")),
        }
    }
    out
}
