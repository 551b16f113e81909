//! Portcullis: an authorization control plane in one binary.
//!
//! ```text
//! bytes → serve → dialect (api) → authn: Caller → permit → domain operation → store → answer
//! decide: input → decision → plugin (a fresh sandbox for every call) → verdict with reasons
//! ```
//!
//! host/ARCHITECTURE.md has the arrows and the invariants; `tests/it/tidy.rs` checks them.

pub mod api; // the dialects: paths, JSON, status codes
pub mod authn; // who is calling
pub mod bundled; // the components and policies inside the binary
pub mod cli; // the command line, a file a command
pub mod config; // settings: file, environment, flags
pub mod crypto; // secrets, keys, signatures, passwords
pub mod decision; // the verdict: policy + input → allowed or not, and why
pub mod domain; // the nouns and rules
pub mod logging; // structured logs
pub mod metrics; // what the server counts
pub mod openapi; // OpenAPI documents: operations, scopes, policies
pub mod outbound; // the requests it makes itself
pub mod package; // what starts a gateway, as a zip file
pub mod plugin; // the sandbox: the only place that knows wasmtime
pub mod schema; // JSON Schemas of strangers, within bounds
pub mod serve; // the edge: answers HTTP; only it and outbound know hyper
pub mod server; // the whole server, put together
pub mod store; // the engine: the only place that knows redb
pub mod world; // the clock and randomness, handed in
