//! How people log in: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::authentications,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[Row {
    method: Method::PUT,
    path: "/api/admin/{tid}/servers/{aid}/authentications",
    id: "updateAuthentications",
    needs: Needs::Admin,
    doc: Doc {
        summary: "Replaces the ways to log in to an authorization server; passwords and secrets left out stay.",
        query: &[],
        body: Some((JSON, shape::<authentications::AuthenticationsBody>)),
        answers: &[(StatusCode::OK, Some(shape::<authentications::AuthenticationsBody>))],
    },
    run: |call| Box::pin(authentications::update(call)),
}];
