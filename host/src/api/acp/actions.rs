//! Consent actions, on the wire.
