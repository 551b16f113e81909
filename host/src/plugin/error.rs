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
    /// The component's schema of its configurations cannot be used.
    Schema(String),
    /// The library that has the component's bytes cannot be asked now.
    Library(String),
    /// The thread that worked on the component stopped.
    Stopped,
}

impl PluginError {
    /// Whether it may be otherwise next time: the same bytes need not end the same way.
    pub(super) fn passes(&self) -> bool {
        matches!(self, PluginError::Unknown(_) | PluginError::Library(_) | PluginError::Stopped)
    }
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
                out.write_str("this is a core module, not a component: make one of it with `portcullis plugin build`, or with `wasm-tools component new`")
            }
            PluginError::NotWasm => out.write_str("this is not WebAssembly"),
            PluginError::Damaged(why) => write!(out, "the packed component is damaged: {why}"),
            PluginError::ForeignImport(import) => write!(out, "the component imports {import}: {}", advice(import)),
            PluginError::NoKnownWorld => {
                out.write_str("the component exports none of the worlds validator, claim-mapper, consent-checker")
            }
            PluginError::OtherWorld(kind) => write!(out, "the component is a {}", kind.as_str()),
            PluginError::Unusable(why) => write!(out, "the component cannot be loaded: {why}"),
            PluginError::Failed(code) => out.write_str(code.message()),
            PluginError::Folder(why) => write!(out, "the artefact folder cannot be used: {why}"),
            PluginError::Schema(why) => write!(out, "the component's schema of its configuration is broken: {why}"),
            PluginError::Library(why) => write!(out, "the component cannot be read now: {why}"),
            PluginError::Engine(why) => write!(out, "the WebAssembly engine cannot be started: {why}"),
            PluginError::Stopped => out.write_str("the work on the component stopped unexpectedly"),
        }
    }
}

impl std::error::Error for PluginError {}

/// What the author of a component can do about an import that is not offered.
fn advice(import: &str) -> String {
    let (interface, version) = import.split_once('@').unwrap_or((import, ""));
    if let Some(interface) = interface.strip_prefix("portcullis:policy/") {
        return match version.is_empty() || version.starts_with("1.") {
            true => format!("version 1 of the contract has no `{interface}`, or has it in another shape"),
            false => format!("it was built against version {version} of the contract, version 1 is offered (wit/v1)"),
        };
    }
    if interface.starts_with("wasi:") {
        return "there is no WASI here. Build Rust for wasm32-unknown-unknown instead of a wasi target, JavaScript with every \
                feature of `jco componentize` disabled, Python with `componentize-py --stub-wasi`"
            .to_owned();
    }
    "only the interfaces of portcullis:policy@1 are offered: leave the import out, or compile what it needs in"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_import_that_is_refused_comes_with_advice() {
        for (import, advice) in [
            ("wasi:clocks/wall-clock@0.2.0", "no WASI"),
            ("portcullis:policy/host@2.0.0", "version 2.0.0 of the contract"),
            ("portcullis:policy/mail@1.0.0", "no `mail`"),
            ("acme:own/thing", "leave the import out"),
        ] {
            let text = PluginError::ForeignImport(import.to_owned()).to_string();
            assert!(text.contains(import) && text.contains(advice), "{text}");
        }
    }
}
