//! The pages of an authorization server, a table a noun.

mod arrivals;
mod assets;
mod authorize;

use crate::api::route::Row;

/// Every table.
pub static TABLES: &[&[Row]] = &[assets::ROWS, arrivals::ROWS, authorize::ROWS];
