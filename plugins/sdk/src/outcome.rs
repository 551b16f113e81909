//! What a validator or consent checker says about one input.

use std::borrow::Cow;

use serde::Serialize;

/// The answer of one configured validator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The check passed.
    Allow,
    /// The check passed and has something to hand over: it stands among the outputs of the decision.
    AllowWith {
        /// JSON text.
        output: String,
    },
    /// The check did not pass.
    Deny {
        /// A stable word in snake case for programs.
        code: Cow<'static, str>,
        /// A sentence for people, without secrets from the input.
        message: String,
        /// More, as JSON text, or empty.
        details: String,
    },
}

impl Outcome {
    /// A deny with a stable word for programs and a sentence for people.
    pub fn deny(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Outcome {
        Outcome::Deny { code: code.into(), message: message.into(), details: String::new() }
    }

    /// The check passed and hands something over, such as a [`Json`](crate::Json) or a struct of the author's.
    pub fn allow_with(output: &impl Serialize) -> Outcome {
        Outcome::AllowWith { output: serde_json::to_string(output).unwrap_or_default() }
    }

    /// The same outcome; a deny says more, such as a [`Json`](crate::Json) or a struct of the author's.
    pub fn with_details(mut self, more: &impl Serialize) -> Outcome {
        if let Outcome::Deny { details, .. } = &mut self {
            *details = serde_json::to_string(more).unwrap_or_default();
        }
        self
    }

    /// True when the check passed.
    pub fn is_allow(&self) -> bool {
        matches!(self, Outcome::Allow | Outcome::AllowWith { .. })
    }

    /// The stable word of a deny, empty when allowed.
    pub fn code(&self) -> &str {
        match self {
            Outcome::Allow | Outcome::AllowWith { .. } => "",
            Outcome::Deny { code, .. } => code,
        }
    }

    /// The answer to an input that is not a JSON object.
    #[doc(hidden)]
    pub fn bad_input() -> Outcome {
        Outcome::deny("bad_input", "the input is not a JSON object")
    }
}
