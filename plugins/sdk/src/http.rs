//! Requests to other servers, for components that a tenant lets do so (interface `http`, feature `http`).
//!
//! In native tests nobody is asked: [`answer_with`] says what comes back.

/// What wit-bindgen makes of wit/v1.
#[allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all, reason = "generated code")]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v1",
        world: "with-http",
        runtime_path: "::wit_bindgen::rt",
    });
}

pub use bindings::portcullis::policy::http::{Error, Request, Response};

impl Request {
    /// A GET request without headers.
    pub fn get(url: impl Into<String>) -> Request {
        Request { method: "GET".to_owned(), url: url.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// A POST request with a JSON body.
    pub fn post_json(url: impl Into<String>, json: impl Into<String>) -> Request {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Request { method: "POST".to_owned(), url: url.into(), headers, body: json.into().into_bytes() }
    }

    /// The same request with one more header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Request {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// Sends a request and waits for its response. Only calls may send, not `configure`.
pub fn send(request: &Request) -> Result<Response, Error> {
    #[cfg(target_family = "wasm")]
    return bindings::portcullis::policy::http::send(request);
    #[cfg(not(target_family = "wasm"))]
    return native::ANSWER
        .with(|answer| answer.borrow().as_ref().map_or(Err(Error::NotGranted), |answer| answer(request)));
}

#[cfg(not(target_family = "wasm"))]
pub use native::answer_with;

#[cfg(not(target_family = "wasm"))]
mod native {
    use std::cell::RefCell;

    use super::{Error, Request, Response};

    type Answer = Box<dyn Fn(&Request) -> Result<Response, Error>>;

    thread_local! {
        /// Who answers; nobody has granted anything otherwise.
        pub(super) static ANSWER: RefCell<Option<Answer>> = const { RefCell::new(None) };
    }

    /// Lets `answer` stand for every other server, for the tests of this thread.
    pub fn answer_with(answer: impl Fn(&Request) -> Result<Response, Error> + 'static) {
        ANSWER.with(|place| place.replace(Some(Box::new(answer))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_granted_until_a_test_says_what_comes_back() {
        let asked = Request::get("https://a.example/").header("x-a", "b");
        assert!(matches!(send(&asked), Err(Error::NotGranted)));
        answer_with(|request| {
            Ok(Response { status: 200, headers: Vec::new(), body: request.url.clone().into_bytes() })
        });
        assert_eq!(send(&asked).ok().map(|response| response.body), Some(b"https://a.example/".to_vec()));
        assert_eq!(Request::post_json("https://a.example/", "{}").body, b"{}");
    }
}
