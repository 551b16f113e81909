//! Every operation of the dialect, one row each. All are open: they say nothing about tenants.

use http::{Method, StatusCode};

use super::{docs, health};
use crate::{
    api::route::{Doc, Row, shape},
    domain::Needs,
};

/// The table.
pub static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/health/live",
        id: "healthLive",
        needs: Needs::Nothing,
        doc: Doc {
            summary: "Answers 200 while the process runs.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<health::Health>))],
        },
        run: |call| Box::pin(health::live(call)),
    },
    Row {
        method: Method::GET,
        path: "/health/ready",
        id: "healthReady",
        needs: Needs::Nothing,
        doc: Doc {
            summary: "Answers 200 when requests are served, 503 while starting or stopping; names what does not work.",
            query: &[],
            body: None,
            answers: &[
                (StatusCode::OK, Some(shape::<health::Health>)),
                (StatusCode::SERVICE_UNAVAILABLE, Some(shape::<health::Health>)),
            ],
        },
        run: |call| Box::pin(health::ready(call)),
    },
    Row {
        method: Method::GET,
        path: "/metrics",
        id: "metrics",
        needs: Needs::Nothing,
        doc: Doc {
            summary: "The metrics, for Prometheus.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(health::metrics(call)),
    },
    Row {
        method: Method::GET,
        path: "/openapi/{document}",
        id: "openapi",
        needs: Needs::Nothing,
        doc: Doc {
            summary: "The OpenAPI 3.1 document of a dialect: `acp.json`, `oauth.json`, `decide.json`, `operate.json`.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(docs::openapi(call)),
    },
    Row {
        method: Method::GET,
        path: "/docs",
        id: "docs",
        needs: Needs::Nothing,
        doc: Doc {
            summary: "All operations on a page for people.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(docs::page(call)),
    },
    Row {
        method: Method::GET,
        path: "/docs/style.css",
        id: "docsStyle",
        needs: Needs::Nothing,
        doc: Doc { summary: "The style of that page.", query: &[], body: None, answers: &[(StatusCode::OK, None)] },
        run: |call| Box::pin(docs::style(call)),
    },
];
