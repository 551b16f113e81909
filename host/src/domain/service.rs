//! A service: APIs and scopes that belong together, protected by a gateway or by itself.

use serde::{Deserialize, Serialize};

use super::noun::Named;
use crate::store::{Kind, Noun};

/// A service's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Service {
    /// The authorization server it belongs to.
    pub server: String,
    /// Unique within the server.
    pub name: String,
    /// For people.
    pub description: String,
    /// The gateway that protects it.
    pub gateway: Option<String>,
    /// True while its APIs come from an imported OpenAPI document.
    pub with_specification: bool,
    /// Made by the server itself.
    pub system: bool,
}

impl Noun for Service {
    const KIND: Kind = Kind::Service;
}

impl Named for Service {
    const NAME: &'static str = "service";
}
