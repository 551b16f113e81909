//! Clients of developers: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::{
            clients::body::{
                Described, DeveloperClientResponse, DeveloperClientsBody, DeveloperCreateClientRequest,
                DeveloperUpdateClientRequest,
            },
            developer_clients,
        },
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/developer/{tid}/clients",
        id: "listClientsForDeveloper",
        needs: Needs::Developer,
        doc: Doc {
            summary: "Lists the caller's own clients.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<DeveloperClientsBody>))],
        },
        run: |call| Box::pin(developer_clients::list(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/developer/{tid}/clients",
        id: "createClientForDeveloper",
        needs: Needs::Developer,
        doc: Doc {
            summary: "Registers a client with an id and a secret made by the server, if the policies of server and scopes allow it.",
            query: &[],
            body: Some((JSON, shape::<Described<DeveloperCreateClientRequest>>)),
            answers: &[(StatusCode::CREATED, Some(shape::<Described<DeveloperClientResponse>>))],
        },
        run: |call| Box::pin(developer_clients::create(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/developer/{tid}/clients/{cid}",
        id: "getClientForDeveloper",
        needs: Needs::Developer,
        doc: Doc {
            summary: "Gets one of the caller's own clients.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<Described<DeveloperClientResponse>>))],
        },
        run: |call| Box::pin(developer_clients::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/api/developer/{tid}/clients/{cid}",
        id: "updateClientForDeveloper",
        needs: Needs::Developer,
        doc: Doc {
            summary: "Replaces one of the caller's own clients, if the policies of new scopes allow it.",
            query: &[],
            body: Some((JSON, shape::<Described<DeveloperUpdateClientRequest>>)),
            answers: &[(StatusCode::OK, Some(shape::<Described<DeveloperClientResponse>>))],
        },
        run: |call| Box::pin(developer_clients::update(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/developer/{tid}/clients/{cid}",
        id: "deleteClientForDeveloper",
        needs: Needs::Developer,
        doc: Doc {
            summary: "Removes one of the caller's own clients.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(developer_clients::delete(call)),
    },
];
