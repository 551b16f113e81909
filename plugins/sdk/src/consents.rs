//! `contexts.consents` in the shapes it comes in.

use crate::Json;

/// Which consents are given and which are not.
///
/// The shapes: a list of ids (each given); a list of objects with `consent_id` or `id`, given when `granted` is true; an
/// object of ids, given when their value is true. A consent is given when at least one entry gives it and none denies
/// it. Anything else in the list makes the whole unreadable, because an entry that is not understood may be a denial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consents<'i> {
    entries: Vec<(&'i str, bool)>,
}

impl<'i> Consents<'i> {
    /// Reads one of the shapes.
    pub fn read(json: &'i Json<'_>) -> Option<Consents<'i>> {
        let entries = match json {
            Json::Array(entries) => entries.iter().map(entry).collect::<Option<Vec<_>>>()?,
            Json::Object(members) => {
                members.iter().map(|(id, given)| Some((id.as_ref(), given.as_bool()?))).collect::<Option<Vec<_>>>()?
            }
            _ => return None,
        };
        Some(Consents { entries })
    }

    /// True when at least one entry gives `id` and none denies it.
    pub fn given(&self, id: &str) -> bool {
        let mut of_id = self.entries.iter().filter(|(entry, _)| *entry == id).peekable();
        of_id.peek().is_some() && of_id.all(|(_, given)| *given)
    }

    /// Those of `ids` that are not given.
    pub fn lacking<'w>(&self, ids: impl IntoIterator<Item = &'w str>) -> Vec<&'w str> {
        ids.into_iter().filter(|id| !self.given(id)).collect()
    }
}

fn entry<'i>(json: &'i Json<'_>) -> Option<(&'i str, bool)> {
    if let Some(id) = json.as_str() {
        return Some((id, true));
    }
    let id = json.member("consent_id").or_else(|| json.member("id"))?.as_str()?;
    Some((id, json.member("granted").and_then(Json::as_bool) == Some(true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str, id: &str) -> Option<bool> {
        Consents::read(&Json::read(text).unwrap()).map(|consents| consents.given(id))
    }

    #[test]
    fn reads_every_shape() {
        for text in [
            r#"["a","b"]"#,
            r#"[{"consent_id":"a","granted":true}]"#,
            r#"[{"id":"a","granted":true,"x":1},"c"]"#,
            r#"{"a":true,"b":false}"#,
        ] {
            assert_eq!(given(text, "a"), Some(true), "{text}");
        }
    }

    #[test]
    fn what_is_not_clearly_given_is_not_given() {
        for text in [
            "[]",
            "{}",
            r#"["b"]"#,
            r#"[{"id":"a"}]"#,
            r#"[{"id":"a","granted":"true"}]"#,
            r#"["a",{"id":"a","granted":false}]"#,
            r#"{"a":false}"#,
            r#"{"a":true,"a":false}"#,
        ] {
            assert_eq!(given(text, "a"), Some(false), "{text}");
        }
        for text in ["null", "1", r#""a""#, r#"["a",1]"#, r#"["a",{"granted":true}]"#, r#"{"a":true,"b":1}"#] {
            assert_eq!(given(text, "a"), None, "{text}");
        }
    }
}
