//! Plugins, their versions, and what they may reach: one row for each operation.

use crate::api::Row;

/// The table.
pub(super) static ROWS: &[Row] = &[];
