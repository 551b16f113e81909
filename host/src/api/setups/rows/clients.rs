//! Clients, their snapshots and the translator (9 operations).

use http::{Method, StatusCode};

use crate::{
    api::{
        read::JSON,
        route::{Doc, Row, shape},
        setups::{
            clients::{self, ClientId, ClientIds},
            query,
            setup::SnapshotIds,
            wire::client::ClientBody,
        },
    },
    domain::Needs,
};

/// The table.
pub static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/setups/{setupId}/clients",
        id: "listSetupClients",
        needs: Needs::Account,
        doc: Doc {
            summary: "Lists the clients that fit every parameter.",
            query: query::ENTITIES,
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<ClientIds>))],
        },
        run: |call| Box::pin(clients::list(call)),
    },
    Row {
        method: Method::POST,
        path: "/setups/{setupId}/clients",
        id: "createSetupClient",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Makes a client, now or from an instant on. Parameters are ignored.",
            query: &[],
            body: Some((JSON, shape::<ClientBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<ClientId>))],
        },
        run: |call| Box::pin(clients::create(call)),
    },
    Row {
        method: Method::GET,
        path: "/setups/{setupId}/clients/{clientId}",
        id: "showSetupClient",
        needs: Needs::Account,
        doc: Doc {
            summary: "Shows a client as it is now.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<ClientBody>))],
        },
        run: |call| Box::pin(clients::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/setups/{setupId}/clients/{clientId}",
        id: "updateSetupClient",
        needs: Needs::Account,
        doc: Doc {
            summary: "Replaces a client, now or from an instant on; also a deleted one, which is there again then. The `valid_from` of its state now means now, so what a GET has brought may be changed and sent back.",
            query: &[],
            body: Some((JSON, shape::<ClientBody>)),
            answers: &[(StatusCode::OK, Some(shape::<ClientBody>))],
        },
        run: |call| Box::pin(clients::update(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/setups/{setupId}/clients/{clientId}",
        id: "deleteSetupClient",
        needs: Needs::Account,
        doc: Doc {
            summary: "Deletes a client from now on, with what is scheduled. Its snapshots stay.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(clients::delete(call)),
    },
    Row {
        method: Method::GET,
        path: "/setups/{setupId}/clients/{clientId}/snapshots",
        id: "listSetupClientSnapshots",
        needs: Needs::Account,
        doc: Doc {
            summary: "Lists the snapshots of a client, scheduled ones too.",
            query: query::SNAPSHOTS,
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<SnapshotIds>))],
        },
        run: |call| Box::pin(clients::snapshots(call)),
    },
    Row {
        method: Method::GET,
        path: "/setups/{setupId}/clients/{clientId}/snapshots/{snapshotId}",
        id: "showSetupClientSnapshot",
        needs: Needs::Account,
        doc: Doc {
            summary: "Shows a snapshot of a client.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<ClientBody>))],
        },
        run: |call| Box::pin(clients::snapshot(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/setups/{setupId}/clients/{clientId}/snapshots/{snapshotId}",
        id: "deleteSetupClientSnapshot",
        needs: Needs::Account,
        doc: Doc {
            summary: "Takes back a scheduled snapshot of a client.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(clients::unschedule(call)),
    },
    Row {
        method: Method::POST,
        path: "/setups/{setupId}/client-id-translator",
        id: "translateClientId",
        needs: Needs::Account,
        doc: Doc {
            summary: "Finds the entity id of a client by its OAuth client id.",
            query: &[("oAuthClientId", "the OAuth client id")],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<ClientId>))],
        },
        run: |call| Box::pin(clients::translate(call)),
    },
];
