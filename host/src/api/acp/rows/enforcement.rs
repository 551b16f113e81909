//! What gateways ask: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::{enforcement, gateway_configuration},
        route::{Doc, Row, shape},
    },
    domain::{Needs, permit::READ_GATEWAY},
};

/// Where a gateway asks that names the request in headers.
const AUTHORIZE: &str = "/api/system/{tid}/gateways/{gw}/authorize";
/// Where a gateway asks about the path `/` that puts the path behind ours.
const ROOT: &str = "/api/system/{tid}/gateways/{gw}/authorize/";
/// Where it asks about any other path.
const BELOW: &str = "/api/system/{tid}/gateways/{gw}/authorize/{*path}";

/// A gateway asks with the method of the request it is about.
const fn row(method: Method, path: &'static str, id: &'static str) -> Row {
    Row {
        method,
        path,
        id,
        needs: Needs::Nothing, // authenticates the gateway itself
        doc: Doc {
            summary: "Decides whether a request may pass a gateway, which proves itself in X-Gateway-Authorization.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(enforcement::authorize(call)),
    }
}

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/system/{tid}/gateways/configuration",
        id: "readGatewayConfiguration",
        needs: Needs::System(READ_GATEWAY),
        doc: Doc {
            summary: "Gets what the calling gateway enforces. With If-None-Match and `Prefer: wait=SECONDS` it waits for a change.",
            query: &[("authorizer_version", "The version of the gateway; every one gets the same.")],
            body: None,
            answers: &[
                (StatusCode::OK, Some(shape::<gateway_configuration::ConfigurationBody>)),
                (StatusCode::NOT_MODIFIED, None),
            ],
        },
        run: |call| Box::pin(gateway_configuration::get(call)),
    },
    row(Method::GET, AUTHORIZE, "authorizeGet"),
    row(Method::GET, ROOT, "authorizeGetRoot"),
    row(Method::GET, BELOW, "authorizeGetPath"),
    row(Method::POST, AUTHORIZE, "authorizePost"),
    row(Method::POST, ROOT, "authorizePostRoot"),
    row(Method::POST, BELOW, "authorizePostPath"),
    row(Method::PUT, AUTHORIZE, "authorizePut"),
    row(Method::PUT, ROOT, "authorizePutRoot"),
    row(Method::PUT, BELOW, "authorizePutPath"),
    row(Method::PATCH, AUTHORIZE, "authorizePatch"),
    row(Method::PATCH, ROOT, "authorizePatchRoot"),
    row(Method::PATCH, BELOW, "authorizePatchPath"),
    row(Method::DELETE, AUTHORIZE, "authorizeDelete"),
    row(Method::DELETE, ROOT, "authorizeDeleteRoot"),
    row(Method::DELETE, BELOW, "authorizeDeletePath"),
    row(Method::OPTIONS, AUTHORIZE, "authorizeOptions"),
    row(Method::OPTIONS, ROOT, "authorizeOptionsRoot"),
    row(Method::OPTIONS, BELOW, "authorizeOptionsPath"),
];
