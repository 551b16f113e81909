//! Live tokens and consents (5 operations).

use http::{Method, StatusCode};

use crate::{
    api::{
        route::{Doc, Row, shape},
        setups::{
            consents::{self, ConsentBody},
            query,
            tokens::{self, TokenBody},
        },
    },
    domain::Needs,
};

/// The table.
pub static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/setups/{setupId}/tokens",
        id: "listSetupTokens",
        needs: Needs::Account,
        doc: Doc {
            summary: "Lists the refresh tokens of a setup that are good now, in pages; X-Total-Count says how many there are.",
            query: query::TOKENS,
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<Vec<TokenBody>>)), (StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(tokens::list(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/setups/{setupId}/tokens",
        id: "deleteUserSetupTokens",
        needs: Needs::Account,
        doc: Doc {
            summary: "Deletes the refresh tokens that a user's clients have at a setup, with everything made from them.",
            query: &[("user", "whose; the caller's when left out, for administrators everybody's when `*`")],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(tokens::delete_of_user(call)),
    },
    Row {
        method: Method::GET,
        path: "/setups/{setupId}/tokens/{tokenId}",
        id: "showSetupToken",
        needs: Needs::Account,
        doc: Doc {
            summary: "Shows a refresh token that is good now, by its `value` or by itself.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<TokenBody>))],
        },
        run: |call| Box::pin(tokens::get(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/setups/{setupId}/tokens/{tokenId}",
        id: "deleteSetupToken",
        needs: Needs::Account,
        doc: Doc {
            summary: "Deletes a refresh token, by its `value` or by itself, with everything made from its grant.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(tokens::delete(call)),
    },
    Row {
        method: Method::GET,
        path: "/setups/{setupId}/consents",
        id: "listSetupConsents",
        needs: Needs::Account,
        doc: Doc {
            summary: "Lists what people let the clients of a setup have without being asked again, in pages; X-Total-Count says how many there are.",
            query: query::CONSENTS,
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<Vec<ConsentBody>>)), (StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(consents::list(call)),
    },
];
