//! What the domain asks of whoever makes requests to other servers. `outbound::Outbound` is the real one.
//!
//! The URL is always somebody's choice, so an implementation asks no private addresses unless its operator allows them,
//! bounds the answer in size and time, and sends no credentials.

use std::fmt;

use crate::decision::BoxFuture;

/// Makes requests.
pub trait Fetch: Send + Sync {
    /// The document at a URL.
    fn get<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<Vec<u8>, FetchFailure>>;
}

/// Why there is no document. All of it may be told to whoever chose the URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchFailure {
    /// The URL, or one that it redirects to, is none that is asked.
    Address(&'static str),
    /// The host has no address, or one that must not be asked, or does not answer: the same words for all of these, so
    /// that nobody can feel their way through a private network.
    Unreachable,
    /// The server's certificate is not good.
    Insecure,
    /// Another status than 200.
    Status(u16),
    /// The answer is compressed although that was not asked for.
    Encoded,
    /// The document has more than so many bytes.
    TooLarge(usize),
    /// The answer took too long.
    TooSlow,
    /// The answer is no HTTP, or ends early.
    Broken,
}

impl fmt::Display for FetchFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FetchFailure::Address(reason) => f.write_str(reason),
            FetchFailure::Unreachable => f.write_str("cannot be reached from this server, or may not be"),
            FetchFailure::Insecure => f.write_str("has no certificate that this server trusts"),
            FetchFailure::Status(status) => write!(f, "answered with status {status}"),
            FetchFailure::Encoded => f.write_str("answered with a compressed document"),
            FetchFailure::TooLarge(most) => write!(f, "answered with a document of more than {most} bytes"),
            FetchFailure::TooSlow => f.write_str("did not answer in time"),
            FetchFailure::Broken => f.write_str("did not answer properly"),
        }
    }
}
