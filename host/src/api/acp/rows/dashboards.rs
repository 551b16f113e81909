//! Dashboards: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::dashboards,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[Row {
    method: Method::GET,
    path: "/api/admin/{tid}/servers/{aid}/dashboards",
    id: "listDashboards",
    needs: Needs::Admin,
    doc: Doc {
        summary: "Links to the built-in views of what happens.",
        query: &[],
        body: None,
        answers: &[(StatusCode::OK, Some(shape::<dashboards::DashboardsBody>))],
    },
    run: |call| Box::pin(dashboards::list(call)),
}];
