//! A gateway: a policy enforcement point that asks us, with a client of its own on the tenant's `system` server.

use serde::{Deserialize, Serialize};

use super::noun::Named;
use crate::store::{Kind, Noun};

/// A gateway's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gateway {
    /// The authorization server whose services it protects.
    pub server: String,
    /// Unique within the server.
    pub name: String,
    /// For people.
    pub description: String,
    /// What it is.
    pub kind: GatewayKind,
    /// Its client on the `system` server.
    pub client_id: String,
}

/// The gateways that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "products under their own names")]
pub enum GatewayKind {
    Pyron,
    Aws,
    Azure,
    Istio,
    Envoy,
    Nginx,
    Standalone,
}

impl Noun for Gateway {
    const KIND: Kind = Kind::Gateway;
}

impl Named for Gateway {
    const NAME: &'static str = "gateway";
}
