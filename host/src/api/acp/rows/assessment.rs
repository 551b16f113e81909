//! The assessment of authorization servers: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::assessment,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[Row {
    method: Method::GET,
    path: "/api/admin/{tid}/servers/{aid}/assessment",
    id: "assessServer",
    needs: Needs::Admin,
    doc: Doc {
        summary: "Tells item by item how an authorization server and its clients stand against the standards.",
        query: assessment::QUERY,
        body: None,
        answers: &[(StatusCode::OK, Some(shape::<assessment::AssessmentBody>))],
    },
    run: |call| Box::pin(assessment::get(call)),
}];
