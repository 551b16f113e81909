//! What the domain asks of whoever makes requests to other servers. `outbound::Outbound` is the real one.
//!
//! The URL is always somebody's choice, so an implementation asks no private addresses unless its operator allows them,
//! bounds the answer in size and time, and sends no credentials but those that a question names.

use std::fmt;

use crate::{crypto::Secret, decision::BoxFuture};

/// Makes requests.
pub trait Fetch: Send + Sync {
    /// The document at a URL.
    fn get<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<Vec<u8>, FetchFailure>>;

    /// The whole answer to a question, whatever its status. Redirects are never followed, so that nothing the question holds
    /// goes anywhere else, and the answer is a small one.
    fn ask<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Reply, FetchFailure>>;

    /// Any request, and the whole answer, whatever its status. Redirects are answers like others.
    fn exchange<'a>(&'a self, exchange: Exchange<'a>) -> BoxFuture<'a, Result<Exchanged, FetchFailure>>;

    /// Like [`Fetch::ask`], to let somebody know who may not answer: those who hang hold up nobody but each other.
    fn tell<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Reply, FetchFailure>>;

    /// Like [`Fetch::exchange`], to look at an address that a client has chosen: those that hang hold up nobody but each other.
    fn look<'a>(&'a self, exchange: Exchange<'a>) -> BoxFuture<'a, Result<Exchanged, FetchFailure>>;

    /// Like [`Fetch::exchange`], to let clients and devices know of requests elsewhere: those that hang hold up nobody but each other.
    fn call<'a>(&'a self, exchange: Exchange<'a>) -> BoxFuture<'a, Result<Exchanged, FetchFailure>>;
}

/// A question to a server, as part of a protocol.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Where.
    pub url: &'a str,
    /// The Authorization header.
    pub authorization: Option<&'a Secret>,
    /// The form that is posted. None asks with GET.
    pub form: Option<&'a Secret>,
}

/// The answer to a question. It has no `Debug`: what is in it may be a secret.
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The whole body.
    pub body: Vec<u8>,
}

/// A request of any kind. It has no `Debug`, like its answer: what is in them may be a secret.
#[derive(Clone, Copy)]
pub struct Exchange<'a> {
    /// The method.
    pub method: &'a str,
    /// Where.
    pub url: &'a str,
    /// Names and values; those of the connection are not among them.
    pub headers: &'a [(String, String)],
    /// The body; empty when there is none.
    pub body: &'a [u8],
    /// The only hosts that may be asked, as in the Host header. None is any.
    pub hosts: Option<&'a [String]>,
    /// The largest answer, in bytes.
    pub most: usize,
}

/// The answer to a request of any kind.
pub struct Exchanged {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, and values; what is no text is left out.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
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
