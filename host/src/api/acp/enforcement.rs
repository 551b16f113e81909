//! What gateways ask, on the wire.
