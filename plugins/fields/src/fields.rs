//! A whole conf: fields that all have to pass.

use crate::scalar::Texts;
use crate::test::Test;
use crate::{Code, Comparator, Conf, Json, Path, Problem, read};

/// Which part of the input document the paths of a conf start in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The whole document; `value_from` is allowed.
    Document,
    /// One member of the document, such as `authn_ctx`.
    Member(&'static str),
    /// `request.headers`: names in any case, each with a list of values.
    Headers,
}

/// Fields that all have to pass, compiled.
#[derive(Clone, Debug)]
pub struct Fields {
    scope: Scope,
    fields: Vec<Field>,
}

/// One field, what it is compared with and how.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) path: Path,
    pub(crate) comparator: Comparator,
    pub(crate) target: Target,
}

#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A value of the policy.
    Value(Test),
    /// A value that the document has at this path.
    Reference(Path),
}

/// Why a document was refused: its first field that failed.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'f> {
    field: &'f Field,
    /// The stable word.
    pub code: Code,
}

impl Fields {
    /// Compiles a conf. The error is the first thing wrong with it.
    pub fn new(conf: &Conf, scope: Scope) -> Result<Fields, Problem> {
        Ok(Fields { scope, fields: read::fields(&conf.0, scope)? })
    }

    /// Checks the policy input document.
    pub fn check<'f>(&'f self, document: &Json<'_>) -> Result<(), Failure<'f>> {
        for field in &self.fields {
            field.check(self.scope, document).map_err(|code| Failure { field, code })?;
        }
        Ok(())
    }
}

impl Field {
    fn check(&self, scope: Scope, document: &Json<'_>) -> Result<(), Code> {
        match &self.target {
            Target::Value(test) => self.hold(test, scope, document),
            Target::Reference(path) => {
                let value = scope.find(document, path, true).ok_or(Code::ReferenceMissing)?;
                let test = Test::read(self.comparator, &value, Texts::Literal).map_err(|_| Code::ReferenceMismatch)?;
                self.hold(&test, scope, document)
            }
        }
    }

    fn hold(&self, test: &Test, scope: Scope, document: &Json<'_>) -> Result<(), Code> {
        match scope.find(document, &self.path, test.takes_lists()) {
            Some(actual) if test.passes(&actual)? => Ok(()),
            Some(_) => Err(self.comparator.refusal()),
            None if matches!(test, Test::Exists(false)) => Ok(()),
            None => Err(Code::Missing),
        }
    }
}

impl Failure<'_> {
    /// A sentence for people. It names the field, never its value.
    pub fn message(&self) -> String {
        format!("{} {}", self.field.path.as_str(), self.code.sentence())
    }

    /// The field, its comparator and where its reference points to.
    pub fn details(&self) -> Json<'_> {
        let mut members = vec![
            ("field".into(), Json::String(self.field.path.as_str().into())),
            ("comparator".into(), Json::String(self.field.comparator.as_str().into())),
        ];
        if let Target::Reference(path) = &self.field.target {
            members.push(("value_from".into(), Json::String(path.as_str().into())));
        }
        Json::Object(members)
    }
}
