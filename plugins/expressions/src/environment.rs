//! The functions and types of CEL, put together once: in a component that is part of its snapshot.

use std::sync::{Arc, LazyLock};

use cel::{
    DeclarationError, Env,
    common::types::STRING_TYPE,
    extensions::{lists, math, strings},
};

use crate::patterns;

/// The standard library, the extensions for texts, lists and numbers, and `matches`. `None` would be a name that is there twice.
static ENVIRONMENT: LazyLock<Option<Arc<Env>>> = LazyLock::new(|| make().ok().map(Arc::new));

/// The environment of all expressions.
pub(crate) fn environment() -> Option<Arc<Env>> {
    ENVIRONMENT.clone()
}

fn make() -> Result<Env, DeclarationError> {
    let mut env = Env::stdlib();
    env.add_extension(strings)?;
    env.add_extension(lists)?;
    env.add_extension(math)?;
    env.add_overload("matches", "matches", vec![STRING_TYPE, STRING_TYPE], patterns::matches)?;
    env.add_member_overload("matches", "string_matches", STRING_TYPE, vec![STRING_TYPE], patterns::matches)?;
    Ok(env)
}

#[cfg(test)]
mod tests {
    use portcullis_fields::Json;

    use crate::{
        Expression,
        names::{GLOBAL, MEMBER, TYPES},
    };

    fn is_known(source: &str) -> bool {
        let read = Expression::over(&[], source).unwrap_or_else(|fault| panic!("{source}: {fault}"));
        read.json(&Json::Null) != Err("a name is not known".to_owned())
    }

    #[test]
    fn every_function_that_is_named_is_there() {
        for (calls, before) in [(GLOBAL, ""), (MEMBER, "null.")] {
            for (name, least, most) in calls {
                for count in *least..=(*most).min(3) {
                    let call = format!("{before}{name}({})", vec!["null"; count].join(", "));
                    assert!(is_known(&call), "{call}");
                }
            }
        }
        for name in TYPES {
            assert!(is_known(&format!("type({name}) == type")), "{name}");
        }
        assert!(Expression::over(&[], "nothing(1)").is_err());
    }
}
