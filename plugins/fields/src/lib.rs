#![doc = include_str!("../README.md")]
//!
//! # The crate
//!
//! The bundled validators `header`, `identity-context` and `attributes` are this crate and a few lines each; the host's
//! benches and fuzz targets call it natively. It knows no WebAssembly and no policy: JSON in, a [`Failure`] out.
//!
//! ```
//! use portcullis_fields::{Conf, Fields, Json, Scope};
//!
//! let conf = r#"{"fields":[{"field":"amr","comparator":"contains_all","value":["mfa","pwd"]}]}"#;
//! let fields = Fields::new(&Conf::read(conf).unwrap(), Scope::Member("authn_ctx")).unwrap();
//! let document = Json::read(r#"{"authn_ctx":{"amr":["pwd"]}}"#).unwrap();
//! assert_eq!(fields.check(&document).unwrap_err().code.as_str(), "not_all_contained");
//! ```

mod code;
mod comparator;
mod fields;
mod instant;
mod json;
pub mod limits;
mod lookup;
mod network;
mod path;
mod pattern;
mod problem;
mod read;
mod scalar;
mod test;

pub use code::Code;
pub use comparator::Comparator;
pub use fields::{Failure, Fields, Scope};
pub use json::{Conf, Json, Kind, Number};
pub use path::Path;
pub use problem::Problem;

/// JSON Schema of the conf that `header` and `identity-context` take.
pub const SCHEMA: &str = include_str!("../schema.json");

/// JSON Schema of the conf that `attributes` takes: [`SCHEMA`] and `value_from`.
pub const SCHEMA_WITH_REFERENCES: &str = include_str!("../schema-with-references.json");
