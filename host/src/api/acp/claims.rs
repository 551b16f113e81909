//! Claims, on the wire.
