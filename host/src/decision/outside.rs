//! What components may reach beyond the log: requests to other servers, and data of their tenant. Only with a grant.
//!
//! Attached to a rule set by whoever knows the grants (`domain/plugin/outside.rs`), asked by whoever runs components (`plugin`).
//! It is no part of what a rule set is: neither stored with it nor named by its digest.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use super::BoxFuture;

/// What one component may reach.
pub trait Outside: Send + Sync {
    /// How long one request may be waited for; none when no requests are granted.
    fn patience(&self) -> Option<Duration>;

    /// Sends a request. The response has at most `most` bytes.
    fn send<'a>(&'a self, request: &'a Request, most: usize) -> BoxFuture<'a, Result<Response, Unsent>>;

    /// The value of a key in the granted namespace, as JSON text.
    fn get(&self, key: &str) -> Result<Option<String>, Unread>;
}

/// A request to another server. It has no `Debug`, like the response: what is in them may be a secret.
pub struct Request {
    /// The method.
    pub method: String,
    /// An absolute URL.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body; empty when there is none.
    pub body: Vec<u8>,
}

/// The answer of another server.
pub struct Response {
    /// The status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Why there is no response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// No requests are granted.
    NotGranted,
    /// This one is not, or cannot be sent.
    Denied(String),
    /// It took too long.
    Timeout,
    /// It is too large.
    TooLarge,
    /// There is none to be had.
    Failed(String),
}

/// Why a value could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// No namespace is granted.
    NotGranted,
    /// It could not be read.
    Failed(String),
}

/// What the components of a rule set may reach, by the names that its rules use. Mostly nothing.
#[derive(Clone, Default)]
pub struct Reach(Option<Arc<BTreeMap<String, Arc<dyn Outside>>>>);

impl Reach {
    /// What these components may reach.
    pub fn of(granted: BTreeMap<String, Arc<dyn Outside>>) -> Reach {
        Reach((!granted.is_empty()).then(|| Arc::new(granted)))
    }

    /// What the component `name` may reach; none when it is nothing.
    pub fn get(&self, name: &str) -> Option<Arc<dyn Outside>> {
        self.0.as_ref()?.get(name).cloned()
    }
}

impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().flat_map(|granted| granted.keys())).finish()
    }
}

/// The same rules are the same whatever their components may reach.
impl PartialEq for Reach {
    fn eq(&self, _: &Reach) -> bool {
        true
    }
}
