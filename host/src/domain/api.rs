//! An API: a method and a path template of a service, with the policy that a request must pass.

use serde::{Deserialize, Serialize};

use super::noun::Named;
use crate::store::{Kind, Noun};

/// An API's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Api {
    /// The authorization server of its service.
    pub server: String,
    /// The service it belongs to.
    pub service: String,
    /// The HTTP method, in upper case.
    pub method: String,
    /// The path as OpenAPI writes it: `/pets/{id}`.
    pub path: String,
    /// What a request must pass; none lets every request through that the gateway knows.
    pub policy: Option<String>,
    /// Kinds of data that it hands out.
    pub data_classifications: Vec<String>,
    /// Its place in the service, from 1.
    pub position: u32,
    /// Whether a policy can be attached to it.
    pub can_have_policy: bool,
    /// Made by an import, which alone can remove it.
    pub imported: bool,
}

impl Noun for Api {
    const KIND: Kind = Kind::Api;
}

impl Named for Api {
    const NAME: &'static str = "API";
}
