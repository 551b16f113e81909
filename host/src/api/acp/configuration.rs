//! The whole configuration, on the wire.
