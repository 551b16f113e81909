//! Merges defaults, a TOML file, PORTCULLIS_* variables and flags, in this order, into a [`Config`].
//!
//! Called by `cli` once at start. Every refusal names the key, where its value came from and the reason.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

use super::{Config, ConfigError, Setting, Source, table::SETTINGS};

/// Names the configuration file when no flag does.
const FILE_VARIABLE: &str = "PORTCULLIS_CONFIG";
/// Secrets, read by whoever needs them; they never enter the configuration.
const SECRETS: [&str; 2] = ["PORTCULLIS_BOOTSTRAP_SECRET", "PORTCULLIS_MASTER_KEY"];

/// What the command line may set directly.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--listen`
    pub listen: Option<SocketAddr>,
    /// `--data`
    pub data: Option<PathBuf>,
    /// `--demo`
    pub demo: bool,
}

/// The values so far, by key, each with where it came from.
type Values = BTreeMap<&'static str, (Value, Source)>;

impl Config {
    /// The configuration from `file` (or the one that PORTCULLIS_CONFIG names), the environment and the flags.
    ///
    /// # Errors
    /// The file is unreadable or not TOML, a setting is unknown, or a value does not fit.
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
        flags: Flags,
    ) -> Result<Config, ConfigError> {
        let ours: BTreeMap<String, String> = environment.filter(|(name, _)| name.starts_with("PORTCULLIS_")).collect();
        let mut values = defaults();
        if let Some(path) = file.or_else(|| ours.get(FILE_VARIABLE).map(Path::new)) {
            merge_file(&mut values, path)?;
        }
        merge_environment(&mut values, &ours)?;
        merge_flags(&mut values, flags);
        assemble(values)
    }
}

fn defaults() -> Values {
    let with_default = |setting: &'static Setting| Some((setting.key, (setting.default?.value(), Source::Default)));
    SETTINGS.iter().filter_map(with_default).collect()
}

fn merge_file(values: &mut Values, path: &Path) -> Result<(), ConfigError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable { path: path.to_owned(), error })?;
    let table: Table = toml::from_str(&text).map_err(|error| syntax(path, &text, &error))?;
    for (name, value) in table {
        match value {
            Value::Table(section) => {
                for (inner, value) in section {
                    insert(values, format!("{name}.{inner}"), value, path)?;
                }
            }
            value => insert(values, name, value, path)?,
        }
    }
    Ok(())
}

fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    ConfigError::Syntax { path: path.to_owned(), line, reason: error.message().to_owned() }
}

fn insert(values: &mut Values, key: String, value: Value, path: &Path) -> Result<(), ConfigError> {
    let source = Source::File(path.to_owned());
    match SETTINGS.iter().find(|setting| setting.key == key) {
        Some(setting) => {
            values.insert(setting.key, (value, source));
            Ok(())
        }
        None => Err(ConfigError::UnknownKey { key, source }),
    }
}

fn merge_environment(values: &mut Values, ours: &BTreeMap<String, String>) -> Result<(), ConfigError> {
    for (name, text) in ours {
        if name == FILE_VARIABLE || SECRETS.contains(&name.as_str()) {
            continue;
        }
        let source = Source::Environment(name.clone());
        match SETTINGS.iter().find(|setting| setting.variable() == *name) {
            Some(setting) => values.insert(setting.key, (setting.kind.read(text), source)),
            None => return Err(ConfigError::UnknownKey { key: name.clone(), source }),
        };
    }
    Ok(())
}

fn merge_flags(values: &mut Values, flags: Flags) {
    if let Some(listen) = flags.listen {
        values.insert("listen", (Value::String(listen.to_string()), Source::Flag("--listen")));
    }
    if let Some(data) = flags.data {
        values.insert("data", (Value::String(data.to_string_lossy().into_owned()), Source::Flag("--data")));
    }
    if flags.demo {
        values.insert("demo", (Value::Boolean(true), Source::Flag("--demo")));
    }
}

fn assemble(values: Values) -> Result<Config, ConfigError> {
    let mut table = Table::new();
    let mut sources = BTreeMap::new();
    for setting in SETTINGS {
        let Some((value, source)) = values.get(setting.key) else { continue };
        if let Err(reason) = setting.kind.check(value) {
            return Err(ConfigError::BadValue { key: setting.key.to_owned(), source: source.clone(), reason });
        }
        place(&mut table, setting.key, value.clone());
        sources.insert(setting.key, source);
    }
    serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| {
        let key = error.path().to_string();
        let source = source_of(&sources, &key);
        ConfigError::BadValue { key, source, reason: error.into_inner().message().to_owned() }
    })
}

/// Puts a value at its dotted key, which has at most one dot.
fn place(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
        }
        Some((section, name)) => {
            let section = table.entry(section.to_owned()).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(section) = section {
                section.insert(name.to_owned(), value);
            }
        }
    }
}

/// A section that lacks a member has no value of its own to blame: whoever set another member of it is named.
fn source_of(sources: &BTreeMap<&'static str, &Source>, key: &str) -> Source {
    let within = |other: &str| other == key || other.split_once('.').is_some_and(|(section, _)| section == key);
    let found = sources.iter().find(|(other, _)| within(other));
    found.map_or(Source::Default, |(_, source)| (*source).clone())
}
