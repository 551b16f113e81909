//! Tenants, on the wire.
