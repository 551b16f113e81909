//! Live tokens and consents (5 operations).

use crate::api::route::Row;

/// The table.
pub static ROWS: &[Row] = &[];
