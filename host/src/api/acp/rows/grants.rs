//! Consents of people, granted by machines: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::grants,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/system/{tid}/consents",
        id: "listConsentsOfUser",
        needs: Needs::System("view_consents"),
        doc: Doc {
            summary: "Lists the consents with what the person of the header `x-subject` has said about them.",
            query: grants::QUERY,
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<grants::HeldBody>))],
        },
        run: |call| Box::pin(grants::list(call)),
    },
    Row {
        method: Method::PATCH,
        path: "/api/system/{tid}/consents",
        id: "patchUserConsents",
        needs: Needs::System("manage_consents"),
        doc: Doc {
            summary: "Grants consents and takes them back for the person of the header `x-subject`.",
            query: &[],
            body: Some((JSON, shape::<grants::PatchBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<grants::PatchedBody>))],
        },
        run: |call| Box::pin(grants::patch(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/system/{tid}/consents/{action}",
        id: "listConsentsOfUserByAction",
        needs: Needs::System("view_consents"),
        doc: Doc {
            summary: "Lists the consents of an action, by its id or name, with what the person of the header `x-subject` has said about them.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<grants::HeldBody>))],
        },
        run: |call| Box::pin(grants::list_by_action(call)),
    },
];
