//! Policies: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::policies::{self, trial},
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/policies",
        id: "listPolicies",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lists the policies.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<policies::PoliciesBody>))],
        },
        run: |call| Box::pin(policies::list(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/policies",
        id: "createPolicy",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Creates a policy. Every validator must be installed and accept its configuration.",
            query: &[],
            body: Some((JSON, shape::<policies::PolicyBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<policies::PolicyBody>))],
        },
        run: |call| Box::pin(policies::create(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/policies/test",
        id: "testPolicy",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Evaluates a policy that is not saved on an input, and explains the answer on request.",
            query: &[],
            body: Some((JSON, shape::<trial::TestBody>)),
            answers: &[(StatusCode::OK, Some(shape::<trial::TestAnswer>))],
        },
        run: |call| Box::pin(trial::test(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/admin/{tid}/policies/check",
        id: "checkPolicy",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Tells whether a policy could be saved, and everything that is wrong with it. Nothing is saved.",
            query: &[],
            body: Some((JSON, shape::<policies::PolicyBody>)),
            answers: &[(StatusCode::OK, Some(shape::<trial::CheckAnswer>))],
        },
        run: |call| Box::pin(trial::check(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/validators",
        id: "listValidators",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Lists the validators that every policy may name, each with the schema of its configuration.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<trial::KnownBody>))],
        },
        run: |call| Box::pin(trial::validators(call)),
    },
    Row {
        method: Method::GET,
        path: "/api/admin/{tid}/policies/{pid}",
        id: "getPolicy",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Gets a policy.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<policies::PolicyBody>))],
        },
        run: |call| Box::pin(policies::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/api/admin/{tid}/policies/{pid}",
        id: "updatePolicy",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Replaces a policy.",
            query: &[],
            body: Some((JSON, shape::<policies::PolicyBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<policies::PolicyBody>))],
        },
        run: |call| Box::pin(policies::update(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/api/admin/{tid}/policies/{pid}",
        id: "deletePolicy",
        needs: Needs::Admin,
        doc: Doc {
            summary: "Removes a policy that nothing uses.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(policies::delete(call)),
    },
];
