//! Claims: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::claims,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/servers/{aid}/claims",
        id: "listClaims",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lists the claims of an authorization server.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<claims::ClaimsBody>))],
        },
        run: |call| Box::pin(claims::list(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/claims",
        id: "createClaim",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Creates a claim: what of the authentication context goes into a token.",
            query: &[],
            body: Some((JSON, shape::<claims::ClaimBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<claims::ClaimBody>))],
        },
        run: |call| Box::pin(claims::create(call)),
    },
    Row {
        method: Method::PUT,
        path: "/api/admin/{tid}/claims/{claim}",
        id: "updateClaim",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Replaces a claim.",
            query: &[],
            body: Some((JSON, shape::<claims::ClaimBody>)),
            answers: &[(StatusCode::OK, Some(shape::<claims::ClaimBody>))],
        },
        run: |call| Box::pin(claims::update(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/admin/{tid}/claims/{claim}",
        id: "deleteClaim",
        needs: Needs::Admin,
        doc: Doc { summary: "Removes a claim.", query: &[], body: None, answers: &[(StatusCode::NO_CONTENT, None)] },
        run: |call| Box::pin(claims::delete(call)),
    },
];
