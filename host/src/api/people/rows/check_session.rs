//! What clients frame to learn of logouts.

use http::{Method, StatusCode};

use crate::{
    api::{
        people::{check_session, words},
        route::{Doc, Row},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[Row {
    method: Method::GET,
    path: "/{tid}/{aid}/oauth2/check_session",
    id: "checkSession",
    needs: Needs::Nothing, // the same for everybody
    doc: Doc {
        summary: "The page that clients frame to learn of logouts (OpenID Connect Session Management 1.0), where the server has it.",
        query: &[],
        body: None,
        answers: &[(StatusCode::OK, None)],
    },
    run: |call| Box::pin(words::told(call, check_session::page)),
}];
