//! Gateways, on the wire.
