//! Every operation of the dialect, one row each.

use http::{Method, StatusCode};

use super::{backchannel, device, introspect, jwks, par, revoke, token};
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
            summary: "Issues tokens for an authorization code, a refresh token, a client's own credentials or a person's (RFC 6749).",
            query: &[],
            body: Some((FORM, shape::<token::TokenForm>)),
            answers: &[(StatusCode::OK, Some(shape::<token::TokenAnswer<'static>>))],
        },
        run: |call| Box::pin(token::issue(call)),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/oauth2/par",
        id: "pushAuthorizationRequest",
        needs: Needs::Nothing, // authenticates its client itself
        doc: Doc {
            summary: "Keeps an authorization request of a client's; the browser brings the `request_uri` that it gets for it (RFC 9126).",
            query: &[],
            body: Some((FORM, shape::<par::PushForm>)),
            answers: &[(StatusCode::CREATED, Some(shape::<par::PushAnswer<'static>>))],
        },
        run: |call| Box::pin(par::push(call)),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/oauth2/device_authorization",
        id: "authorizeDevice",
        needs: Needs::Nothing, // authenticates its client itself
        doc: Doc {
            summary: "Begins to wait for a person on behalf of a device (RFC 8628).",
            query: &[],
            body: Some((FORM, shape::<device::DeviceForm>)),
            answers: &[(StatusCode::OK, Some(shape::<device::DeviceAnswer<'static>>))],
        },
        run: |call| Box::pin(device::begin(call)),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/oauth2/bc-authorize",
        id: "authenticateElsewhere",
        needs: Needs::Nothing, // authenticates its client itself
        doc: Doc {
            summary: "Asks a person who is elsewhere on behalf of a client (OpenID Connect CIBA).",
            query: &[],
            body: Some((FORM, shape::<backchannel::BackchannelForm>)),
            answers: &[(StatusCode::OK, Some(shape::<backchannel::BackchannelAnswer<'static>>))],
        },
        run: |call| Box::pin(backchannel::begin(call)),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/oauth2/introspect",
        id: "introspect",
        needs: Needs::Nothing, // authenticates its client itself, or takes a token
        doc: Doc {
            summary: "What a token is worth (RFC 7662). For tokens of other clients it takes scope `introspect_tokens`.",
            query: &[],
            body: Some((FORM, shape::<introspect::IntrospectForm>)),
            answers: &[(StatusCode::OK, Some(shape::<introspect::IntrospectAnswer<'static>>))],
        },
        run: |call| Box::pin(introspect::introspect(call)),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/oauth2/revoke",
        id: "revoke",
        needs: Needs::Nothing, // authenticates its client itself, or takes a token
        doc: Doc {
            summary: "Revokes a token (RFC 7009). For tokens of other clients it takes scope `revoke_tokens`.",
            query: &[],
            body: Some((FORM, shape::<revoke::RevokeForm>)),
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(revoke::revoke(call)),
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
