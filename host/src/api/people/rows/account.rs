//! The pages of a person's own account: one row for each page and each button.

use http::{Method, StatusCode};

use crate::{
    api::{
        people::{
            account::{
                FormBody, act, clients, consents, events, logout, overview, request_code, requests, second_factor,
                sessions, show,
            },
            second_factor::CodeForm,
            words::told,
        },
        read::FORM,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/account",
        id: "accountPage",
        needs: Needs::Nothing, // the session's cookie says who it is
        doc: Doc {
            summary: "The account of the person who has logged in.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(told(call, |call| show(call, overview::page))),
    },
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/account/requests",
        id: "accountRequestsPage",
        needs: Needs::Nothing, // the session's cookie says who it is
        doc: Doc {
            summary: "What clients elsewhere ask the person for (CIBA).",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(told(call, |call| show(call, requests::page))),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/account/requests/{request}",
        id: "answerRequestOnPage",
        needs: Needs::Nothing, // the session's cookie says who it is
        doc: Doc {
            summary: "Begins the login in which the person says yes or no to such a request.",
            query: &[],
            body: Some((FORM, shape::<FormBody>)),
            answers: &[(StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(told(call, |call| act(call, requests::answer))),
    },
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/account/request-code",
        id: "accountRequestCodePage",
        needs: Needs::Nothing, // the session's cookie says who it is
        doc: Doc {
            summary: "The code that a person tells applications which ask them elsewhere. Needs a login not older than a quarter of an hour.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(told(call, |call| show(call, request_code::page))),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/account/request-code",
        id: "setRequestCodeOnPage",
        needs: Needs::Nothing, // the session's cookie says who it is
        doc: Doc {
            summary: "Sets this code.",
            query: &[],
            body: Some((FORM, shape::<request_code::CodeForm>)),
            answers: &[(StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(told(call, |call| act(call, request_code::set))),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/account/request-code/remove",
        id: "removeRequestCodeOnPage",
        needs: Needs::Nothing, // the session's cookie says who it is
        doc: Doc {
            summary: "Removes this code.",
            query: &[],
            body: Some((FORM, shape::<FormBody>)),
            answers: &[(StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(told(call, |call| act(call, request_code::remove))),
    },
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/account/clients",
        id: "accountClientsPage",
        needs: Needs::Nothing, // the session's cookie says who it is
        doc: Doc {
            summary: "The applications with access to what is the person's.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(told(call, |call| show(call, clients::page))),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/account/clients/{cid}/revoke",
        id: "revokeAccessOnPage",
        needs: Needs::Nothing, // the session's cookie says who it is
        doc: Doc {
            summary: "Takes back the access of an application.",
            query: &[],
            body: Some((FORM, shape::<FormBody>)),
            answers: &[(StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(told(call, |call| act(call, clients::revoke))),
    },
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/account/consents",
        id: "accountConsentsPage",
        needs: Needs::Nothing, // the session's cookie says who it is
        doc: Doc {
            summary: "The consents with what the person has said about them.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(told(call, |call| show(call, consents::page))),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/account/consents/{consent}/grant",
        id: "grantConsentOnPage",
        needs: Needs::Nothing, // the session's cookie says who it is
        doc: Doc {
            summary: "Grants a consent in the version that was shown.",
            query: &[],
            body: Some((FORM, shape::<consents::GrantForm>)),
            answers: &[(StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(told(call, |call| act(call, consents::grant))),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/account/consents/{consent}/withdraw",
        id: "withdrawConsentOnPage",
        needs: Needs::Nothing, // the session's cookie says who it is
        doc: Doc {
            summary: "Takes a consent back.",
            query: &[],
            body: Some((FORM, shape::<FormBody>)),
            answers: &[(StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(told(call, |call| act(call, consents::withdraw))),
    },
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/account/events",
        id: "accountEventsPage",
        needs: Needs::Nothing, // the session's cookie says who it is
        doc: Doc {
            summary: "What the person granted and took back, the latest first.",
            query: events::QUERY,
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(told(call, |call| show(call, events::page))),
    },
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/account/sessions",
        id: "accountSessionsPage",
        needs: Needs::Nothing, // the session's cookie says who it is
        doc: Doc {
            summary: "The browsers in which the person has logged in.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(told(call, |call| show(call, sessions::page))),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/account/sessions/{session}/end",
        id: "endSessionOnPage",
        needs: Needs::Nothing, // the session's cookie says who it is
        doc: Doc {
            summary: "Logs the person out in one browser.",
            query: &[],
            body: Some((FORM, shape::<FormBody>)),
            answers: &[(StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(told(call, |call| act(call, sessions::end))),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/account/sessions/end-others",
        id: "endOtherSessionsOnPage",
        needs: Needs::Nothing, // the session's cookie says who it is
        doc: Doc {
            summary: "Logs the person out in all browsers but this.",
            query: &[],
            body: Some((FORM, shape::<FormBody>)),
            answers: &[(StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(told(call, |call| act(call, sessions::end_others))),
    },
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/account/second-factor",
        id: "accountSecondFactorPage",
        needs: Needs::Nothing, // the session's cookie says who it is
        doc: Doc {
            summary: "Sets up the second factor, or removes it. Needs a login not older than a quarter of an hour.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(told(call, |call| show(call, second_factor::page))),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/account/second-factor",
        id: "setUpSecondFactorOnPage",
        needs: Needs::Nothing, // the session's cookie says who it is
        doc: Doc {
            summary: "Sets up the second factor, with a code that shows that the app has it.",
            query: &[],
            body: Some((FORM, shape::<CodeForm>)),
            answers: &[(StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(told(call, |call| act(call, second_factor::set_up))),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/account/second-factor/remove",
        id: "removeSecondFactorOnPage",
        needs: Needs::Nothing, // the session's cookie says who it is
        doc: Doc {
            summary: "Removes the second factor, with a code.",
            query: &[],
            body: Some((FORM, shape::<CodeForm>)),
            answers: &[(StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(told(call, |call| act(call, second_factor::remove))),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/account/logout",
        id: "logoutOnPage",
        needs: Needs::Nothing, // the session's cookie says who it is
        doc: Doc {
            summary: "Logs the person out in this browser.",
            query: &[],
            body: Some((FORM, shape::<FormBody>)),
            answers: &[(StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(told(call, |call| act(call, logout::logout))),
    },
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/account/logged-out",
        id: "loggedOutPage",
        needs: Needs::Nothing, // the same for everybody
        doc: Doc { summary: "The page after logging out.", query: &[], body: None, answers: &[(StatusCode::OK, None)] },
        run: |call| Box::pin(told(call, logout::goodbye)),
    },
];
