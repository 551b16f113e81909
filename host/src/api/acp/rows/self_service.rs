//! What people see and take back themselves: one row for each operation.

use http::{Method, StatusCode};

use crate::{
    api::{
        acp::{
            events::EventsBody,
            grants::{HeldBody, PatchBody, PatchedBody, QUERY},
            self_service::{clients, consents, events, sessions},
        },
        read::JSON,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/clients",
        id: "listClientsWithAccess",
        needs: Needs::Person("list_clients_with_access"),
        doc: Doc {
            summary: "Lists the clients that the person lets have something, with the scopes.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<clients::ClientsBody>))],
        },
        run: |call| Box::pin(clients::list(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/{tid}/{aid}/clients/{cid}",
        id: "revokeClientAccess",
        needs: Needs::Person("revoke_client_access"),
        doc: Doc {
            summary: "Takes everything back that the person lets a client have. Its tokens end at once.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(clients::revoke(call)),
    },
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/privacy/consents",
        id: "listUserConsents",
        needs: Needs::Person("view_consents"),
        doc: Doc {
            summary: "Lists the consents with what the person has said about them.",
            query: QUERY,
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<HeldBody>))],
        },
        run: |call| Box::pin(consents::list(call)),
    },
    Row {
        method: Method::PATCH,
        path: "/{tid}/{aid}/privacy/consents",
        id: "patchConsentGrants",
        needs: Needs::Person("manage_consents"),
        doc: Doc {
            summary: "Grants consents and takes them back.",
            query: &[],
            body: Some((JSON, shape::<PatchBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<PatchedBody>))],
        },
        run: |call| Box::pin(consents::patch(call)),
    },
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/privacy/consents/{action}",
        id: "listUserConsentsByAction",
        needs: Needs::Person("view_consents"),
        doc: Doc {
            summary: "Lists the consents of an action, by its id or name, with what the person has said about them.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<HeldBody>))],
        },
        run: |call| Box::pin(consents::list_by_action(call)),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/privacy/consents/grant",
        id: "grantConsent",
        needs: Needs::Person("manage_consents"),
        doc: Doc {
            summary: "Grants a consent. What is granted already stays as it is.",
            query: &[],
            body: Some((JSON, shape::<consents::RequestBody>)),
            answers: &[(StatusCode::CREATED, Some(shape::<consents::GrantBody>))],
        },
        run: |call| Box::pin(consents::grant(call)),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/privacy/consents/revoke",
        id: "revokeConsent",
        needs: Needs::Person("manage_consents"),
        doc: Doc {
            summary: "Takes a consent back, if it can be withdrawn.",
            query: &[],
            body: Some((JSON, shape::<consents::RequestBody>)),
            answers: &[(StatusCode::OK, Some(shape::<consents::GrantBody>))],
        },
        run: |call| Box::pin(consents::revoke(call)),
    },
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/privacy/events",
        id: "listPrivacyLedgerEvents",
        needs: Needs::Person("view_consents"),
        doc: Doc {
            summary: "Lists what the person granted and took back, as signed events in order of date.",
            query: events::QUERY,
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<EventsBody>))],
        },
        run: |call| Box::pin(events::list(call)),
    },
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/sessions",
        id: "listSessions",
        needs: Needs::Person("view_sessions"),
        doc: Doc {
            summary: "Lists the browsers in which the person has logged in.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, Some(shape::<sessions::SessionsBody>))],
        },
        run: |call| Box::pin(sessions::list(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/{tid}/{aid}/sessions",
        id: "endOtherSessions",
        needs: Needs::Person("manage_sessions"),
        doc: Doc {
            summary: "Logs the person out everywhere, except in the browser in which the token was granted.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(sessions::end_others(call)),
    },
    Row {
        method: Method::DELETE,
        path: "/{tid}/{aid}/sessions/{session}",
        id: "endSession",
        needs: Needs::Person("manage_sessions"),
        doc: Doc {
            summary: "Logs the person out in one browser. What was granted there and is not for offline use ends too.",
            query: &[],
            body: None,
            answers: &[(StatusCode::NO_CONTENT, None)],
        },
        run: |call| Box::pin(sessions::end(call)),
    },
];
