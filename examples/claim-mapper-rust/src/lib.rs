//! The claim mapper `display-name`: puts a name together out of its parts.

use portcullis_sdk::{Claim, ClaimMapper, Input, component, conf};

/// Makes one claim of a person's given and family name.
#[conf]
pub struct DisplayName {
    /// The name of the claim. Without it: name.
    #[conf(min = 1, max = 64)]
    claim: Option<String>,
    /// True when the family name comes first.
    #[conf(default)]
    family_first: bool,
}

/// What is needed of the authentication context.
#[derive(serde::Deserialize)]
struct Person<'i> {
    given_name: Option<&'i str>,
    family_name: Option<&'i str>,
}

#[component]
impl ClaimMapper for DisplayName {
    fn map<'i>(&'i self, input: &'i Input<'i>) -> Result<Vec<Claim<'i>>, String> {
        let person: Person<'_> = input.part("authn_ctx").map_err(|unreadable| unreadable.message().to_owned())?;
        let mut parts: Vec<&str> = person.given_name.into_iter().chain(person.family_name).collect();
        if self.family_first {
            parts.reverse();
        }
        let name = self.claim.as_deref().unwrap_or("name");
        Ok(if parts.is_empty() { Vec::new() } else { vec![Claim::text(name, parts.join(" "))] })
    }
}

#[cfg(test)]
mod tests {
    use portcullis_sdk::testing::{input, json, map, refused, schema_faults};

    use super::*;

    #[test]
    fn the_parts_are_put_together() {
        let ann = input().authn_ctx("given_name", "Ann").authn_ctx("family_name", "Adams");
        assert_eq!(map::<DisplayName>(json!({}), &ann), Ok(json!({ "name": "Ann Adams" })));
        let conf = json!({ "claim": "display", "family_first": true });
        assert_eq!(map::<DisplayName>(conf, &ann), Ok(json!({ "display": "Adams Ann" })));
        let prince = input().authn_ctx("given_name", "Prince");
        assert_eq!(map::<DisplayName>(json!({}), &prince), Ok(json!({ "name": "Prince" })));
        assert_eq!(map::<DisplayName>(json!({}), &input().authn_ctx("sub", "1")), Ok(json!({})));
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        let error = map::<DisplayName>(json!({}), &input().authn_ctx("given_name", 1));
        assert_eq!(error, Err("authn_ctx.given_name is not what it should be".to_owned()));
        assert_eq!(refused(json!({ "family_first": 1 }), DisplayName::configure).path, "/family_first");
        assert_eq!(schema_faults(DisplayName::SCHEMA), [""; 0]);
    }
}
