//! What can be wrong with a configuration, and where the wrong thing came from.
//!
//! Made by `load`, printed by `cli`. Knows nothing of the settings themselves.

use std::{fmt, io, path::PathBuf};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Built in.
    Default,
    /// A configuration file.
    File(PathBuf),
    /// An environment variable, by name.
    Environment(String),
    /// A flag of the command line, by name.
    Flag(&'static str),
}

/// Why a configuration was refused.
#[derive(Debug)]
pub enum ConfigError {
    /// The file could not be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// The file is not TOML.
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The parser's reason.
        reason: String,
    },
    /// There is no such setting.
    UnknownKey {
        /// The dotted key, or the variable's name.
        key: String,
        /// Where it was named.
        source: Source,
    },
    /// The setting exists, the value does not fit.
    BadValue {
        /// The dotted key.
        key: String,
        /// Where the value came from.
        source: Source,
        /// Why it does not fit.
        reason: String,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Default => write!(out, "the defaults"),
            Source::File(path) => write!(out, "{}", path.display()),
            Source::Environment(name) => write!(out, "the environment variable {name}"),
            Source::Flag(name) => write!(out, "the flag {name}"),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::Unreadable { path, error } => write!(out, "cannot read {}: {error}", path.display()),
            ConfigError::Syntax { path, line, reason } => {
                write!(out, "{}, line {line}: not valid TOML: {reason}", path.display())
            }
            ConfigError::UnknownKey { key, source } => write!(out, "unknown setting {key} in {source}"),
            ConfigError::BadValue { key, source, reason } => write!(out, "bad value for {key} in {source}: {reason}"),
        }
    }
}

impl std::error::Error for ConfigError {}
