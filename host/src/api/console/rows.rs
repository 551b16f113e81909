//! Every operation of the dialect, one row each. All are open: they say nothing about tenants.

use http::{Method, StatusCode};

use super::pages;
use crate::{
    api::route::{Doc, Row},
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/console/policies",
        id: "consolePolicies",
        needs: Needs::Nothing,
        doc: Doc {
            summary: "The playground of policies: edit, check, run cases, see reasons, cost and trace.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(pages::policies(call)),
    },
    Row {
        method: Method::GET,
        path: "/console/console.css",
        id: "consoleStyle",
        needs: Needs::Nothing,
        doc: Doc { summary: "Its style.", query: &[], body: None, answers: &[(StatusCode::OK, None)] },
        run: |call| Box::pin(pages::style(call)),
    },
    Row {
        method: Method::GET,
        path: "/console/policies.js",
        id: "consoleScript",
        needs: Needs::Nothing,
        doc: Doc { summary: "Its script.", query: &[], body: None, answers: &[(StatusCode::OK, None)] },
        run: |call| Box::pin(pages::script(call)),
    },
];
