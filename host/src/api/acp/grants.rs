//! Consents of people, granted by machines, on the wire.
