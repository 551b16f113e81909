//! The decision log: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::decisions,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/decisions",
        id: "listDecisions",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lists decisions of the tenant, newest first.",
            query: decisions::QUERY,
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<decisions::DecisionsBody>))],
        },
        run: |call| Box::pin(decisions::list(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/decisions/{did}",
        id: "getDecision",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Gets one decision with its input and its reasons.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<decisions::DecisionBody>))],
        },
        run: |call| Box::pin(decisions::get(call)),
    },
];
