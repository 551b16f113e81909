#![doc = include_str!("../README.md")]

use std::collections::BTreeMap;

use portcullis_expressions::Expression;
use portcullis_sdk::{Input, Json, Outcome, Problem, Validator, export_validator};

/// An expression that has to be true, and expressions to hand over when it is.
pub struct Cel {
    condition: Expression,
    message: Option<String>,
    outputs: Vec<(String, Expression)>,
}

/// The conf.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conf {
    source: String,
    message: Option<String>,
    #[serde(default)]
    outputs: BTreeMap<String, String>,
}

impl Validator for Cel {
    const NAME: &'static str = "cel";
    const HELP: &'static str = "Requires that a CEL expression over the input document is true.";
    const SCHEMA: &'static str = include_str!("../schema.json");
    type Conf = Conf;

    fn configure(conf: Conf) -> Result<Cel, Problem> {
        let Conf { source, message, outputs } = conf;
        let condition = read("/source".to_owned(), &source)?;
        let read_output = |(name, source): (String, String)| {
            let path = format!("/outputs/{}", name.replace('~', "~0").replace('/', "~1"));
            read(path, &source).map(|expression| (name, expression))
        };
        Ok(Cel { condition, message, outputs: outputs.into_iter().map(read_output).collect::<Result<_, _>>()? })
    }

    fn validate(&self, input: &Input<'_>) -> Outcome {
        match self.condition.holds(input.document()) {
            Ok(Some(true)) => self.hand_over(input),
            Ok(Some(false)) => {
                let message = self.message.as_deref().unwrap_or("the expression of the policy is not true");
                Outcome::deny("not_allowed", message)
            }
            Ok(None) => Outcome::deny("not_boolean", "the expression of the policy is neither true nor false"),
            Err(why) => Outcome::deny("evaluation_error", why),
        }
    }
}

impl Cel {
    /// An allow with its outputs. One that cannot be made is no allow: whoever asked may rely on it.
    fn hand_over(&self, input: &Input<'_>) -> Outcome {
        if self.outputs.is_empty() {
            return Outcome::Allow;
        }
        let mut members = Vec::with_capacity(self.outputs.len());
        for (name, expression) in &self.outputs {
            match expression.json(input.document()) {
                Ok(Some(value)) => members.push((name.as_str().into(), value)),
                Ok(None) => {}
                Err(why) => return Outcome::deny("evaluation_error", format!("output `{name}`: {why}")),
            }
        }
        match serde_json::to_string(&Json::Object(members)) {
            Ok(output) => Outcome::AllowWith { output },
            Err(_) => Outcome::deny("evaluation_error", "the outputs cannot be written"),
        }
    }
}

fn read(path: String, source: &str) -> Result<Expression, Problem> {
    Expression::read(source).map_err(|fault| Problem::new(path, fault.to_string()))
}

export_validator!(Cel);

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(conf: &str) -> Result<Cel, Problem> {
        Cel::configure(serde_json::from_str(conf).unwrap())
    }

    fn outcome(conf: &str, input: &str) -> Outcome {
        configured(conf).unwrap().validate(&Input::read(input).unwrap())
    }

    #[test]
    fn true_allows_and_all_else_denies() {
        let conf = r#"{"source":"authn_ctx.level >= 2","message":"a second factor is needed"}"#;
        assert_eq!(outcome(conf, r#"{"authn_ctx":{"level":2}}"#), Outcome::Allow);
        let denied = outcome(conf, r#"{"authn_ctx":{"level":1}}"#);
        assert_eq!(denied, Outcome::deny("not_allowed", "a second factor is needed"));
        let missing = outcome(conf, r#"{"authn_ctx":{"secret":"s"}}"#);
        assert_eq!(missing, Outcome::deny("evaluation_error", "the input has no `authn_ctx.level`"));
        let other = outcome(conf, r#"{"authn_ctx":{"level":"s3cret"}}"#);
        let words = "`>=` does not take values of these types: string, int";
        assert_eq!(other, Outcome::deny("evaluation_error", words), "and says nothing of the value");
        assert_eq!(outcome(r#"{"source":"authn_ctx"}"#, r#"{"authn_ctx":{}}"#).code(), "not_boolean");
        assert_eq!(outcome(r#"{"source":"1 == 2"}"#, "{}").code(), "not_allowed");
    }

    #[test]
    fn outputs_are_handed_over_whole_or_not_at_all() {
        let conf =
            r#"{"source":"true","outputs":{"who":"subject.id","none":"subject.?name","n":"[1, 2.5, {'a': null}]"}}"#;
        let output = r#"{"n":[1,2.5,{"a":null}],"who":"anna"}"#.to_owned();
        assert_eq!(outcome(conf, r#"{"subject":{"id":"anna"}}"#), Outcome::AllowWith { output });
        assert_eq!(outcome(conf, r#"{"subject":{}}"#).code(), "evaluation_error");
        assert_eq!(outcome(r#"{"source":"true","outputs":{"b":"b'x'"}}"#, "{}").code(), "evaluation_error");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (source, message) in [
            ("true &&\n  foo", "line 2, column 3: there is no variable `foo`; there are"),
            ("subject.id.startWith('a')", "line 1, column 12: there is no function `startWith`"),
            ("size(1, 2) == 2", "line 1, column 1: `size` takes 1 arguments, here are 2"),
            ("true &&", "line 1, column 8: "),
            ("subject.id.matches('(')", "line 1, column 12: the pattern cannot be read: "),
            ("Foo{a: 1}", "line 1, column 1: there is no type `Foo`"),
        ] {
            let conf = serde_json::json!({ "source": source }).to_string();
            let Err(problem) = configured(&conf) else { panic!("{source} was taken") };
            assert_eq!(problem.path, "/source", "{source}");
            assert!(problem.message.starts_with(message), "{source}: {}", problem.message);
        }
        let Err(problem) = configured(r#"{"source":"true","outputs":{"a/b":"nope"}}"#) else { panic!("taken") };
        assert_eq!(problem.path, "/outputs/a~1b");
    }

    #[test]
    fn the_conf_is_strict() {
        assert!(serde_json::from_str::<Conf>(r#"{"source":"true","query":"x"}"#).is_err());
        assert_eq!(portcullis_sdk::testing::schema_faults(Cel::SCHEMA), [""; 0]);
    }
}
