//! Where the metadata of an authorization server is found: one row for each place.

use http::{Method, StatusCode};

use super::discovery;
use crate::{
    api::route::{Doc, Row, shape},
    domain::Needs,
};

const DOC: Doc = Doc {
    summary: "The server's metadata (RFC 8414, OpenID Connect Discovery).",
    query: &[],
    body: None,
    answers: &[(StatusCode::OK, Some(shape::<discovery::Metadata>))],
};

/// One place. The documents are public.
const fn place(path: &'static str, id: &'static str) -> Row {
    Row { method: Method::GET, path, id, needs: Needs::Nothing, doc: DOC, run: |call| Box::pin(discovery::get(call)) }
}

/// The table.
pub static ROWS: &[Row] = &[
    place("/{tid}/{aid}/.well-known/openid-configuration", "openidConfiguration"),
    place("/{tid}/{aid}/.well-known/oauth-authorization-server", "oauthMetadata"),
    place("/.well-known/openid-configuration/{tid}/{aid}", "openidConfigurationOfPath"),
    place("/.well-known/oauth-authorization-server/{tid}/{aid}", "oauthMetadataOfPath"),
];
