//! Clients of developers, on the wire.
