//! Why a configuration is refused, and where.

/// One thing wrong with a `conf`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// JSON Pointer into the conf, empty for the whole of it.
    pub path: String,
    /// What is wrong, for the author of the policy.
    pub message: String,
}

impl Problem {
    /// A problem at `path`.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Problem {
        Problem { path: path.into(), message: message.into() }
    }

    /// The same problem, seen from outside of `parent`.
    pub(crate) fn below(mut self, parent: &str) -> Problem {
        self.path.insert_str(0, parent);
        self
    }
}
