//! The token endpoint of organizations' clients. Its errors are those of OAuth (RFC 6749 §5.2), so its row stands in that
//! dialect's tables.

use http::{Method, StatusCode};

use crate::{
    api::{
        apps::token,
        oauth::token::TokenAnswer,
        read::FORM,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub static ROWS: &[Row] = &[Row {
    method: Method::POST,
    path: "/oauth/token",
    id: "organizationToken",
    needs: Needs::Nothing, // authenticates its client itself
    doc: Doc {
        summary: "Issues tokens to a client of an organization, for its own credentials or a refresh token (RFC 6749).",
        query: &[],
        body: Some((FORM, shape::<token::OrganizationTokenForm>)),
        answers: &[(StatusCode::OK, Some(shape::<TokenAnswer<'static>>))],
    },
    run: |call| Box::pin(token::issue(call)),
}];
