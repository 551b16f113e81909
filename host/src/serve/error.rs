//! Why the server cannot start or go on.
//!
//! Made by `listen` and `tls`, printed by `cli`.

use std::{fmt, io, net::SocketAddr, path::PathBuf};

/// Why the server cannot start or go on.
#[derive(Debug)]
pub enum ServeError {
    /// The address cannot be listened on.
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// The system's reason.
        error: io::Error,
    },
    /// A certificate or key file cannot be used.
    Pem {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A header that is to hand on certificates has a name that no header can have.
    Header(String),
    /// The files can be read, but do not make a TLS server: a key that does not belong to the certificate, for one.
    Tls(String),
}

impl fmt::Display for ServeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServeError::Listen { address, error } => write!(out, "cannot listen on {address}: {error}"),
            ServeError::Pem { path, reason } => write!(out, "cannot use {}: {reason}", path.display()),
            ServeError::Header(name) => write!(out, "client_certificates.header: `{name}` is no name of a header"),
            ServeError::Tls(reason) => write!(out, "cannot set up TLS: {reason}"),
        }
    }
}

impl std::error::Error for ServeError {}
