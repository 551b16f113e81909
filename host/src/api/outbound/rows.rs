//! Every operation of the dialect, one row each: the five that are documented, and what makes them of use.

use http::{Method, StatusCode};

use super::{authorization, body, clients};
use crate::{
    api::{
        read::JSON,
        route::{Doc, Row, Shape, shape},
    },
    domain::Needs,
};

const CLIENTS: &str = "/uc/resources/oauthclient";
/// How one is asked for.
const BY: &[(&str, &str)] = &[
    ("oauthclientname", "Its name. Not with oauthclientid."),
    ("oauthclientid", "Its sysId. Not with oauthclientname."),
];
const BODY: Option<(&str, Shape)> = Some((JSON, shape::<body::ClientBody>));

/// The table.
pub static ROWS: &[Row] = &[
    Row {
        method: Method::POST,
        path: CLIENTS,
        id: "createOAuthClient",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Creates an OAuth client of an outbound connection. Answers a sentence with its sysId.",
            query: &[],
            body: BODY,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(clients::create(call)),
    },
    Row {
        method: Method::PUT,
        path: CLIENTS,
        id: "modifyOAuthClient",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Replaces an OAuth client, found by its sysId, else by its name. What the body lacks is lost; the \
                      clientSecret is required. Another account at the provider has to be authorized again.",
            query: &[],
            body: BODY,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(clients::modify(call)),
    },
    Row {
        method: Method::GET,
        path: CLIENTS,
        id: "readOAuthClient",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Reads an OAuth client, by name or by sysId.",
            query: BY,
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<body::ClientBody>))],
        },
        run: |call| Box::pin(clients::read(call)),
    },
    Row {
        method: Method::DELETE,
        path: CLIENTS,
        id: "deleteOAuthClient",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Deletes an OAuth client with its secret and its tokens, by name or by sysId.",
            query: BY,
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(clients::delete(call)),
    },
    Row {
        method: Method::GET,
        path: "/uc/resources/oauthclient/list",
        id: "listOAuthClients",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Lists all OAuth clients of outbound connections, in XML within the element oauthClients.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<Vec<body::ClientBody>>))],
        },
        run: |call| Box::pin(clients::list(call)),
    },
    Row {
        method: Method::GET,
        path: "/uc/resources/oauthclient/{connection}/authorize",
        id: "authorizeOAuthClient",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Starts the authorization of an OAuth client, by sysId or name, at its provider: redirects the browser \
                      there, or answers the address when JSON or text is asked for.",
            query: &[],
            body: None,
            answers: &[
                (StatusCode::OK, Some(shape::<authorization::AuthorizationBody>)),
                (StatusCode::SEE_OTHER, None),
            ],
        },
        run: |call| Box::pin(authorization::authorize(call)),
    },
    Row {
        method: Method::GET,
        path: "/uc/oauth2/callback",
        id: "returnFromOAuthProvider",
        needs: Needs::Nothing,
        doc: Doc {
            summary: "Where providers send browsers back to: exchanges the code and keeps the tokens, sealed.",
            query: &[
                ("state", "The state that went along; good once, for ten minutes."),
                ("code", "The authorization code."),
                ("iss", "The issuer of the answer (RFC 9207)."),
                ("error", "Why there is no code."),
            ],
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(authorization::arrive(call)),
    },
    Row {
        method: Method::POST,
        path: "/uc/resources/oauthclient/{connection}/token",
        id: "tokenOfOAuthClient",
        needs: Needs::Administrator,
        doc: Doc {
            summary: "Answers an access token of an OAuth client, by sysId or name, renewed when it has less than a minute left.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<authorization::TokenBody<'static>>))],
        },
        run: |call| Box::pin(authorization::token(call)),
    },
];
