//! APIs: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::apis,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/servers/{aid}/apis",
        id: "listAPIsByServer",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lists the APIs of an authorization server, by service.",
            query: apis::QUERY,
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<apis::ServerApisBody>))],
        },
        run: |call| Box::pin(apis::list_by_server(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/services/{sid}/apis",
        id: "listAPIsByService",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lists the APIs of a service, by position.",
            query: apis::QUERY,
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<apis::ApisBody>))],
        },
        run: |call| Box::pin(apis::list_by_service(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/apis",
        id: "createAPI",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Creates an API of a service that has no imported specification.",
            query: &[],
            body: Some((JSON, shape::<apis::ApiBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<apis::ApiBody>))],
        },
        run: |call| Box::pin(apis::create(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/apis/{api}",
        id: "getAPI",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Gets an API.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<apis::ApiBody>))],
        },
        run: |call| Box::pin(apis::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/api/admin/{tid}/apis/{api}",
        id: "updateAPI",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Replaces the policy and the data classifications of an API.",
            query: &[],
            body: Some((JSON, shape::<apis::ApiChange>)),
            answers: &[(StatusCode::OK, Some(shape::<apis::ApiBody>))],
        },
        run: |call| Box::pin(apis::update(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/admin/{tid}/apis/{api}",
        id: "deleteAPI",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Removes an API that was not imported.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(apis::delete(call)),
    },
];
