//! Where the metadata of an authorization server and of its resources is found: one row for each place.

use http::{Method, StatusCode};

use super::{discovery, protected_resource};
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

const RESOURCE: Doc = Doc {
    summary: "The metadata of a protected resource (RFC 9728).",
    query: &[],
    body: None,
    answers: &[(StatusCode::OK, Some(shape::<protected_resource::Metadata>))],
};

/// A place of the server's metadata as a resource.
const fn resource(path: &'static str, id: &'static str) -> Row {
    let run = |call| Box::pin(protected_resource::server(call)) as _;
    Row { method: Method::GET, path, id, needs: Needs::Nothing, doc: RESOURCE, run }
}

/// The table.
pub static ROWS: &[Row] = &[
    place("/{tid}/{aid}/.well-known/openid-configuration", "openidConfiguration"),
    place("/{tid}/{aid}/.well-known/oauth-authorization-server", "oauthMetadata"),
    place("/.well-known/openid-configuration/{tid}/{aid}", "openidConfigurationOfPath"),
    place("/.well-known/oauth-authorization-server/{tid}/{aid}", "oauthMetadataOfPath"),
    resource("/{tid}/{aid}/.well-known/oauth-protected-resource", "protectedServer"),
    resource("/.well-known/oauth-protected-resource/{tid}/{aid}", "protectedServerOfPath"),
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/.well-known/oauth-protected-resource/{sid}",
        id: "protectedResource",
        needs: Needs::Nothing, // public
        doc: RESOURCE,
        run: |call| Box::pin(protected_resource::service(call)),
    },
];
