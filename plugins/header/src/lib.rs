//! The validator `header`: compares the request's headers (`request.headers`).

use portcullis_fields::{Conf, Fields, SCHEMA, Scope};
use portcullis_sdk::{Input, Outcome, Problem, Validator, export_validator};

/// Headers that all have to pass.
pub struct Header(Fields);

impl Validator for Header {
    const NAME: &'static str = "header";
    const HELP: &'static str = "Compares headers of the request; the case of their names does not matter. \
        A header is a list of values: contains looks for one of them, equals and the others need exactly one. \
        Every field has to pass; a header that is missing fails.";
    const SCHEMA: &'static str = SCHEMA;
    type Conf = Conf;

    fn configure(conf: Conf) -> Result<Header, Problem> {
        Fields::new(&conf, Scope::Headers).map(Header)
    }

    fn validate(&self, input: &Input<'_>) -> Outcome {
        match self.0.check(input.document()) {
            Ok(()) => Outcome::Allow,
            Err(failure) => Outcome::deny(failure.code.as_str(), failure.message()).with_details(&failure.details()),
        }
    }
}

export_validator!(Header);

#[cfg(test)]
mod tests {
    use super::*;

    fn code(comparator: &str, headers: &str) -> String {
        let conf = format!(r#"{{"fields":[{{"field":"X-Key","comparator":"{comparator}","value":"abc"}}]}}"#);
        let validator = Header::configure(Conf::read(&conf).unwrap()).unwrap();
        let input = format!(r#"{{"request":{{"headers":{headers}}}}}"#);
        validator.validate(&Input::read(&input).unwrap()).code().to_owned()
    }

    #[test]
    fn a_single_value_stands_for_itself() {
        for headers in [r#"{"x-key":["abc"]}"#, r#"{"X-KEY":"abc"}"#] {
            assert_eq!(code("equals", headers), "", "{headers}");
            assert_eq!(code("contains", headers), "", "{headers}");
        }
        assert_eq!(code("equals", r#"{"x-key":["abcd"]}"#), "not_equal");
        assert_eq!(code("contains", r#"{"x-key":["abcd"]}"#), "not_contained");
    }

    #[test]
    fn a_second_value_is_never_overlooked() {
        for headers in [r#"{"x-key":["abc","other"]}"#, r#"{"x-key":["abc"],"X-Key":["other"]}"#] {
            assert_eq!(code("equals", headers), "type_mismatch", "{headers}");
            assert_eq!(code("contains", headers), "", "{headers}");
            assert_eq!(code("not_contains", headers), "contained", "{headers}");
        }
    }

    #[test]
    fn no_value_is_missing() {
        for headers in ["{}", r#"{"x-key":[]}"#, r#"{"x-key":null}"#, r#"{"x_key":["abc"]}"#, "[]"] {
            assert_eq!(code("equals", headers), "missing", "{headers}");
        }
    }
}
