//! Consent actions: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::actions,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/actions",
        id: "listConsentActions",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lists the consent actions, without their consents.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<actions::ActionsBody>))],
        },
        run: |call| Box::pin(actions::list(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/actions",
        id: "createConsentAction",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Creates a consent action: consents that applications ask for under one name.",
            query: &[],
            body: Some((JSON, shape::<actions::ActionBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<actions::ActionBody>))],
        },
        run: |call| Box::pin(actions::create(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/actions/{action}",
        id: "getConsentAction",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Gets a consent action with its consents.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<actions::ActionBody>))],
        },
        run: |call| Box::pin(actions::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/api/admin/{tid}/actions/{action}",
        id: "updateConsentAction",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Replaces a consent action.",
            query: &[],
            body: Some((JSON, shape::<actions::ActionBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<actions::ActionBody>))],
        },
        run: |call| Box::pin(actions::update(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/admin/{tid}/actions/{action}",
        id: "deleteConsentAction",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Removes a consent action. Its consents stay.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(actions::delete(call)),
    },
];
