//! Scopes: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::scopes,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/servers/{aid}/scopes",
        id: "listScopes",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lists the scopes of an authorization server with their services.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<scopes::ScopesBody>))],
        },
        run: |call| Box::pin(scopes::list(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/scopes",
        id: "createScope",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Creates a scope, in a service if one is named.",
            query: &[],
            body: Some((JSON, shape::<scopes::ScopeBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<scopes::ScopeBody>))],
        },
        run: |call| Box::pin(scopes::create(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/scopes/{scp}",
        id: "getScope",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Gets a scope with its service.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<scopes::ScopeBody>))],
        },
        run: |call| Box::pin(scopes::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/api/admin/{tid}/scopes/{scp}",
        id: "updateScope",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Replaces a scope. A new name is written through to its clients and claims.",
            query: &[],
            body: Some((JSON, shape::<scopes::ScopeBody>)),
            answers: &[(StatusCode::OK, Some(shape::<scopes::ScopeBody>))],
        },
        run: |call| Box::pin(scopes::update(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/admin/{tid}/scopes/{scp}",
        id: "deleteScope",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Removes a scope, also from the clients and claims that have it.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(scopes::delete(call)),
    },
];
