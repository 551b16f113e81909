//! The requests of one operation, by status.
//!
//! Resolved when the routes are built, counted by `serve` and its pipeline. Knows nothing of routes.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
};

/// The requests of one operation, by status: resolve once, count often.
#[derive(Clone)]
pub struct Operation(Arc<Statuses>);

struct Statuses {
    id: &'static str,
    requests: Family<RequestLabels, Counter>,
    /// The counter of each row of `STATUSES`, made when first needed.
    usual: [OnceLock<Counter>; STATUSES.len()],
}

/// The statuses that any dialect answers; others take a slower path.
const STATUSES: [u16; 24] = [
    200, 201, 202, 204, 302, 303, 304, 400, 401, 403, 404, 405, 406, 408, 409, 412, 413, 415, 422, 428, 429, 500, 502,
    503,
];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct RequestLabels {
    operation: &'static str,
    status: u16,
}

impl Operation {
    pub(super) fn new(id: &'static str, requests: Family<RequestLabels, Counter>) -> Operation {
        Operation(Arc::new(Statuses { id, requests, usual: std::array::from_fn(|_| OnceLock::new()) }))
    }

    /// Counts a request that was answered with `status`.
    pub fn answered(&self, status: u16) {
        let Statuses { id, requests, usual } = &*self.0;
        let labels = || RequestLabels { operation: id, status };
        match STATUSES.binary_search(&status).ok().and_then(|row| usual.get(row)) {
            Some(counter) => counter.get_or_init(|| requests.get_or_create_owned(&labels())).inc(),
            None => requests.get_or_create(&labels()).inc(),
        };
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Operation({})", self.0.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_statuses_can_be_searched() {
        assert!(STATUSES.is_sorted());
    }
}
