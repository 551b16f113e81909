//! A consent: what a person may agree to, in versions.

use serde::{Deserialize, Serialize};

use super::noun::Named;
use crate::{
    store::{Kind, Noun},
    world::Micros,
};

/// A consent's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Unique within the tenant.
    pub name: String,
    /// For people: what they agree to.
    pub description: String,
    /// Whether a person may take it back.
    pub can_be_withdrawn: bool,
    /// Services of one's own that use the data.
    pub internal_services: Vec<DataUser>,
    /// Services of others that use the data.
    pub third_party_services: Vec<DataUser>,
    /// The kinds of personal data.
    pub pii_categories: Vec<String>,
    /// What becomes of the grants of the version before.
    pub update_existing_grants: Strategy,
    /// From when on this version holds, in microseconds since 1970. Never in the future.
    pub valid_from: Micros,
    /// 1, 2, … for each id; goes on where it was when a consent is deleted and made again.
    pub version: u64,
    /// What each version since the last `explicitAll` did with the grants before it: (version, strategy), oldest first.
    /// An older grant is void, so this says what every grant is worth without touching any.
    pub strategies: Vec<(u64, Strategy)>,
}

/// A service that uses personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataUser {
    /// The service.
    pub name: String,
    /// What for. When there are several, exactly one is primary.
    pub purposes: Vec<Purpose>,
}

/// What personal data is used for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purpose {
    /// For people.
    pub name: String,
    /// Whether it is the main one.
    pub primary: bool,
}

/// What becomes of existing grants when a consent changes (seed, createConsent).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Strategy {
    /// Every person must agree again.
    ExplicitAll,
    /// Every grant goes on as an implicit one.
    ImplicitAll,
    /// Implicit grants go on; who agreed explicitly must agree again.
    KeepCurrent,
}

impl Noun for Consent {
    const KIND: Kind = Kind::Consent;
}

impl Named for Consent {
    const NAME: &'static str = "consent";
}
