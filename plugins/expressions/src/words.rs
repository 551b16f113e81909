//! Why an evaluation failed, in words for people.
//!
//! The crate's own words repeat the values that did not fit. Those come from a request and may be secret, so they are left out.

use cel::ExecutionError;

use crate::slot::Slot;

/// A sentence without anything out of the document.
pub(crate) fn say(error: &ExecutionError, slots: &[Slot]) -> String {
    match error {
        ExecutionError::UndeclaredReference(name) => match Slot::number(name).and_then(|number| slots.get(number)) {
            Some(slot) => format!("the input has no `{}`", slot.text()),
            None => "a name is not known".to_owned(),
        },
        ExecutionError::NoSuchKey(_) => "a value has no such member".to_owned(),
        ExecutionError::NoSuchOverload(overload) => {
            let types = overload.argument_types().join(", ");
            format!("`{}` does not take values of these types: {types}", spoken(overload.function()))
        }
        ExecutionError::UnexpectedType { got, want } => format!("a value is of type {got}, not {want}"),
        ExecutionError::UnsupportedBinaryOperator(operator, ..) => {
            format!("`{operator}` does not take values of these types")
        }
        ExecutionError::FunctionError { function, .. } => format!("`{function}` cannot do this with its values"),
        ExecutionError::ValuesNotComparable(..) => "two values cannot be compared".to_owned(),
        ExecutionError::DivisionByZero(_) => "a division by zero".to_owned(),
        ExecutionError::RemainderByZero(_) => "a remainder of a division by zero".to_owned(),
        ExecutionError::Overflow(operator, ..) => format!("the result of `{operator}` is too large"),
        ExecutionError::IndexOutOfBounds(_) | ExecutionError::UnsupportedIndex(..) => {
            "a list has no such element".to_owned()
        }
        ExecutionError::UnsupportedKeyType(_) => "a value cannot be a key".to_owned(),
        ExecutionError::DuplicateKey(_) => "a key stands twice in a map".to_owned(),
        _ => "the expression cannot be evaluated".to_owned(),
    }
}

/// `_>_` is what its author wrote as `>`.
fn spoken(function: &str) -> &str {
    let operator = function.trim_matches(['_', '@']);
    if operator.is_empty() { function } else { operator }
}
