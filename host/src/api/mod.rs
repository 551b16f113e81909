//! The dialects: the only place that knows paths, JSON and status codes. A handler is three beats: read the wire, call one
//! operation, shape the answer. No rule lives here: a line that would be right in two dialects belongs to `domain`.

pub mod acp;
pub mod apps;
pub mod challenge;
pub mod console;
pub mod cross_origin;
pub mod decide;
pub mod describe;
pub mod etag;
pub mod message;
pub mod oauth;
pub mod operate;
pub mod outbound;
pub mod pages;
pub mod people;
pub mod read;
pub mod route;
pub mod security;
pub mod setups;

use std::{sync::Arc, time::Duration};

use crate::domain::{Domain, Failure};

pub use message::{Answer, Request};
pub use route::{Call, Dialect, Router, Row};

/// All dialects, in the order of `/docs`.
pub const DIALECTS: [&Dialect; 10] = [
    &acp::DIALECT,
    &apps::DIALECT,
    &outbound::DIALECT,
    &setups::DIALECT,
    &oauth::DIALECT,
    &oauth::protected::DIALECT,
    &people::DIALECT,
    &decide::DIALECT,
    &console::DIALECT,
    &operate::DIALECT,
];

/// What the client must not see of a failure goes to the log, with the request id that the client does see.
pub fn log_failure(failure: &Failure, request_id: &str) {
    if let Some(reason) = failure.to_log() {
        tracing::error!(request_id, reason, "a request failed");
    }
}

/// What handlers work with.
pub struct App {
    /// Every operation.
    pub domain: Domain,
    /// How the process itself is doing.
    pub operations: Arc<dyn Operations>,
}

/// How the process is doing, told by whoever put it together.
pub trait Operations: Send + Sync {
    /// What keeps parts of the service from working, as (part, reason). Empty when all is well.
    fn trouble(&self) -> Vec<(String, String)>;
    /// False while starting and while draining.
    fn accepting(&self) -> bool;
    /// How long a request may take before the edge gives up on it.
    fn patience(&self) -> Duration;
    /// The metrics in the Prometheus text format.
    fn metrics(&self) -> String;
}
