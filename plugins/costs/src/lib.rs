//! Nothing but a bench: see `benches/native.rs`.
