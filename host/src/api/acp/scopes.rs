//! Scopes, on the wire.
