//! The history of configuration records: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::history,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/history/{kind}/{record}",
        id: "showHistory",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Shows every state of a configuration record, also scheduled ones: when it holds, who wrote it in which tongue, what it changed. A client is named by its OAuth client id.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<history::HistoryBody>))],
        },
        run: |call| Box::pin(history::show(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/history/{kind}/{record}/rollback",
        id: "rollBack",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Gives a configuration record the value of an earlier state again, as a new state. Secrets stay as they are.",
            query: &[],
            body: Some((JSON, shape::<history::RollBackBody>)),
            answers: &[(StatusCode::OK, Some(shape::<history::RolledBackBody>))],
        },
        run: |call| Box::pin(history::roll_back(call)),
    },
];
