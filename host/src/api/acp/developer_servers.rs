//! Authorization servers as developers see them, on the wire.
