//! The authorization endpoint: what it takes and refuses, what people have to do, what clients get and where.
//!
//! Most is asked of the domain itself, with browsers of the test's making; `wire.rs` asks over sockets.

mod answers;
mod consent;
mod in_force;
mod jarm;
mod objects;
mod people;
pub mod pushed;
mod requests;
mod shop;
mod wire;

pub use wire::COVERS;
