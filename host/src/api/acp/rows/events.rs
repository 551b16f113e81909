//! The privacy ledger: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::events,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[Row {
    method: Method::GET,
    path: "/api/admin/{tid}/events",
    id: "listPrivacyLedgerEventsBySubject",
    needs: Needs::Admin,
    doc: Doc {
        summary: "Lists what people granted and took back, as signed events in order of date.",
        query: events::QUERY,
        body: None,
        answers: &[(StatusCode::OK, Some(shape::<events::EventsBody>))],
    },
    run: |call| Box::pin(events::list(call)),
}];
