//! The validator `attributes`: compares any values of the input document, also with each other.

use portcullis_fields::{Conf, Fields, SCHEMA_WITH_REFERENCES, Scope};
use portcullis_sdk::{Input, Outcome, Problem, Validator, export_validator};

/// Fields of the whole document that all have to pass.
pub struct Attributes(Fields);

impl Validator for Attributes {
    const NAME: &'static str = "attributes";
    const HELP: &'static str = "Compares any value of the input document, such as request.method or now, with a value of \
        the policy, or by value_from with another value of the document. \
        Every field has to pass; a field that is missing or of another type fails.";
    const SCHEMA: &'static str = SCHEMA_WITH_REFERENCES;
    type Conf = Conf;

    fn configure(conf: Conf) -> Result<Attributes, Problem> {
        Fields::new(&conf, Scope::Document).map(Attributes)
    }

    fn validate(&self, input: &Input<'_>) -> Outcome {
        match self.0.check(input.document()) {
            Ok(()) => Outcome::Allow,
            Err(failure) => Outcome::deny(failure.code.as_str(), failure.message()).with_details(&failure.details()),
        }
    }
}

export_validator!(Attributes);

#[cfg(test)]
mod tests {
    use super::*;

    fn code(field: &str, input: &str) -> String {
        let conf = Conf::read(&format!(r#"{{"fields":[{field}]}}"#)).unwrap();
        let validator = Attributes::configure(conf).unwrap();
        validator.validate(&Input::read(input).unwrap()).code().to_owned()
    }

    #[test]
    fn compares_two_values_of_the_document() {
        let owner = r#"{"field":"resource.owner","comparator":"equals","value_from":"authn_ctx.sub"}"#;
        assert_eq!(code(owner, r#"{"resource":{"owner":"ann"},"authn_ctx":{"sub":"ann"}}"#), "");
        assert_eq!(code(owner, r#"{"resource":{"owner":"ann"},"authn_ctx":{"sub":"bob"}}"#), "not_equal");
        assert_eq!(code(owner, r#"{"resource":{"owner":"ann"},"authn_ctx":{}}"#), "reference_missing");
        assert_eq!(code(owner, r#"{"resource":{},"authn_ctx":{"sub":"ann"}}"#), "missing");
        assert_eq!(code(owner, r#"{"resource":{"owner":"ann"},"authn_ctx":{"sub":{}}}"#), "reference_mismatch");
    }

    #[test]
    fn a_star_out_of_the_request_is_no_wildcard() {
        let owner = r#"{"field":"resource.owner","comparator":"equals","value_from":"authn_ctx.sub"}"#;
        assert_eq!(code(owner, r#"{"resource":{"owner":"ann"},"authn_ctx":{"sub":"*"}}"#), "not_equal");
        let part = r#"{"field":"resource.owner","comparator":"contains","value_from":"authn_ctx.sub"}"#;
        assert_eq!(code(part, r#"{"resource":{"owner":"ann"},"authn_ctx":{"sub":""}}"#), "reference_mismatch");
    }
}
