//! Every operation of the dialect, one row each, a table a noun.

pub mod clients;
pub mod resource_servers;
pub mod setups;
pub mod tokens;
