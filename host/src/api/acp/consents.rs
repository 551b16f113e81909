//! Consents, on the wire.
