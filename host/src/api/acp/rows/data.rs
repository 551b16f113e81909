//! The data that plugins may read: one row for each operation.

use crate::api::Row;

/// The table.
pub(super) static ROWS: &[Row] = &[];
