//! Every operation of the dialect, one row each.

use http::{Method, StatusCode};

use super::{jwks, token};
use crate::{
    api::{
        read::FORM,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub static ROWS: &[Row] = &[
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/oauth2/token",
        id: "token",
        needs: Needs::Nothing, // authenticates its client itself
        doc: Doc {
            summary: "Issues an access token (RFC 6749 §4.4).",
            query: &[],
            body: Some((FORM, shape::<token::TokenForm>)),
            answers: &[(StatusCode::OK, Some(shape::<token::TokenAnswer>))],
        },
        run: |call| Box::pin(token::issue(call)),
    },
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/.well-known/jwks.json",
        id: "jwks",
        needs: Needs::Nothing, // public keys
        doc: Doc {
            summary: "The server's public keys (RFC 7517).",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<jwks::KeySet>))],
        },
        run: |call| Box::pin(jwks::get(call)),
    },
];
