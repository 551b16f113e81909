//! In force: the tenant's policies, claims and consents where tokens are issued. Each is answered by components in the sandbox,
//! outside of transactions; whatever goes wrong there is a no, or no token at all.
//!
//! | file | what it does |
//! |---|---|
//! | `policies` | may this person have a token, and with which scopes? |
//! | `machines` | the same of clients on their own behalf, and of whoever exchanges a token |
//! | `outputs` | what a policy that says yes hands over to the token |
//! | `claims`, `mapping` | what of the authentication context goes into a token |
//! | `consents` | what a person has to agree to first |
//! | `resources` | what a token may be for, and which scopes are good there |
//! | `scope_policies` | who is asked before a scope is granted, on which way |
//! | `known` | what a server's scopes and claims say, kept at hand |
//! | `input` | the one document that all components see |

pub mod claims;
pub mod consents;
mod input;
mod known;
pub mod machines;
mod mapping;
mod outputs;
pub mod policies;
pub mod resources;
pub mod scope_policies;

pub use outputs::{Added, Outputs};

pub(super) use known::{Known, has_scopes, services_of, those_there};
