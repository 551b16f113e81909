//! Consents: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::consents,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/consents",
        id: "listConsents",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lists the consents.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<consents::ConsentsBody>))],
        },
        run: |call| Box::pin(consents::list(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/consents",
        id: "createConsent",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Creates a consent.",
            query: &[],
            body: Some((JSON, shape::<consents::ConsentBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<consents::ConsentBody>))],
        },
        run: |call| Box::pin(consents::create(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/consents/{consent}",
        id: "getConsent",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Gets a consent.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<consents::ConsentBody>))],
        },
        run: |call| Box::pin(consents::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/api/admin/{tid}/consents/{consent}",
        id: "updateConsent",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Replaces a consent. Whatever changes makes a new version.",
            query: &[],
            body: Some((JSON, shape::<consents::ConsentBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<consents::ConsentBody>))],
        },
        run: |call| Box::pin(consents::update(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/admin/{tid}/consents/{consent}",
        id: "deleteConsent",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Removes a consent, also from the actions that ask for it. Its grants are void.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(consents::delete(call)),
    },
];
