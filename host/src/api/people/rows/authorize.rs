//! Where clients send browsers.

use http::{Method, StatusCode};

use crate::{
    api::{
        people::{authorize, words},
        read::FORM,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/oauth2/authorize",
        id: "authorize",
        needs: Needs::Nothing, // asks the person itself
        doc: Doc {
            summary: "Asks a person to let a client have tokens (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2).",
            query: authorize::PARAMETERS,
            body: None,
            answers: &[(StatusCode::SEE_OTHER, None), (StatusCode::OK, None)],
        },
        run: |call| Box::pin(words::told(call, authorize::begin)),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/oauth2/authorize",
        id: "authorizeByPost",
        needs: Needs::Nothing, // asks the person itself
        doc: Doc {
            summary: "The same with the parameters in a form (OpenID Connect Core §3.1.2.1).",
            query: &[],
            body: Some((FORM, shape::<authorize::AuthorizeForm>)),
            answers: &[(StatusCode::SEE_OTHER, None), (StatusCode::OK, None)],
        },
        run: |call| Box::pin(words::told(call, authorize::begin)),
    },
];
