//! The data that plugins may read: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::data,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/data/{namespace}",
        id: "listData",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lists the values of a namespace, by key.",
            query: data::QUERY,
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<data::DataBody>))],
        },
        run: |call| Box::pin(data::list(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/data/{namespace}/{key}",
        id: "getDatum",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Gets the value of a key.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<data::DatumBody>))],
        },
        run: |call| Box::pin(data::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/api/admin/{tid}/data/{namespace}/{key}",
        id: "setDatum",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Sets the value of a key, for the plugins that may read the namespace.",
            query: &[],
            body: Some((JSON, shape::<data::DatumBody>)),
            answers: &[
                (StatusCode::OK, Some(shape::<data::DatumBody>)),
                (StatusCode::CREATED, Some(shape::<data::DatumBody>)),
            ],
        },
        run: |call| Box::pin(data::set(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/admin/{tid}/data/{namespace}/{key}",
        id: "deleteDatum",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Takes away the value of a key.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(data::delete(call)),
    },
];
