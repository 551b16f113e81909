//! Gateways: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::gateways,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/servers/{aid}/gateways",
        id: "listGateways",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lists the gateways of an authorization server.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<gateways::GatewaysBody>))],
        },
        run: |call| Box::pin(gateways::list(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/gateways",
        id: "createGateway",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Creates a gateway and the client that it proves itself with.",
            query: &[],
            body: Some((JSON, shape::<gateways::CreateBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<gateways::GatewayWithClientBody>))],
        },
        run: |call| Box::pin(gateways::create(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/gateways/{gw}",
        id: "getGateway",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Gets a gateway with its client.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<gateways::GatewayWithClientBody>))],
        },
        run: |call| Box::pin(gateways::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/api/admin/{tid}/gateways/{gw}",
        id: "updateGateway",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Changes the name and the description of a gateway.",
            query: &[],
            body: Some((JSON, shape::<gateways::UpdateBody>)),
            answers: &[(StatusCode::OK, Some(shape::<gateways::GatewayBody>))],
        },
        run: |call| Box::pin(gateways::update(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/gateways/{gw}/package",
        id: "getGatewayPackage",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Gets a zip file that starts the gateway: its configuration with its credentials.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(gateways::package(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/admin/{tid}/gateways/{gw}",
        id: "deleteGateway",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Removes a gateway with its client, and disconnects its services.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(gateways::delete(call)),
    },
];
