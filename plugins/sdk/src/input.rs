//! The policy input document, read once per call.

use serde::Deserialize;

use crate::{Consents, Json, Path, Unreadable, part};

/// What an absent member reads as.
static NULL: Json<'static> = Json::Null;

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

    /// Who is asking, as authentication told: the members of `authn_ctx`. `null` when nobody is.
    pub fn authn_ctx(&self) -> &Json<'a> {
        self.member("authn_ctx")
    }

    /// Who wants to do it: `type`, `id`, `properties`.
    pub fn subject(&self) -> &Json<'a> {
        self.member("subject")
    }

    /// What is to be done: `name`, `properties`.
    pub fn action(&self) -> &Json<'a> {
        self.member("action")
    }

    /// What it is to be done to: `type`, `id`, `properties`.
    pub fn resource(&self) -> &Json<'a> {
        self.member("resource")
    }

    /// What else whoever asks has said.
    pub fn context(&self) -> &Json<'a> {
        self.member("context")
    }

    /// A member of the document, `null` when it is absent.
    fn member(&self, name: &str) -> &Json<'a> {
        self.document.member(name).unwrap_or(&NULL)
    }

    /// All values of a header of the request, whatever the case of its name. `None` when one of them is no text: a value
    /// that cannot be read is never overlooked.
    pub fn header(&self, name: &str) -> Option<Vec<&str>> {
        let Some(Json::Object(headers)) = self.get("request.headers") else { return Some(Vec::new()) };
        let mut values = Vec::new();
        for (_, value) in headers.iter().filter(|(header, _)| header.eq_ignore_ascii_case(name)) {
            match value {
                Json::Array(many) => values.extend(many.iter().map(Json::as_str).collect::<Option<Vec<_>>>()?),
                one => values.push(one.as_str()?),
            }
        }
        Some(values)
    }

    /// The names of `contexts.scopes`, a list of names or an object of them; `None` when there are none or they cannot be
    /// read.
    pub fn scopes(&self) -> Option<Vec<&str>> {
        match self.get("contexts.scopes")? {
            Json::Array(names) => names.iter().map(Json::as_str).collect(),
            Json::Object(members) => Some(members.iter().map(|(name, _)| name.as_ref()).collect()),
            _ => None,
        }
    }

    /// What a dotted path finds, read into a type of one's own.
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// struct Person<'i> {
    ///     email: &'i str,
    ///     age: Option<u8>,
    /// }
    ///
    /// let input = portcullis_sdk::Input::read(r#"{"authn_ctx":{"email":"ann@example.com"}}"#).unwrap();
    /// let person: Person = input.part("authn_ctx").unwrap();
    /// assert_eq!((person.email, person.age), ("ann@example.com", None));
    /// assert_eq!(input.part::<u8>("authn_ctx.email").unwrap_err().code(), "type_mismatch");
    /// ```
    pub fn part<'i, T: Deserialize<'i>>(&'i self, path: &str) -> Result<T, Unreadable> {
        part::read(self.get(path), path)
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
    fn the_parts_of_a_request_have_names() {
        let input = r#"{"authn_ctx":{"sub":"ann"},"subject":{"id":"1"},"action":{"name":"read"},"context":{"a":1},
            "contexts":{"scopes":{"openid":{},"email":{}}}}"#;
        let input = Input::read(input).unwrap();
        assert_eq!(input.authn_ctx().get("sub").and_then(Json::as_str), Some("ann"));
        assert_eq!(input.subject().get("id").and_then(Json::as_str), Some("1"));
        assert_eq!(input.action().get("name").and_then(Json::as_str), Some("read"));
        assert_eq!(input.context().get("a").and_then(Json::as_integer), Some(1));
        assert_eq!((input.resource(), input.resource().get("id")), (&Json::Null, None));
        assert_eq!(input.scopes(), Some(vec!["openid", "email"]));
    }

    #[test]
    fn no_value_of_a_header_is_overlooked() {
        let values = |headers: &str| {
            let document = format!(r#"{{"request":{{"headers":{headers}}}}}"#);
            let input = Input::read(&document).unwrap();
            input.header("X-Key").map(|values| values.join(","))
        };
        assert_eq!(values(r#"{"x-key":["a","b"],"X-KEY":"c"}"#).as_deref(), Some("a,b,c"));
        assert_eq!(values("{}").as_deref(), Some(""));
        assert_eq!(values(r#"{"x-key":["a",1]}"#), None);
    }

    #[test]
    fn too_deep_a_document_is_an_error_and_no_overflow() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(Input::read(&deep), Err(BadInput));
    }
}
