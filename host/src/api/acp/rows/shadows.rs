//! Candidates evaluated beside policies, and what they would have changed: one row for each operation.

use crate::api::Row;

/// The table.
pub(super) static ROWS: &[Row] = &[];
