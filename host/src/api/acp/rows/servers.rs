//! Authorization servers: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::servers,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/servers",
        id: "listAuthorizationServers",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lists the authorization servers.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<servers::ServersBody>))],
        },
        run: |call| Box::pin(servers::list(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/servers",
        id: "createAuthorizationServer",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Creates an authorization server; its id, secret and keys are made unless given.",
            query: &[],
            body: Some((JSON, shape::<servers::ServerBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<servers::ServerBody>))],
        },
        run: |call| Box::pin(servers::create(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/servers/{aid}",
        id: "getAuthorizationServer",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Gets an authorization server.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<servers::ServerBody>))],
        },
        run: |call| Box::pin(servers::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/api/admin/{tid}/servers/{aid}",
        id: "updateAuthorizationServer",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Replaces an authorization server's configuration; secrets, keys and ways to log in that are left out stay.",
            query: &[],
            body: Some((JSON, shape::<servers::ServerBody>)),
            answers: &[(StatusCode::OK, Some(shape::<servers::ServerBody>))],
        },
        run: |call| Box::pin(servers::update(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/admin/{tid}/servers/{aid}",
        id: "deleteAuthorizationServer",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Removes an authorization server and everything below it.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(servers::delete(call)),
    },
];
