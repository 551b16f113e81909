//! Setups and their snapshots (8 operations).

use http::{Method, StatusCode};

use crate::{
    api::{
        read::JSON,
        route::{Doc, Row, shape},
        setups::{
            query,
            setup::{self, SetupId, SetupIds, SnapshotIds},
            wire::setup::SetupBody,
        },
    },
    domain::Needs,
};

/// The table.
pub static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/setups",
        id: "listSetups",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Lists the setups that fit every parameter.",
            query: query::SETUPS,
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<SetupIds>))],
        },
        run: |call| Box::pin(setup::list(call)),
    },
    Row {
        method: Method::POST,
        path: "/setups",
        id: "createSetup",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Makes a setup, now or from an instant on. Parameters are ignored.",
            query: &[],
            body: Some((JSON, shape::<SetupBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<SetupId>))],
        },
        run: |call| Box::pin(setup::create(call)),
    },
    Row {
        method: Method::GET,
        path: "/setups/{setupId}",
        id: "showSetup",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Shows a setup as it is now.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<SetupBody>))],
        },
        run: |call| Box::pin(setup::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/setups/{setupId}",
        id: "updateSetup",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Replaces a setup, now or from an instant on; also a deleted one, which is there again then. The `valid_from` of its state now means now, so what a GET has brought may be changed and sent back.",
            query: &[],
            body: Some((JSON, shape::<SetupBody>)),
            answers: &[(StatusCode::OK, Some(shape::<SetupBody>))],
        },
        run: |call| Box::pin(setup::update(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/setups/{setupId}",
        id: "deleteSetup",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Deletes a setup from now on, with what is scheduled. Its snapshots stay.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(setup::delete(call)),
    },
    Row {
        method: Method::GET,
        path: "/setups/{setupId}/snapshots",
        id: "listSetupSnapshots",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Lists the snapshots of a setup, scheduled ones too.",
            query: query::SNAPSHOTS,
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<SnapshotIds>))],
        },
        run: |call| Box::pin(setup::snapshots(call)),
    },
    Row {
        method: Method::GET,
        path: "/setups/{setupId}/snapshots/{snapshotId}",
        id: "showSetupSnapshot",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Shows a snapshot of a setup.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<SetupBody>))],
        },
        run: |call| Box::pin(setup::snapshot(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/setups/{setupId}/snapshots/{snapshotId}",
        id: "deleteSetupSnapshot",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Takes back a scheduled snapshot of a setup.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(setup::unschedule(call)),
    },
];
