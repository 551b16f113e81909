//! Consent pages of a tenant's own: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::{logins, scope_grants},
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

const NEEDS: Needs = Needs::System("manage_scope_grants");

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/system/{tid}/scope-grants/{login}",
        id: "getScopeGrant",
        needs: Needs::SystemEither("manage_scope_grants", "manage_consents"),
        doc: Doc {
            summary: "Shows a login to the consent page to which it was sent.",
            query: &[("login_state", "What the browser brought to the page; checked when it is given.")],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<logins::LoginBody>))],
        },
        run: |call| Box::pin(scope_grants::get(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/system/{tid}/scope-grants/{login}/accept",
        id: "acceptScopeGrant",
        needs: NEEDS,
        doc: Doc {
            summary: "Says which scopes the client may have.",
            query: &[],
            body: Some((JSON, shape::<scope_grants::AcceptScopesBody>)),
            answers: &[(StatusCode::OK, Some(shape::<logins::RedirectBody>))],
        },
        run: |call| Box::pin(scope_grants::accept(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/system/{tid}/scope-grants/{login}/reject",
        id: "rejectScopeGrant",
        needs: NEEDS,
        doc: Doc {
            summary: "Says that the person does not let the client have anything. The client is told.",
            query: &[],
            body: Some((JSON, shape::<logins::RejectBody>)),
            answers: &[(StatusCode::OK, Some(shape::<logins::RedirectBody>))],
        },
        run: |call| Box::pin(scope_grants::reject(call)),
    },
];
