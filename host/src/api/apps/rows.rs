//! Every operation of the dialect, one row each, a table a noun.

pub mod applications;
pub mod clients;
pub mod token;
