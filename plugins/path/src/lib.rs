//! The claim mapper `path`: copies values of the input document into a token.

use std::borrow::Cow;

use portcullis_sdk::{Claim, ClaimMapper, Input, Json, Path, Problem, component, conf};

/// Claims and where their values come from.
pub struct Paths(Vec<Mapping>);

struct Mapping {
    name: String,
    path: Path,
    default: Option<Json<'static>>,
    required: bool,
}

/// Copies values of the input document into claims, each found by a dotted path.
#[conf]
pub struct Conf {
    /// The claims to make, in this order.
    #[conf(min = 1, max = 256)]
    claims: Vec<ClaimConf>,
}

#[conf]
struct ClaimConf {
    /// The claim's name in the token.
    #[conf(min = 1, max = 256)]
    name: String,
    /// Dotted path to its value, such as authn_ctx.email. \. is a dot inside a name.
    #[conf(min = 1, max = 512)]
    path: String,
    /// Its value when the path finds nothing. Without a default the claim is left out.
    default: Option<portcullis_fields::Conf>,
    /// True when there are to be no claims at all without this one.
    #[conf(default)]
    required: bool,
}

#[component]
impl ClaimMapper for Paths {
    const NAME: &'static str = "path";
    type Conf = Conf;

    fn configure(conf: Conf) -> Result<Paths, Problem> {
        let mappings = conf.claims.into_iter().enumerate().map(|(at, claim)| mapping(at, claim));
        mappings.collect::<Result<_, _>>().map(Paths)
    }

    fn map<'i>(&'i self, input: &'i Input<'i>) -> Result<Vec<Claim<'i>>, String> {
        let mut claims = Vec::with_capacity(self.0.len());
        for mapping in &self.0 {
            let found = input.find(&mapping.path).filter(|value| **value != Json::Null);
            match found.or(mapping.default.as_ref()) {
                Some(value) => claims.push(Claim { name: mapping.name.clone(), value: Cow::Borrowed(value) }),
                None if mapping.required => return Err(format!("{} is missing", mapping.path.as_str())),
                None => {}
            }
        }
        Ok(claims)
    }
}

fn mapping(at: usize, claim: ClaimConf) -> Result<Mapping, Problem> {
    let path = Path::parse(&claim.path).map_err(|message| Problem::new(format!("/claims/{at}/path"), message))?;
    if claim.name.is_empty() {
        return Err(Problem::new(format!("/claims/{at}/name"), "a claim needs a name"));
    }
    Ok(Mapping { name: claim.name, path, default: claim.default.map(|conf| conf.0), required: claim.required })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONF: &str = r#"{"claims":[
        {"name":"email","path":"authn_ctx.email","required":true},
        {"name":"tier","path":"authn_ctx.tier","default":{"level":1}},
        {"name":"phone","path":"authn_ctx.phone"}]}"#;

    fn map(input: &str) -> Result<Vec<(String, String)>, String> {
        let paths = Paths::configure(serde_json::from_str(CONF).unwrap()).unwrap();
        let input = Input::read(input).unwrap();
        let claims = paths.map(&input)?;
        Ok(claims.into_iter().map(|claim| (claim.name, serde_json::to_string(&claim.value).unwrap())).collect())
    }

    fn pairs(claims: &[(&str, &str)]) -> Result<Vec<(String, String)>, String> {
        Ok(claims.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn copies_values_and_fills_in_defaults() {
        let found = map(r#"{"authn_ctx":{"email":"a\"b","tier":[1,2.5,null],"phone":null}}"#);
        assert_eq!(found, pairs(&[("email", r#""a\"b""#), ("tier", "[1,2.5,null]")]));
        assert_eq!(map(r#"{"authn_ctx":{"email":"a"}}"#), pairs(&[("email", "\"a\""), ("tier", r#"{"level":1}"#)]));
    }

    #[test]
    fn a_required_claim_that_is_missing_ends_it() {
        assert_eq!(map(r#"{"authn_ctx":{"phone":"1"}}"#), Err("authn_ctx.email is missing".to_owned()));
    }

    #[test]
    fn the_conf_is_strict() {
        let conf = serde_json::from_str(r#"{"claims":[{"name":"a","path":"b"},{"name":"a","path":"b..c"}]}"#).unwrap();
        assert_eq!(Paths::configure(conf).err().unwrap().path, "/claims/1/path");
        assert_eq!(portcullis_sdk::testing::schema_faults(Paths::SCHEMA), [""; 0]);
    }
}
