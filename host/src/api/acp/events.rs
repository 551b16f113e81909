//! The privacy ledger, on the wire.
