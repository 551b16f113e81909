//! The sandbox: runs validators, claim mappers and consent checkers, each call in a fresh WebAssembly instance.
//!
//! The only place that knows wasmtime. Implements `decision::Validators` and `decision::Components`; used by `cli::serve`, `domain`, `api::plugins`.
//! Knows nothing of HTTP, storage or tenants.
//!
//! Two ways lead to an answer. Warm: a fresh instance of an *image*, a snapshot taken after `configure`. Cold: a fresh
//! instance of the component itself, configured first. Both answer the same; warm is faster, cold needs no preparation.
//!
//! | question | file |
//! |---|---|
//! | how is a policy asked, and grouped by component? | `ask`, `plan` |
//! | what is different for claim mappers and consent checkers? | `world` |
//! | what happens around one call? | `call`, `job`, `admission`, `state`, `clock`, `ticker` |
//! | what may a call reach beyond the log? | `outside` |
//! | where do images come from? | `workshop`, `build`, `image`, `artefact`, `key` |
//! | what is a component? | `registry`, `guest`, `describe`, `schema`, `inspect`, `bindings` |
//! | what is checked when a policy is saved? | `check` |
//! | how is the engine set up? | `engine`, `mode`, `limits` |

mod admission;
mod artefact;
mod ask;
mod author;
mod bindings;
mod build;
mod call;
mod check;
mod clock;
mod describe;
mod engine;
mod error;
mod guest;
mod image;
mod inspect;
mod job;
mod key;
mod limits;
mod mode;
mod outside;
mod plan;
mod registry;
mod report;
mod sandbox;
mod snapshot;
mod state;
mod surface;
#[cfg(test)]
mod tests;
mod ticker;
mod workshop;
mod world;

pub use crate::decision::ComponentKind as Kind;
pub use artefact::ArtefactMac;
pub use describe::About;
pub use error::PluginError;
pub use limits::{Bundled, Limits, Settings};
pub use mode::Mode;
pub use report::Report;
pub use sandbox::Sandbox;
pub use surface::Surface;
