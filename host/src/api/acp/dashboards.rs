//! Dashboards, on the wire.
