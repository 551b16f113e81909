//! The signing keys of authorization servers: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::server_keys,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/servers/{aid}/keys",
        id: "listSigningKeys",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lists the signing keys of an authorization server with their states.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<server_keys::SigningKeysBody>))],
        },
        run: |call| Box::pin(server_keys::list(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/servers/{aid}/keys",
        id: "addSigningKey",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Adds a key that is published from now on and signs once the keys are rotated.",
            query: &[],
            body: Some((JSON, shape::<server_keys::NewKeyBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<server_keys::SigningKeysBody>))],
        },
        run: |call| Box::pin(server_keys::add(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/servers/{aid}/keys/rotate",
        id: "rotateSigningKeys",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lets the next key sign; the present one is published until everything it has signed has ended.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<server_keys::SigningKeysBody>))],
        },
        run: |call| Box::pin(server_keys::rotate(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/admin/{tid}/servers/{aid}/keys/{kid}",
        id: "deleteSigningKey",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Removes a key that does not sign; what it has signed is worth nothing from then on.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(server_keys::delete(call)),
    },
];
