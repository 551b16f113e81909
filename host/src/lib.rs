//! map
#![allow(missing_docs)]
pub mod cli { pub fn main() -> std::process::ExitCode { std::process::ExitCode::SUCCESS } }
pub mod config;
pub mod decision;
pub mod logging;
pub mod metrics;
pub mod serve;
pub mod world;
pub mod api { pub mod message; }
