//! Where people come back to that have logged in elsewhere.

use http::{Method, StatusCode};

use crate::{
    api::{
        people::{callback, custom, visit, words},
        route::{Doc, Row},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/callback",
        id: "returnFromProvider",
        needs: Needs::Nothing, // a browser, which is known by its cookie
        doc: Doc {
            summary: "Takes a person over from a provider (OpenID Connect Core §3.1.2.5).",
            query: &[
                ("state", "What was sent along."),
                ("code", "The authorization code."),
                ("iss", "The issuer (RFC 9207)."),
                ("error", "Why there is no code."),
            ],
            body: None,
            answers: &[(StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(words::told(call, callback::get)),
    },
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/login/{login}/return",
        id: "returnFromLoginPage",
        needs: Needs::Nothing, // a browser, which is known by its cookie
        doc: Doc {
            summary: "Takes a person over from a login page of the tenant's own.",
            query: &[("ticket", "What the operation acceptLogin has answered with.")],
            body: None,
            answers: &[(StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(words::told(call, |call| visit::step(call, custom::get))),
    },
];
