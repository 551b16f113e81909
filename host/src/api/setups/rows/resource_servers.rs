//! Resource servers and their snapshots (8 operations).

use http::{Method, StatusCode};

use crate::{
    api::{
        read::JSON,
        route::{Doc, Row, shape},
        setups::{
            query,
            resource_servers::{self, ResourceServerId, ResourceServerIds},
            setup::SnapshotIds,
            wire::resource_server::ResourceServerBody,
        },
    },
    domain::Needs,
};

/// The table.
pub static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/setups/{setupId}/resource-servers",
        id: "listSetupResourceServers",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Lists the resource servers that fit every parameter.",
            query: query::ENTITIES,
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<ResourceServerIds>))],
        },
        run: |call| Box::pin(resource_servers::list(call)),
    },
    Row {
        method: Method::POST,
        path: "/setups/{setupId}/resource-servers",
        id: "createSetupResourceServer",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Makes a resource server, now or from an instant on. Parameters are ignored.",
            query: &[],
            body: Some((JSON, shape::<ResourceServerBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<ResourceServerId>))],
        },
        run: |call| Box::pin(resource_servers::create(call)),
    },
    Row {
        method: Method::GET,
        path: "/setups/{setupId}/resource-servers/{resourceServerId}",
        id: "showResourceServer",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Shows a resource server as it is now.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<ResourceServerBody>))],
        },
        run: |call| Box::pin(resource_servers::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/setups/{setupId}/resource-servers/{resourceServerId}",
        id: "updateResourceServer",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Replaces a resource server, now or from an instant on; also a deleted one, which is there again then. The `valid_from` of its state now means now, so what a GET has brought may be changed and sent back.",
            query: &[],
            body: Some((JSON, shape::<ResourceServerBody>)),
            answers: &[(StatusCode::OK, Some(shape::<ResourceServerBody>))],
        },
        run: |call| Box::pin(resource_servers::update(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/setups/{setupId}/resource-servers/{resourceServerId}",
        id: "deleteResourceServer",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Deletes a resource server from now on, with what is scheduled. Its snapshots stay.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(resource_servers::delete(call)),
    },
    Row {
        method: Method::GET,
        path: "/setups/{setupId}/resource-servers/{resourceServerId}/snapshots",
        id: "listResourceServerSnapshots",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Lists the snapshots of a resource server, scheduled ones too.",
            query: query::SNAPSHOTS,
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<SnapshotIds>))],
        },
        run: |call| Box::pin(resource_servers::snapshots(call)),
    },
    Row {
        method: Method::GET,
        path: "/setups/{setupId}/resource-servers/{resourceServerId}/snapshots/{snapshotId}",
        id: "showResourceServerSnapshot",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Shows a snapshot of a resource server.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<ResourceServerBody>))],
        },
        run: |call| Box::pin(resource_servers::snapshot(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/setups/{setupId}/resource-servers/{resourceServerId}/snapshots/{snapshotId}",
        id: "deleteResourceServerSnapshot",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Takes back a scheduled snapshot of a resource server.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(resource_servers::unschedule(call)),
    },
];
