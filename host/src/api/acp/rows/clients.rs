//! Clients: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::clients,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/servers/{aid}/clients",
        id: "listClients",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lists the clients of an authorization server.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<clients::ClientsBody>))],
        },
        run: |call| Box::pin(clients::list(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/clients",
        id: "createClient",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Creates a client. An id and a secret are made when none are given.",
            query: &[],
            body: Some((JSON, shape::<clients::ClientBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<clients::ClientBody>))],
        },
        run: |call| Box::pin(clients::create(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/clients/{cid}",
        id: "getClient",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Gets a client.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<clients::ClientBody>))],
        },
        run: |call| Box::pin(clients::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/api/admin/{tid}/clients/{cid}",
        id: "updateClient",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Replaces a client. Without a secret it keeps the one it has.",
            query: &[],
            body: Some((JSON, shape::<clients::ClientBody>)),
            answers: &[(StatusCode::OK, Some(shape::<clients::ClientBody>))],
        },
        run: |call| Box::pin(clients::update(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/admin/{tid}/clients/{cid}",
        id: "deleteClient",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Removes a client. Its tokens are refused from then on.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(clients::delete(call)),
    },
];
