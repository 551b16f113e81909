//! Every operation of the dialect, one row each. Registration authenticates its caller itself: by an initial access token where
//! the server wants one, and by the token of the registration.

use http::{Method, StatusCode};

use super::{registration, userinfo};
use crate::{
    api::{
        read::{FORM, JSON},
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/userinfo",
        id: "userinfo",
        needs: Needs::Person(userinfo::SCOPE),
        doc: Doc {
            summary: "Tells about the person of a token (OpenID Connect Core §5.3).",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<userinfo::UserinfoBody>))],
        },
        run: |call| Box::pin(userinfo::get(call)),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/userinfo",
        id: "postUserinfo",
        needs: Needs::Nothing, // takes the token from the form as well
        doc: Doc {
            summary: "The same, with the token in the header or in the form.",
            query: &[],
            body: Some((FORM, shape::<userinfo::UserinfoForm>)),
            answers: &[(StatusCode::OK, Some(shape::<userinfo::UserinfoBody>))],
        },
        run: |call| Box::pin(userinfo::post(call)),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/oauth2/register",
        id: "registerClient",
        needs: Needs::Nothing, // asks for an initial access token unless the server is open
        doc: Doc {
            summary: "Registers a client (RFC 7591).",
            query: &[],
            body: Some((JSON, shape::<registration::Metadata>)),
            answers: &[(StatusCode::CREATED, Some(shape::<registration::RegisteredBody>))],
        },
        run: |call| Box::pin(registration::create(call)),
    },
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/oauth2/register/{cid}",
        id: "getRegisteredClient",
        needs: Needs::Nothing, // asks for the token of the registration
        doc: Doc {
            summary: "Shows a client what it has registered (RFC 7592 §2.1).",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<registration::RegisteredBody>))],
        },
        run: |call| Box::pin(registration::get(call)),
    },
    Row {
        method: Method::PUT,
        path: "/{tid}/{aid}/oauth2/register/{cid}",
        id: "updateRegisteredClient",
        needs: Needs::Nothing, // asks for the token of the registration
        doc: Doc {
            summary: "Replaces what a client has registered, and its registration access token (RFC 7592 §2.2).",
            query: &[],
            body: Some((JSON, shape::<registration::Metadata>)),
            answers: &[(StatusCode::OK, Some(shape::<registration::RegisteredBody>))],
        },
        run: |call| Box::pin(registration::update(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/{tid}/{aid}/oauth2/register/{cid}",
        id: "deleteRegisteredClient",
        needs: Needs::Nothing, // asks for the token of the registration
        doc: Doc {
            summary: "Removes a registered client (RFC 7592 §2.3).",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(registration::delete(call)),
    },
];
