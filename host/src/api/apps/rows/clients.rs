//! Organization clients (5 operations).

use http::{Method, StatusCode};

use crate::{
    api::{
        apps::clients,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/security/clients",
        id: "listOrganizationClients",
        needs: Needs::Account,
        doc: Doc {
            summary: "Lists the clients of the caller's organization, without their secrets.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<Vec<clients::ClientBody>>))],
        },
        run: |call| Box::pin(clients::list(call)),
    },
    Row {
        method: Method::POST,
        path: "/security/clients",
        id: "createOrganizationClient",
        needs: Needs::Account,
        doc: Doc {
            summary: "Creates a client of the caller's organization. Its secret is in this answer and in no other.",
            query: &[],
            body: Some((JSON, shape::<clients::CreateBody>)),
            answers: &[(StatusCode::OK, Some(shape::<clients::ClientBody>))],
        },
        run: |call| Box::pin(clients::create(call)),
    },
    Row {
        method: Method::PUT,
        path: "/security/clients/{clientId}",
        id: "updateOrganizationClient",
        needs: Needs::Account,
        doc: Doc {
            summary: "Replaces what is given of a client. What is left out stays as it is.",
            query: &[],
            body: Some((JSON, shape::<clients::UpdateBody>)),
            answers: &[(StatusCode::OK, Some(shape::<clients::ClientBody>))],
        },
        run: |call| Box::pin(clients::update(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/security/clients/{clientId}",
        id: "deleteOrganizationClient",
        needs: Needs::Account,
        doc: Doc {
            summary: "Removes a client. Its tokens are refused from then on.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(clients::delete(call)),
    },
    Row {
        method: Method::POST,
        path: "/security/clients/{clientId}/rotate",
        id: "rotateOrganizationClientSecret",
        needs: Needs::Account,
        doc: Doc {
            summary: "Gives a client a new secret, which is in this answer and in no other.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<clients::ClientBody>))],
        },
        run: |call| Box::pin(clients::rotate(call)),
    },
];
