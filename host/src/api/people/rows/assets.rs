//! What the pages load.

use http::{Method, StatusCode};

use crate::{
    api::{
        people::assets,
        route::{Doc, Row},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/assets/portcullis.css",
        id: "pageStyle",
        needs: Needs::Nothing, // the same for everybody
        doc: Doc {
            summary: "The style of the pages for people.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(assets::style(call)),
    },
    Row {
        method: Method::GET,
        path: "/assets/post.js",
        id: "pageScript",
        needs: Needs::Nothing, // the same for everybody
        doc: Doc {
            summary: "The script that sends the answer for a client without a click.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(assets::script(call)),
    },
    Row {
        method: Method::GET,
        path: "/assets/check-session.js",
        id: "checkSessionScript",
        needs: Needs::Nothing, // the same for everybody
        doc: Doc {
            summary: "The script of the page that clients frame to learn of logouts.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(assets::check_session(call)),
    },
];
