//! The `acp` dialect: administration of a tenant, as contract/acp.openapi.json has it, with what Portcullis adds
//! (policy test, decisions). Errors are `{status_code, error, details}`.

pub mod actions;
pub mod apis;
pub mod assessment;
pub mod authentications;
pub mod backchannel_requests;
pub mod claims;
pub mod clients;
pub mod configuration;
pub mod consents;
pub mod dashboards;
pub mod data;
pub mod decisions;
pub mod developer_clients;
pub mod developer_servers;
pub mod duration;
pub mod enforcement;
pub mod events;
pub mod gateway_configuration;
pub mod gateways;
pub mod grants;
pub mod history;
pub mod impacts;
pub mod imports;
pub mod logins;
pub mod people;
pub mod plugin_grants;
pub mod plugin_sources;
pub mod plugins;
pub mod policies;
pub mod rows;
pub mod scope_grants;
pub mod scopes;
pub mod self_service;
pub mod server_keys;
pub mod servers;
pub mod services;
pub mod shadows;
pub mod system_tenants;
pub mod tenants;
pub mod verdicts;
pub mod words;

pub(crate) use clients::describe as describe_client;

use super::Dialect;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    name: "acp",
    title: "Administration",
    prefixes: &["/api/", ""],
    also_under: "",
    tables: rows::TABLES,
    word: words::word,
    cross_origin: false,
    carries_on: false,
};
