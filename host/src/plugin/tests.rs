//! x
pub(crate) struct Scratch;
