//! What plugins may reach: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::plugin_grants,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/plugins/{name}/grants",
        id: "getPluginGrants",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Gets what a plugin may reach beyond the log.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<plugin_grants::PluginGrantsBody>))],
        },
        run: |call| Box::pin(plugin_grants::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/api/admin/{tid}/plugins/{name}/grants",
        id: "setPluginGrants",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lets a plugin reach exactly this, in each of its versions, from the next decision on.",
            query: &[],
            body: Some((JSON, shape::<plugin_grants::PluginGrantsBody>)),
            answers: &[(StatusCode::OK, Some(shape::<plugin_grants::PluginGrantsBody>))],
        },
        run: |call| Box::pin(plugin_grants::set(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/admin/{tid}/plugins/{name}/grants",
        id: "deletePluginGrants",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Takes back whatever a plugin may reach.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(plugin_grants::delete(call)),
    },
];
