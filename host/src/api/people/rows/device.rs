//! The pages on which people let in a device.

use http::{Method, StatusCode};

use crate::{
    api::{
        people::{confirm, device, visit, words},
        read::FORM,
        route::{Doc, Row, shape},
    },
    domain::Needs,
};

/// The table.
pub(super) static ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/device",
        id: "devicePage",
        needs: Needs::Nothing, // the code comes before the login
        doc: Doc {
            summary: "Asks the person for the code that a device shows (RFC 8628).",
            query: device::PARAMETERS,
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(words::told(call, device::page)),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/device",
        id: "enterUserCode",
        needs: Needs::Nothing, // a form that the browser was shown; the login that begins asks who it is
        doc: Doc {
            summary: "Begins a login for the device that shows this code.",
            query: &[],
            body: Some((FORM, shape::<device::DeviceCodeForm>)),
            answers: &[(StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(words::told(call, device::enter)),
    },
    Row {
        method: Method::GET,
        path: "/{tid}/{aid}/device/done",
        id: "deviceDonePage",
        needs: Needs::Nothing, // the same for everybody
        doc: Doc {
            summary: "The page after a device was let in or not.",
            query: device::OUTCOME,
            body: None,
            answers: &[(StatusCode::OK, None)],
        },
        run: |call| Box::pin(words::told(call, device::done)),
    },
    Row {
        method: Method::POST,
        path: "/{tid}/{aid}/login/{login}/confirm",
        id: "confirmRequest",
        needs: Needs::Nothing, // the browser that began the login, by a form that it was shown
        doc: Doc {
            summary: "Says that a request from elsewhere is the person's own.",
            query: &[],
            body: Some((FORM, shape::<confirm::ConfirmForm>)),
            answers: &[(StatusCode::SEE_OTHER, None)],
        },
        run: |call| Box::pin(words::told(call, |call| visit::step(call, confirm::confirm))),
    },
];
