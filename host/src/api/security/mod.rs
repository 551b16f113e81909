//! What the high-assurance protocols say of clients and servers, on the wire: the members are those of the specifications.
//!
//! Shared by the administrators' dialect, which has them under `security`, and by registration, which has them beside the
//! others (RFC 7591 §2). Knows no rule.

pub mod client;
pub mod server;
pub mod trusted;
