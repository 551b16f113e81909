//! The verdict: policy + input + validators → allowed or not, and why.
//!
//! Called by `domain`; implemented against the traits here by `plugin`. Knows nothing of HTTP, storage or wasmtime, asks
//! no clock, draws no random numbers: the same policy, input and component bytes give the same verdict.

pub mod components;
pub mod condition;
pub mod evaluate;
pub mod explain;
pub mod input;
pub mod library;
pub mod outside;
pub mod policy;
pub mod validators;
pub mod verdict;
mod weigh;

pub use components::{Claim, Components, Mapped, Unmapped};
pub use condition::{Condition, Embedded};
pub use evaluate::{decide, try_out};
pub use explain::{Explained, RuleSaid, Trace, explain};
pub use input::Input;
pub use library::{ComponentKind, Inspected, Library, NoLibrary, pinned, unpinned};
pub use outside::{Outside, Reach, Request, Response, Unread, Unsent};
pub use policy::{Recovery, Rule, RuleSet};
pub use validators::{About, Answer, Asked, BoxFuture, Called, ComponentId, ConfProblem, Usage, Validators};
pub use verdict::{Code, Failed, Output, Said, Verdict};
pub use weigh::Truth;
