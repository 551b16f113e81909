//! A consent action: the consents that an application asks for under one name.

use serde::{Deserialize, Serialize};

use super::noun::Named;
use crate::store::{Kind, Noun};

/// A consent action's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentAction {
    /// Unique within the tenant.
    pub name: String,
    /// For people.
    pub description: String,
    /// What is asked for, in order.
    pub consents: Vec<Asked>,
}

/// A consent of an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The consent.
    pub consent: String,
    /// Whether the action cannot go on without it.
    pub required: bool,
}

impl Noun for ConsentAction {
    const KIND: Kind = Kind::ConsentAction;
}

impl Named for ConsentAction {
    const NAME: &'static str = "consent action";
}
