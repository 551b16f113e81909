//! The whole configuration: out and in again.
covers!("exportConfiguration", "importConfiguration");
