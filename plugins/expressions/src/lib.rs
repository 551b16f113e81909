//! CEL over the policy input document: what the components `cel` and `cel-claims` are made of. See plugins/cel/README.md for why
//! it is built like this and what it costs.
//!
//! An expression is read once, when a policy is saved: its names are checked there and every place in the document that it
//! names becomes a numbered slot. An evaluation looks at the slots that it comes by, and copies nothing out of the document.

mod bind;
mod document;
mod environment;
mod expression;
mod names;
mod patterns;
mod slot;
mod source;
mod view;
mod words;
mod write;

pub use expression::Expression;
pub use source::{Fault, LONGEST};
