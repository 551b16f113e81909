//! Logging out.

use http::{Method, StatusCode};

use crate::{
    api::{
        people::{logout, words},
        read::FORM,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/oauth2/logout",
        id: "logout",
        needs: Needs::Nothing, // an ID token of the person, or the person
        doc: Doc {
            summary: "Logs the person out, after asking them unless an ID token shows that they want it.",
            query: logout::PARAMETERS,
            body: None,
            answers: &[(StatusCode::OK, None), (StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(words::told(call, logout::leave)),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/oauth2/logout",
        id: "logoutByPost",
        needs: Needs::Nothing, // an ID token of the person, or the person
        doc: Doc {
            summary: "The same for parameters that are too long for a link, and for the person's own answer.",
            query: &[],
            body: Some((FORM, shape::<logout::LogoutForm>)),
            answers: &[(StatusCode::OK, None), (StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(words::told(call, logout::leave)),
    },
];
