//! Login pages of a tenant's own: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::logins,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

const NEEDS: Needs = Needs::System("manage_logins");

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/system/{tid}/logins/{login}",
        id: "getLogin",
        needs: NEEDS,
        doc: Doc {
            summary: "Shows a login to the page to which it was sent.",
            query: &[("login_state", "What the browser brought to the page; checked when it is given.")],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<logins::LoginBody>))],
        },
        run: |call| Box::pin(logins::get(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/system/{tid}/logins/{login}/accept",
        id: "acceptLogin",
        needs: NEEDS,
        doc: Doc {
            summary: "Says who the person is. The browser that was sent to the page is let in.",
            query: &[],
            body: Some((JSON, shape::<logins::AcceptLoginBody>)),
            answers: &[(StatusCode::OK, Some(shape::<logins::RedirectBody>))],
        },
        run: |call| Box::pin(logins::accept(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/system/{tid}/logins/{login}/reject",
        id: "rejectLogin",
        needs: NEEDS,
        doc: Doc {
            summary: "Says that the person does not log in. The client is told.",
            query: &[],
            body: Some((JSON, shape::<logins::RejectBody>)),
            answers: &[(StatusCode::OK, Some(shape::<logins::RedirectBody>))],
        },
        run: |call| Box::pin(logins::reject(call)),
    },
];
