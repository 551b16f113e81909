//! The policy input document, read once per call.

use crate::{Consents, Json, Path};

/// The policy input document: `authn_ctx`, `contexts`, `request`, `subject`, `action`, `resource`, `context`, `now`.
#[derive(Clone, Debug, PartialEq)]
pub struct Input<'a> {
    document: Json<'a>,
}

impl<'a> Input<'a> {
    /// Reads the document. It has to be a JSON object.
    pub fn read(text: &'a str) -> Result<Input<'a>, BadInput> {
        match Json::read(text) {
            Ok(document @ Json::Object(_)) => Ok(Input { document }),
            _ => Err(BadInput),
        }
    }

    /// The whole document.
    pub fn document(&self) -> &Json<'a> {
        &self.document
    }

    /// What a dotted path such as `authn_ctx.amr.0` finds.
    pub fn get(&self, path: &str) -> Option<&Json<'a>> {
        self.document.get(path)
    }

    /// What a path finds that was taken apart before, in `configure`.
    pub fn find(&self, path: &Path) -> Option<&Json<'a>> {
        path.find(&self.document)
    }

    /// When the decision was asked for, in seconds since 1970: the only clock there is.
    pub fn now(&self) -> Option<i64> {
        let Json::Number(now) = self.document.member("now")? else { return None };
        now.as_integer()?.try_into().ok()
    }

    /// The consents of `contexts.consents`; `None` when there are none or they cannot be read.
    pub fn consents(&self) -> Option<Consents<'_>> {
        Consents::read(self.get("contexts.consents")?)
    }
}

/// The input is not a JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadInput;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_objects_only() {
        for text in ["", "[]", "1", "{", "{} x", "null"] {
            assert_eq!(Input::read(text), Err(BadInput), "{text}");
        }
        let input = Input::read(r#"{"now":1763752000,"authn_ctx":{"amr":["pwd"]}}"#).unwrap();
        assert_eq!(input.now(), Some(1_763_752_000));
        assert_eq!(input.get("authn_ctx.amr.0").and_then(Json::as_str), Some("pwd"));
        assert_eq!(input.find(&Path::parse("authn_ctx.amr").unwrap()), input.get("authn_ctx.amr"));
    }

    #[test]
    fn too_deep_a_document_is_an_error_and_no_overflow() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(Input::read(&deep), Err(BadInput));
    }
}
