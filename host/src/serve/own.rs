//! The few answers the edge gives itself, before or instead of the service.
//!
//! Used by `exchange`. They are the same in every dialect, because it is not yet known which one was meant: the form is
//! that of the administration (api/acp/words.rs).

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::body::Unread;
use crate::api::message::{Answer, Payload};

/// Why the edge answers itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    /// The body could not be read.
    Unread(Unread),
    /// More headers than allowed.
    TooManyHeaders,
    /// CONNECT and TRACE have no place here.
    MethodNotAllowed,
    /// The service panicked.
    Panicked,
    /// The service did not answer in time.
    Deadline,
}

impl Own {
    fn words(self) -> (StatusCode, &'static str) {
        match self {
            Own::Unread(Unread::TooLarge) => (StatusCode::PAYLOAD_TOO_LARGE, "the request body is too large"),
            Own::Unread(Unread::TooSlow) => (StatusCode::REQUEST_TIMEOUT, "the request body took too long"),
            Own::Unread(Unread::Broken) => (StatusCode::BAD_REQUEST, "the request body is broken"),
            Own::TooManyHeaders => (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "the request has too many headers"),
            Own::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "the method is not supported"),
            Own::Panicked => (StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
            Own::Deadline => (
                StatusCode::SERVICE_UNAVAILABLE,
                "the request took too long: repeat it in a while, since a component that is compiled for the first time goes on",
            ),
        }
    }

    /// The answer.
    pub(super) fn answer(self) -> Answer {
        let (status, text) = self.words();
        let body = format!("{{\"status_code\":{},\"error\":\"{text}\",\"details\":{{}}}}", status.as_u16());
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        match self {
            Own::Deadline => drop(headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"))),
            Own::MethodNotAllowed => drop(headers.insert(header::ALLOW, HeaderValue::from_static(ALLOWED))),
            Own::Unread(_) | Own::TooManyHeaders | Own::Panicked => {}
        }
        Answer { status, headers, body: Payload::Whole(Bytes::from(body)) }
    }
}

/// The methods that reach the service.
const ALLOWED: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_has_the_form_of_the_administration() {
        for own in [Own::Unread(Unread::TooLarge), Own::TooManyHeaders, Own::MethodNotAllowed, Own::Panicked] {
            let answer = own.answer();
            let (status, text) = own.words();
            let Payload::Whole(body) = &answer.body else { panic!("an answer of the edge is whole") };
            let body: serde_json::Value = serde_json::from_slice(body).unwrap();
            let expected = serde_json::json!({ "status_code": status.as_u16(), "error": text, "details": {} });
            assert_eq!((answer.status, body), (status, expected));
        }
    }
}
