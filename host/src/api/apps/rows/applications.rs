//! Applications (7 operations).

use crate::api::route::Row;

/// The table.
pub static ROWS: &[Row] = &[];
