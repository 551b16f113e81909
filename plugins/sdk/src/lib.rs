#![doc = include_str!("../README.md")]

// So that what the attributes write means this crate in its own tests, too.
extern crate self as portcullis_sdk;

mod configure;
mod consents;
#[cfg(target_family = "wasm")]
mod heap;
mod input;
mod log;
mod outcome;
mod part;
pub mod schema;
pub mod testing;

#[cfg(feature = "claim-mapper")]
pub mod claim_mapper;
#[cfg(feature = "consent-checker")]
pub mod consent_checker;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "key-value")]
pub mod key_value;
#[cfg(feature = "validator")]
pub mod validator;

#[cfg(feature = "claim-mapper")]
pub use claim_mapper::{Claim, ClaimMapper};
#[cfg(feature = "consent-checker")]
pub use consent_checker::ConsentChecker;
pub use consents::Consents;
#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub use heap::Heap;
pub use input::Input;
pub use log::{Level, log};
pub use outcome::Outcome;
pub use part::Unreadable;
pub use portcullis_fields::{Json, Number, Path, Problem};
pub use portcullis_sdk_derive::{component, conf};
pub use schema::Schema;
#[doc(hidden)]
pub use serde;
#[cfg(feature = "validator")]
pub use validator::Validator;
