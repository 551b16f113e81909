//! What a setting is: a key, what it accepts, a default and a sentence; and the printed default file.
//!
//! The rows are in `table`. `load` reads and checks values with what is here; knows nothing of where they come from.

use std::net::SocketAddr;

use toml::Value;

use super::{network::Network, table::SETTINGS};

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
    /// A list of addresses or networks; separated by commas in the environment.
    Networks,
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
            Kind::Names | Kind::Networks => Value::Array(
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
            (Kind::Networks, Value::Array(names)) => {
                names.iter().all(|name| name.as_str().is_some_and(|name| name.parse::<Network>().is_ok()))
            }
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
            Kind::Networks => "a list of addresses or networks, such as 10.0.0.0/8".to_owned(),
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
         # Each can also be set by the environment variable named beside it; flags win over both.\n\
         # Two secrets are taken from the environment only: PORTCULLIS_BOOTSTRAP_SECRET (the first start of a data folder,\n\
         # at least 32 characters) and PORTCULLIS_MASTER_KEY (32 bytes in base64url or hex, instead of master.key).\n",
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
