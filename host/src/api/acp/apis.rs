//! APIs, on the wire.
