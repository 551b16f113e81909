//! The pages of a login.

use http::{Method, StatusCode};

use crate::{
    api::{
        people::{consent, login, second_factor, visit, words},
        read::FORM,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/login/{login}",
        id: "login",
        needs: Needs::Nothing, // the browser that began the login
        doc: Doc {
            summary: "Shows what the person has to do next in a login, or goes back to the client.",
            query: &[],
            body: None,
            answers: &[(StatusCode::OK, None), (StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(words::told(call, |call| visit::step(call, login::show))),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/login/{login}/choose",
        id: "chooseLogin",
        needs: Needs::Nothing, // the browser that began the login, by a form that it was shown
        doc: Doc {
            summary: "Chooses the way to log in, or none to choose again.",
            query: &[],
            body: Some((FORM, shape::<login::ChoiceForm>)),
            answers: &[(StatusCode::SEE_OTHER, None), (StatusCode::OK, None)],
        },
        run: |call| Box::pin(words::told(call, |call| visit::step(call, login::choose))),
    },
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/login/{login}/password",
        id: "reloadPassword",
        needs: Needs::Nothing, // it only leads to the login's own page
        doc: Doc {
            summary: "Leads back to the login: a page that answered this form was loaded again.",
            query: &[],
            body: None,
            answers: &[(StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(words::told(call, |call| visit::step(call, login::again))),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/login/{login}/password",
        id: "givePassword",
        needs: Needs::Nothing, // the browser that began the login, by a form that it was shown
        doc: Doc {
            summary: "Logs in with a name and a password.",
            query: &[],
            body: Some((FORM, shape::<login::PasswordForm>)),
            answers: &[(StatusCode::SEE_OTHER, None), (StatusCode::OK, None)],
        },
        run: |call| Box::pin(words::told(call, |call| visit::step(call, login::password))),
    },
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/login/{login}/second-factor",
        id: "reloadSecondFactor",
        needs: Needs::Nothing, // it only leads to the login's own page
        doc: Doc {
            summary: "Leads back to the login: a page that answered this form was loaded again.",
            query: &[],
            body: None,
            answers: &[(StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(words::told(call, |call| visit::step(call, login::again))),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/login/{login}/second-factor",
        id: "giveSecondFactor",
        needs: Needs::Nothing, // the browser that began the login, by a form that it was shown
        doc: Doc {
            summary: "Proves a second factor, or sets one up.",
            query: &[],
            body: Some((FORM, shape::<second_factor::CodeForm>)),
            answers: &[(StatusCode::SEE_OTHER, None), (StatusCode::OK, None)],
        },
        run: |call| Box::pin(words::told(call, |call| visit::step(call, second_factor::give))),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/login/{login}/consent",
        id: "giveConsent",
        needs: Needs::Nothing, // the browser that began the login, by a form that it was shown
        doc: Doc {
            summary: "Lets the client have what was shown.",
            query: &[],
            body: Some((FORM, shape::<consent::ConsentForm>)),
            answers: &[(StatusCode::SEE_OTHER, None), (StatusCode::OK, None)],
        },
        run: |call| Box::pin(words::told(call, |call| visit::step(call, consent::give))),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/login/{login}/refuse",
        id: "refuseLogin",
        needs: Needs::Nothing, // the browser that began the login, by a form that it was shown
        doc: Doc {
            summary: "Goes back to the client with a no.",
            query: &[],
            body: Some((FORM, shape::<login::PlainForm>)),
            answers: &[(StatusCode::SEE_OTHER, None), (StatusCode::OK, None)],
        },
        run: |call| Box::pin(words::told(call, |call| visit::step(call, login::refuse))),
    },
];
