//! Candidates evaluated beside policies, and what they would have changed: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::{impacts, policies::PolicyBody, shadows},
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/policies/{pid}/shadow",
        id: "getPolicyShadow",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Gets the candidate beside a policy, and how its answers differ from the policy's on live decisions.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<shadows::ShadowBody>))],
        },
        run: |call| Box::pin(shadows::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/api/admin/{tid}/policies/{pid}/shadow",
        id: "putPolicyShadow",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Puts a candidate beside a policy. It is asked what the policy is asked; its answers are only counted.",
            query: &[],
            body: Some((JSON, shape::<shadows::NewShadowBody>)),
            answers: &[(StatusCode::OK, Some(shape::<shadows::ShadowBody>))],
        },
        run: |call| Box::pin(shadows::put(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/admin/{tid}/policies/{pid}/shadow",
        id: "deletePolicyShadow",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Takes the candidate beside a policy away.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(shadows::delete(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/policies/{pid}/shadow/promote",
        id: "promotePolicyShadow",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Makes the candidate the policy and ends the shadow.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<PolicyBody>))],
        },
        run: |call| Box::pin(shadows::promote(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/policies/{pid}/impact",
        id: "analysePolicyImpact",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Asks a candidate about the decisions of a policy that are in the log, newest first, and lists what changes.",
            query: &[],
            body: Some((JSON, shape::<impacts::QuestionBody>)),
            answers: &[(StatusCode::OK, Some(shape::<impacts::ImpactBody>))],
        },
        run: |call| Box::pin(impacts::analyse(call)),
    },
];
