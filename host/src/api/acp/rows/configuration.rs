//! The whole configuration: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::configuration,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/system/configuration",
        id: "exportConfiguration",
        needs: Needs::Setup,
        doc: Doc {
            summary: "Exports the configuration of all tenants, or of one, with its secrets. Not what people have done, nor \
                      registration access tokens.",
            query: configuration::EXPORT_QUERY,
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<configuration::ConfigurationBody>))],
        },
        run: |call| Box::pin(configuration::export(call)),
    },
    Row {
        method: Method::PUT,
        path: "/api/system/configuration",
        id: "importConfiguration",
        needs: Needs::Setup,
        doc: Doc {
            summary: "Imports a configuration: all of it, or nothing.",
            query: configuration::IMPORT_QUERY,
            body: Some((JSON, shape::<configuration::ConfigurationBody>)),
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(configuration::import(call)),
    },
];
