//! Authentication devices of people whom clients ask elsewhere: one row for each answer.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::backchannel_requests,
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

const NEEDS: Needs = Needs::System("manage_logins");

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::POST,
        path: "/api/system/{tid}/servers/{aid}/backchannel-requests/{request}/accept",
        id: "acceptBackchannelRequest",
        needs: NEEDS,
        doc: Doc {
            summary: "Says that the person has said yes on their authentication device (OpenID Connect CIBA). The client is told.",
            query: &[],
            body: Some((JSON, shape::<backchannel_requests::AcceptBody>)),
            answers: &[(StatusCode::OK, Some(shape::<backchannel_requests::AnsweredBody>))],
        },
        run: |call| Box::pin(backchannel_requests::accept(call)),
    },
    Row {
        method: Method::POST,
        path: "/api/system/{tid}/servers/{aid}/backchannel-requests/{request}/reject",
        id: "rejectBackchannelRequest",
        needs: NEEDS,
        doc: Doc {
            summary: "Says that the person has said no on their authentication device (OpenID Connect CIBA). The client is told.",
            query: &[],
            body: Some((JSON, shape::<backchannel_requests::RejectBody>)),
            answers: &[(StatusCode::OK, Some(shape::<backchannel_requests::AnsweredBody>))],
        },
        run: |call| Box::pin(backchannel_requests::reject(call)),
    },
];
