//! Services: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::services,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/servers/{aid}/services",
        id: "listServices",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lists the services of an authorization server.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<services::ServicesBody>))],
        },
        run: |call| Box::pin(services::list(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/services",
        id: "createService",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Creates a service.",
            query: &[],
            body: Some((JSON, shape::<services::ServiceBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<services::ServiceBody>))],
        },
        run: |call| Box::pin(services::create(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/services/{sid}",
        id: "getService",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Gets a service with its scopes.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<services::ServiceBody>))],
        },
        run: |call| Box::pin(services::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/api/admin/{tid}/services/{sid}",
        id: "updateService",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Replaces a service.",
            query: &[],
            body: Some((JSON, shape::<services::ServiceBody>)),
            answers: &[(StatusCode::OK, Some(shape::<services::ServiceBody>))],
        },
        run: |call| Box::pin(services::update(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/admin/{tid}/services/{sid}",
        id: "deleteService",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Removes a service with its APIs. Its scopes stay, without a service.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(services::delete(call)),
    },
];
