//! Where plugins can be taken from: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::plugin_sources,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[Row {
    method: Method::GET,
    path: "/api/admin/{tid}/plugin_sources",
    id: "listPluginSources",
    needs: Needs::Admin,
    doc: Doc {
        summary: "Lists the components of the operator's folder, which can be taken as plugins.",
        query: &[],
        body: None,
        answers: &[(StatusCode::OK, Some(shape::<plugin_sources::SourcesBody>))],
    },
    run: |call| Box::pin(plugin_sources::list(call)),
}];
