//! How people log in, on the wire.
