//! Every operation of the dialect, one row each.

use http::{Method, StatusCode};

use super::{evaluation, evaluations, metadata};
use crate::{
    api::{
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub static ROWS: &[Row] = &[
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/access/v1/evaluation",
        id: "evaluate",
        needs: Needs::Evaluate,
        doc: Doc {
            summary: "Decides whether a subject may act on a resource.",
            query: &[],
            body: Some((JSON, shape::<evaluation::EvaluationBody>)),
            answers: &[(StatusCode::OK, Some(shape::<evaluation::DecisionAnswer>))],
        },
        run: |call| Box::pin(evaluation::evaluate(call)),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/access/v1/evaluations",
        id: "evaluateMany",
        needs: Needs::Evaluate,
        doc: Doc {
            summary: "Decides many evaluations at once.",
            query: &[],
            body: Some((JSON, shape::<evaluations::EvaluationsBody>)),
            answers: &[(StatusCode::OK, Some(shape::<evaluations::EvaluationsAnswer>))],
        },
        run: |call| Box::pin(evaluations::evaluate(call)),
    },
    Row {
        method: Method::GET,
        path: "/.well-known/authzen-configuration/{tid}/{aid}",
        id: "authzenConfiguration",
        needs: Needs::Nothing, // public addresses
        doc: Doc {
            summary: "Where the decision endpoints are.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<metadata::Metadata>))],
        },
        run: |call| Box::pin(metadata::get(call)),
    },
];
