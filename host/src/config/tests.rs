//! Precedence, every kind of refusal, and the table against the struct.

use std::{collections::BTreeSet, path::PathBuf};

use super::*;

/// A file of its own for one test, removed at the end.
struct File(PathBuf);

impl File {
    fn new(text: &str) -> File {
        let name = crate::world::World::system().bytes::<8>().map(|byte| format!("{byte:02x}")).concat();
        let path = std::env::temp_dir().join(format!("portcullis-config-{name}.toml"));
        std::fs::write(&path, text).unwrap();
        File(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn load(file: Option<&File>, environment: &[(&str, &str)], flags: Flags) -> Result<Config, ConfigError> {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(file.map(|file| file.0.as_path()), environment, flags)
}

fn refused(file: &str, environment: &[(&str, &str)]) -> ConfigError {
    load(Some(&File::new(file)), environment, Flags::default()).unwrap_err()
}

/// Every leaf of a configuration as a dotted key.
fn leaves(config: &Config) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for (name, value) in toml::Table::try_from(config).unwrap() {
        match value {
            toml::Value::Table(section) => keys.extend(section.keys().map(|inner| format!("{name}.{inner}"))),
            _ => drop(keys.insert(name)),
        }
    }
    keys
}

#[test]
fn the_defaults_are_the_documented_ones() {
    let config = load(None, &[], Flags::default()).unwrap();
    assert_eq!(config.listen, "127.0.0.1:8080".parse().unwrap());
    assert_eq!(config.limits.body_bytes, 1024 * 1024);
    assert_eq!(config.limits.header_bytes, 32 * 1024);
    assert_eq!(config.sandbox.deadline_ms, 50);
    assert_eq!(config.sandbox.pagemap_scan, PagemapScan::Auto);
    assert_eq!(config.decisions.log_bytes, 256 * 1024 * 1024);
    assert_eq!(config.log.format, LogFormat::Text);
    assert_eq!(config.tls, None);
    assert!(config.warnings().is_empty());
}

#[test]
fn the_table_names_exactly_the_members_of_the_struct() {
    let set = |setting: &Setting| match setting.key {
        "public_url" => Some("https://id.example.com"),
        "workers" => Some("2"),
        "sandbox.artefacts" | "plugins.folder" => Some("/some/folder"),
        "outbound.ca" | "plugins.registry_auth" | "client_certificates.authorities" => Some("/some/file"),
        "client_certificates.header" => Some("client-cert"),
        key if key.starts_with("tls.") => Some("/some/file.pem"),
        _ => None,
    };
    let environment: Vec<_> = SETTINGS.iter().filter_map(|one| Some((one.variable(), set(one)?.to_owned()))).collect();
    let config = Config::load(None, environment.into_iter(), Flags::default()).unwrap();
    let keys: BTreeSet<String> = SETTINGS.iter().map(|setting| setting.key.to_owned()).collect();
    assert_eq!(leaves(&config), keys);
}

#[test]
fn every_setting_has_a_variable_of_its_own_and_a_sentence() {
    let variables: BTreeSet<String> = SETTINGS.iter().map(Setting::variable).collect();
    assert_eq!(variables.len(), SETTINGS.len());
    assert!(SETTINGS.iter().all(|setting| setting.help.ends_with('.')));
}

#[test]
fn the_printed_defaults_load_as_the_defaults() {
    let printed = load(Some(&File::new(&defaults_file())), &[], Flags::default()).unwrap();
    assert_eq!(printed, load(None, &[], Flags::default()).unwrap());
}

#[test]
fn the_example_file_is_the_printed_defaults() {
    assert_eq!(include_str!("../../../examples/portcullis.toml"), defaults_file());
}

#[test]
fn flags_win_over_the_environment_and_it_wins_over_the_file() {
    let file = File::new("listen = \"127.0.0.1:1\"\ndata = \"from-file\"\n[limits]\nbody_bytes = 7\nheaders = 9\n");
    let environment = [("PORTCULLIS_LISTEN", "127.0.0.1:2"), ("PORTCULLIS_LIMITS_BODY_BYTES", "8"), ("HOME", "/x")];
    let flags = Flags { listen: Some("127.0.0.1:3".parse().unwrap()), data: None, demo: true };
    let config = load(Some(&file), &environment, flags).unwrap();
    assert_eq!(config.listen.port(), 3);
    assert_eq!(config.data, PathBuf::from("from-file"));
    assert_eq!((config.limits.body_bytes, config.limits.headers), (8, 9));
    assert!(config.demo);
}

#[test]
fn the_environment_can_name_the_file_and_carry_secrets() {
    let file = File::new("demo = true");
    let path = file.0.to_str().unwrap();
    let environment =
        [("PORTCULLIS_CONFIG", path), ("PORTCULLIS_BOOTSTRAP_SECRET", "s"), ("PORTCULLIS_MASTER_KEY", "k")];
    assert!(load(None, &environment, Flags::default()).unwrap().demo);
}

#[test]
fn lists_are_separated_by_commas_in_the_environment() {
    let environment = [("PORTCULLIS_OUTBOUND_ALLOWED_HOSTS", "a.test, b.test:8443,")];
    let config = load(None, &environment, Flags::default()).unwrap();
    assert_eq!(config.outbound.allowed_hosts, ["a.test", "b.test:8443"]);
}

#[test]
fn unknown_keys_are_refused_with_their_source() {
    for (text, expected) in [("lisen = 1", "lisen"), ("[limits]\nbody = 1", "limits.body"), ("[nope]\na = 1", "nope.a")]
    {
        let error = refused(text, &[]);
        assert!(
            matches!(&error, ConfigError::UnknownKey { key, source: Source::File(_) } if key == expected),
            "{error}"
        );
    }
    let error = refused("", &[("PORTCULLIS_LIMITS_BODY", "1")]);
    assert!(
        matches!(&error, ConfigError::UnknownKey { key, source: Source::Environment(_) } if key.ends_with("_BODY"))
    );
}

#[test]
fn bad_values_are_refused_with_key_and_source() {
    let from_file = [
        ("listen = \"here\"", "listen"),
        ("listen = 8080", "listen"),
        ("data = \"\"", "data"),
        ("public_url = \"id.example.com\"", "public_url"),
        ("public_url = \"https://id.example.com/\"", "public_url"),
        ("demo = \"yes\"", "demo"),
        ("[limits]\nbody_bytes = 0", "limits.body_bytes"),
        ("[limits]\nheader_bytes = 100", "limits.header_bytes"),
        ("[sandbox]\npagemap_scan = \"on\"", "sandbox.pagemap_scan"),
        ("[outbound]\nallowed_hosts = [1]", "outbound.allowed_hosts"),
        ("[tls]\ncertificate = \"a.pem\"", "tls"),
    ];
    for (text, expected) in from_file {
        let error = refused(text, &[]);
        assert!(
            matches!(&error, ConfigError::BadValue { key, source: Source::File(_), .. } if key == expected),
            "{error}"
        );
    }
    let error = refused("", &[("PORTCULLIS_LIMITS_HEADERS", "many")]);
    let expected = Source::Environment("PORTCULLIS_LIMITS_HEADERS".to_owned());
    assert!(
        matches!(&error, ConfigError::BadValue { key, source, .. } if key == "limits.headers" && *source == expected)
    );
}

#[test]
fn a_broken_file_is_refused_with_its_line() {
    let error = refused("demo = true\nlisten = \n", &[]);
    assert!(matches!(error, ConfigError::Syntax { line: 2, .. }), "{error}");
    let missing = File(PathBuf::from("/nonexistent/portcullis.toml"));
    assert!(matches!(load(Some(&missing), &[], Flags::default()), Err(ConfigError::Unreadable { .. })));
}

#[test]
fn plain_http_for_other_machines_is_allowed_with_a_warning() {
    let config = load(None, &[("PORTCULLIS_LISTEN", "0.0.0.0:80")], Flags::default()).unwrap();
    assert_eq!(config.warnings().len(), 1);
}
