//! Data that a tenant keeps for its components (interface `key-value`, feature `key-value`).
//!
//! In native tests there are none: [`answer_with`] says what there is.

/// What wit-bindgen makes of wit/v1.
#[allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all, reason = "generated code")]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v1",
        world: "with-key-value",
        runtime_path: "::wit_bindgen::rt",
    });
}

pub use bindings::portcullis::policy::key_value::Error;

/// The value of `key` in the granted namespace as JSON text, or nothing when there is none. Only calls may read, not `configure`.
pub fn get(key: &str) -> Result<Option<String>, Error> {
    #[cfg(target_family = "wasm")]
    return bindings::portcullis::policy::key_value::get(key);
    #[cfg(not(target_family = "wasm"))]
    return native::ANSWER.with(|answer| answer.borrow().as_ref().map_or(Err(Error::NotGranted), |answer| answer(key)));
}

#[cfg(not(target_family = "wasm"))]
pub use native::answer_with;

#[cfg(not(target_family = "wasm"))]
mod native {
    use std::cell::RefCell;

    use super::Error;

    type Answer = Box<dyn Fn(&str) -> Result<Option<String>, Error>>;

    thread_local! {
        /// Who answers; nobody has granted anything otherwise.
        pub(super) static ANSWER: RefCell<Option<Answer>> = const { RefCell::new(None) };
    }

    /// Lets `answer` stand for the tenant's data, for the tests of this thread.
    pub fn answer_with(answer: impl Fn(&str) -> Result<Option<String>, Error> + 'static) {
        ANSWER.with(|place| place.replace(Some(Box::new(answer))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_granted_until_a_test_says_what_there_is() {
        assert!(matches!(get("a"), Err(Error::NotGranted)));
        answer_with(|key| Ok((key == "a").then(|| "1".to_owned())));
        assert_eq!(get("a").ok(), Some(Some("1".to_owned())));
        assert_eq!(get("b").ok(), Some(None));
    }
}
