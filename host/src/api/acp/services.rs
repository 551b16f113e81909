//! Services, on the wire.
