//! Why a component cannot be used.
//!
//! Made throughout `plugin`; worded for people here. Callers match on the variants, never on the text.

use std::fmt;

use crate::decision::Code;

/// Why a component, or the sandbox itself, cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginError {
    /// No component of this name is installed.
    Unknown(String),
    /// The name is not lower case letters, digits and hyphens, or is empty or too long.
    BadName(String),
    /// The component is larger than [`super::Limits::component_bytes`].
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The largest allowed.
        limit: usize,
    },
    /// The bytes are a core module: they still have to be made a component.
    CoreModule,
    /// The bytes are no WebAssembly at all.
    NotWasm,
    /// The compressed bytes of a bundled component are damaged.
    Damaged(String),
    /// The component imports something the host does not offer.
    ForeignImport(String),
    /// The component implements none of the three worlds.
    NoKnownWorld,
    /// The component implements another world than the one that was asked for.
    OtherWorld(super::Kind),
    /// The component does not validate, or needs more than the sandbox has.
    Unusable(String),
    /// The component was called and did not answer.
    Failed(Code),
    /// The artefact folder cannot be used.
    Folder(String),
    /// The engine cannot be started on this machine.
    Engine(String),
    /// The thread that worked on the component stopped.
    Stopped,
}

impl fmt::Display for PluginError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PluginError::Unknown(name) => write!(out, "no component named {name} is installed"),
            PluginError::BadName(name) => {
                write!(out, "{name:?} is no component name: 1 to 64 lower case letters, digits and hyphens")
            }
            PluginError::TooLarge { bytes, limit } => {
                write!(out, "the component has {bytes} bytes, {limit} are allowed")
            }
            PluginError::CoreModule => {
                out.write_str("this is a core module, not a component: wrap it with wit-component or wasm-tools")
            }
            PluginError::NotWasm => out.write_str("this is not WebAssembly"),
            PluginError::Damaged(why) => write!(out, "the packed component is damaged: {why}"),
            PluginError::ForeignImport(import) => {
                write!(out, "the component imports {import}, only portcullis:policy/*@1 is offered")
            }
            PluginError::NoKnownWorld => {
                out.write_str("the component exports none of the worlds validator, claim-mapper, consent-checker")
            }
            PluginError::OtherWorld(kind) => write!(out, "the component is a {}", kind.as_str()),
            PluginError::Unusable(why) => write!(out, "the component cannot be loaded: {why}"),
            PluginError::Failed(code) => out.write_str(code.message()),
            PluginError::Folder(why) => write!(out, "the artefact folder cannot be used: {why}"),
            PluginError::Engine(why) => write!(out, "the WebAssembly engine cannot be started: {why}"),
            PluginError::Stopped => out.write_str("the work on the component stopped unexpectedly"),
        }
    }
}

impl std::error::Error for PluginError {}
