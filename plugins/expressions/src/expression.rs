//! An expression: read and bound once, evaluated for every input.

use std::sync::Arc;

use cel::{
    Context, Env, Value,
    common::{ast::IdedExpr, types::CelBool, value::Val},
    parser::{ParseErrors, PrattParser},
};
use portcullis_fields::Json;

use crate::{
    bind::bind,
    document::Document,
    environment::environment,
    slot::Slot,
    source::{self, Fault},
    words, write,
};

/// The members of the policy input document: the variables of every expression.
const MEMBERS: [&str; 8] = ["authn_ctx", "contexts", "request", "subject", "action", "resource", "context", "now"];

/// A CEL expression over the policy input document.
pub struct Expression {
    env: Arc<Env>,
    bound: IdedExpr,
    slots: Vec<Slot>,
}

impl Expression {
    /// Reads an expression. What is wrong with it is found here, as far as it can be seen without an input.
    pub fn read(source: &str) -> Result<Expression, Fault> {
        Expression::over(&MEMBERS, source)
    }

    /// The same over documents with other members.
    pub fn over(members: &[&str], source: &str) -> Result<Expression, Fault> {
        source::check(source)?;
        let parser = PrattParser::new().enable_optional_syntax(true).enable_ident_escape_syntax(true);
        let mut bound = parser.parse(source).map_err(|errors| first(source, &errors))?;
        let slots = match bind(source, members, &mut bound) {
            Ok(slots) => slots,
            Err(fault) => {
                // To give its memory back takes a stack as deep as the expression, which may be what was refused.
                std::mem::forget(bound);
                return Err(fault);
            }
        };
        let env = environment().ok_or_else(|| Fault::at(source, 0, "there is no environment"))?;
        Ok(Expression { env, bound, slots })
    }

    /// Whether the expression is true of a document; `None` when its result is neither true nor false.
    pub fn holds(&self, document: &Json<'_>) -> Result<Option<bool>, String> {
        self.evaluate(document, |value| Ok(value.downcast_ref::<CelBool>().map(|truth| *truth.inner())))
    }

    /// What the expression makes of a document. `None` is an optional value that is not there.
    pub fn json(&self, document: &Json<'_>) -> Result<Option<Json<'static>>, String> {
        self.evaluate(document, write::json)
    }

    /// Evaluates it and shows the result, which cannot outlive the evaluation as it borrows from the document.
    fn evaluate<R>(&self, document: &Json<'_>, show: impl FnOnce(&dyn Val) -> Result<R, String>) -> Result<R, String> {
        let document = Document::new(document, &self.slots);
        let mut context = Context::with_env(Arc::clone(&self.env));
        context.set_variable_resolver(&document);
        let value = Value::resolve_val(&self.bound, &context).map_err(|error| words::say(&error, &self.slots))?;
        show(value.as_ref())
    }
}

/// The first thing wrong with a source. Others are often only its echo.
fn first(source: &str, errors: &ParseErrors) -> Fault {
    let Some(error) = errors.errors.first() else { return Fault::at(source, 0, "cannot be read") };
    let (line, column) = error.pos;
    let from_one = |number| usize::try_from(number).unwrap_or_default().max(1);
    let what = error.msg.strip_prefix("Syntax error: ").unwrap_or(&error.msg).to_owned();
    Fault { line: from_one(line), column: from_one(column), what }
}
