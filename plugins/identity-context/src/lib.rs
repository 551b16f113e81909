//! The validator `identity-context`: compares fields of the authentication context (`authn_ctx`).

use portcullis_fields::{Conf, Fields, SCHEMA, Scope};
use portcullis_sdk::{Input, Outcome, Problem, Validator, export_validator};

/// Fields of the authentication context that all have to pass.
pub struct IdentityContext(Fields);

impl Validator for IdentityContext {
    const NAME: &'static str = "identity-context";
    const HELP: &'static str = "Compares fields of the authentication context, such as amr, groups or email. \
        Every field has to pass; a field that is missing or of another type fails.";
    const SCHEMA: &'static str = SCHEMA;
    type Conf = Conf;

    fn configure(conf: Conf) -> Result<IdentityContext, Problem> {
        Fields::new(&conf, Scope::Member("authn_ctx")).map(IdentityContext)
    }

    fn validate(&self, input: &Input<'_>) -> Outcome {
        match self.0.check(input.document()) {
            Ok(()) => Outcome::Allow,
            Err(failure) => Outcome::deny(failure.code.as_str(), failure.message()).with_details(&failure.details()),
        }
    }
}

export_validator!(IdentityContext);

#[cfg(test)]
mod tests {
    use portcullis_sdk::Json;

    use super::*;

    #[test]
    fn looks_into_the_authentication_context_only() {
        let conf = r#"{"fields":[{"field":"amr","comparator":"contains_all","value":["mfa","pwd"]}]}"#;
        let validator = IdentityContext::configure(Conf::read(conf).unwrap()).unwrap();
        let outcome = |input| validator.validate(&Input::read(input).unwrap());
        assert!(outcome(r#"{"authn_ctx":{"amr":["pwd","mfa"]}}"#).is_allow());
        assert_eq!(outcome(r#"{"authn_ctx":{},"amr":["pwd","mfa"]}"#).code(), "missing");
        assert_eq!(
            outcome(r#"{"authn_ctx":{"amr":["pwd"]}}"#),
            Outcome::deny("not_all_contained", "amr does not contain everything the policy asks for")
                .with_details(&Json::read(r#"{"field":"amr","comparator":"contains_all"}"#).unwrap())
        );
    }
}
