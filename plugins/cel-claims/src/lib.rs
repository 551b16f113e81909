//! The claim mapper `cel-claims`: claims are CEL expressions over the authentication context.

use std::borrow::Cow;

use portcullis_expressions::Expression;
use portcullis_sdk::{Claim, ClaimMapper, Input, Json, Problem, export_claim_mapper};
use serde::Deserialize;

/// What the server tells claim mappers about: a name that it does not tell is found when the claim is saved.
const MEMBERS: [&str; 1] = ["authn_ctx"];

/// Claims and the expressions that make them.
pub struct Expressions(Vec<(String, Expression)>);

/// The conf.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conf {
    claims: Vec<ClaimConf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimConf {
    name: String,
    source: String,
}

impl ClaimMapper for Expressions {
    const NAME: &'static str = "cel-claims";
    const HELP: &'static str = "Makes claims out of the authentication context, each by a CEL expression.";
    const SCHEMA: &'static str = include_str!("../schema.json");
    type Conf = Conf;

    fn configure(conf: Conf) -> Result<Expressions, Problem> {
        let expressions = conf.claims.into_iter().enumerate().map(|(at, claim)| expression(at, claim));
        expressions.collect::<Result<_, _>>().map(Expressions)
    }

    fn map<'i>(&'i self, input: &'i Input<'i>) -> Result<Vec<Claim<'i>>, String> {
        let mut claims = Vec::with_capacity(self.0.len());
        for (name, expression) in &self.0 {
            match expression.json(input.document()).map_err(|why| format!("claim {name}: {why}"))? {
                None | Some(Json::Null) => {}
                Some(value) => claims.push(Claim { name: name.clone(), value: Cow::Owned(value) }),
            }
        }
        Ok(claims)
    }
}

fn expression(at: usize, claim: ClaimConf) -> Result<(String, Expression), Problem> {
    let ClaimConf { name, source } = claim;
    if name.is_empty() {
        return Err(Problem::new(format!("/claims/{at}/name"), "a claim needs a name"));
    }
    let read = Expression::over(&MEMBERS, &source);
    let expression = read.map_err(|fault| Problem::new(format!("/claims/{at}/source"), fault.to_string()))?;
    Ok((name, expression))
}

export_claim_mapper!(Expressions);

#[cfg(test)]
mod tests {
    use super::*;

    fn map(source: &str, input: &str) -> Result<Vec<String>, String> {
        let conf = serde_json::json!({ "claims": [{ "name": "c", "source": source }] });
        let mapper = Expressions::configure(serde_json::from_value(conf).unwrap()).unwrap();
        let input = Input::read(input).unwrap();
        let claims = mapper.map(&input)?;
        Ok(claims.into_iter().map(|claim| serde_json::to_string(&claim.value).unwrap()).collect())
    }

    #[test]
    fn values_keep_their_type_and_nothing_is_left_out() {
        let input = r#"{"authn_ctx":{"groups":["a","b"],"level":7,"nothing":null}}"#;
        for (source, expected) in [
            ("authn_ctx.groups.filter(g, g != 'a')", &[r#"["b"]"#][..]),
            ("authn_ctx.level + 1", &["8"]),
            ("authn_ctx.level > 5", &["true"]),
            ("{'of': authn_ctx.groups.size()}", &[r#"{"of":2}"#]),
            ("authn_ctx.nothing", &[]),
            ("authn_ctx.?absent", &[]),
            ("authn_ctx.?absent.orValue('none')", &["\"none\""]),
        ] {
            assert_eq!(map(source, input), Ok(expected.iter().map(|text| (*text).to_owned()).collect()), "{source}");
        }
        assert_eq!(map("authn_ctx.absent", input), Err("claim c: the input has no `authn_ctx.absent`".to_owned()));
    }

    #[test]
    fn the_conf_is_strict() {
        let conf = r#"{"claims":[{"name":"a","source":"1"},{"name":"b","source":"authn_ctx.\n+"}]}"#;
        let problem = Expressions::configure(serde_json::from_str(conf).unwrap()).err().unwrap();
        assert_eq!(
            (problem.path.as_str(), problem.message.starts_with("line 2, column 1: ")),
            ("/claims/1/source", true)
        );
        assert_eq!(portcullis_sdk::testing::schema_faults(Expressions::SCHEMA), [""; 0]);
    }
}
